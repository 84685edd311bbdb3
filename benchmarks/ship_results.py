"""Copy the committed figures that the web app shows into the package: ``python benchmarks/ship_results.py``.

A wheel holds neither ``benchmarks`` nor ``docs``. The copies are the same bytes; tests see to it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "src" / "emotrace" / "app" / "assets" / "results"
SOURCES = (
    "benchmarks/results/default.json",
    "benchmarks/results/robustness.json",
    "benchmarks/results/baseline.json",
    "docs/reproduction.json",
)


def main() -> None:
    """Copy what there is, and remove what there is no longer."""
    SHIPPED.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        path = ROOT / source
        target = SHIPPED / path.name
        if path.is_file():
            shutil.copyfile(path, target)
            print(f"{source} -> {target.relative_to(ROOT)}")
        else:
            target.unlink(missing_ok=True)
            print(f"{source}: not there, left out")


if __name__ == "__main__":
    main()
