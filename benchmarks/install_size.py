"""How much disk does emotrace take? Its wheel is built and installed, without extras, into a new environment.

Counted is every file in ``site-packages``, bytecode included, but those of pip and setuptools, which
environments bring along. pip needs its package index for this.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from _measure import parser, report

PROJECT = Path(__file__).parent.parent
TARGET_MB = 200.0
NOT_COUNTED = ("pip", "setuptools")


def main() -> None:
    """Measure, print, and write the results."""
    arguments = parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--quiet", "--no-deps", "-w", name, PROJECT])
        (wheel,) = folder.glob("emotrace-*.whl")
        _run([sys.executable, "-m", "venv", folder / "venv"])
        python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        _run([python, "-m", "pip", "install", "--quiet", "--quiet", wheel])
        _run([python, "-c", "import emotrace; emotrace.load()"])
        (site,) = (folder / "venv").glob("**/site-packages")
        found = list(distributions(path=[str(site)]))
        releases = {package.name: package.version for package in found}
        sizes = {package.name: _megabytes(_files_of(package, site)) for package in found}
        left_out = sum(sizes.pop(name, 0.0) for name in NOT_COUNTED)
        total = _megabytes(site.rglob("*")) - left_out
        wheel_mb = wheel.stat().st_size / 1e6
    ranked = sorted(sizes, key=sizes.__getitem__, reverse=True)
    rows = [["package", "version", "MB"], *([name, releases[name], f"{sizes[name]:.1f}"] for name in ranked)]
    results = {
        "what": "site-packages after installing the wheel without extras, pip and setuptools left out",
        "n_runs": 1,
        "total_mb": round(total, 1),
        "wheel_mb": round(wheel_mb, 2),
        "in_no_record_mb": round(total - sum(sizes.values()), 2),
        "installed": {name: {"version": releases[name], "mb": round(sizes[name], 2)} for name in ranked},
    }
    report(rows, results, arguments.output)
    print(f"total {total:.0f} MB (the wheel itself {wheel_mb:.1f} MB); target at most {TARGET_MB:.0f} MB")


def _run(command: list[str | Path]) -> None:
    subprocess.run([str(word) for word in command], check=True, cwd=tempfile.gettempdir())  # noqa: S603


def _files_of(package: Distribution, site: Path) -> list[Path]:
    paths = [Path(str(package.locate_file(file))).resolve() for file in package.files or []]
    return [path for path in paths if path.is_relative_to(site.resolve())]


def _megabytes(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
