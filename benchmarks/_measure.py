"""What the benchmarks share: weigh a process, sum up repeated runs, say on what machine, write the results.

Only the standard library is imported here, and what else a benchmark needs is imported after its processes
have been weighed: a new process counts its parent's memory as its own until it becomes another program.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

DEMO_CALL = Path(__file__).parent.parent / "src/emotrace/assets/demo-call.flac"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# Linux counts peak memory in KiB, macOS in bytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Process:
    """What one finished process has cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_rss_mb: float


def weigh(command: Sequence[str | Path], **environment: str) -> Process:
    """Run a command to its end, its output unseen, and give its cost; stop the benchmark if it fails."""
    argv = [str(word) for word in command]
    with subprocess.Popen(  # noqa: S603 - the commands are the benchmark's own
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **environment}
    ) as process:
        started = time.perf_counter()
        assert process.stderr is not None
        complaint = process.stderr.read().decode(errors="replace").strip()
        # wait4 tells what this child used; getrusage would mix up all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{shlex.join(argv)[:200]} failed with exit code {process.returncode}: {complaint[-500:]}")
    peak, own_peak = usage.ru_maxrss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if peak <= own_peak:
        sys.exit("the benchmark itself has grown larger than what it weighs; weigh before importing")
    return Process(wall, usage.ru_utime + usage.ru_stime, peak * _RSS_UNIT / 1e6)


def summary(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Give median, least and most of repeated runs."""
    parts = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in parts.items()}


def sum_up(processes: Sequence[Process]) -> dict[str, dict[str, float]]:
    """Sum up the same process run several times."""
    return {
        "wall_seconds": summary([p.wall_seconds for p in processes]),
        "cpu_seconds": summary([p.cpu_seconds for p in processes]),
        "peak_rss_mb": summary([p.peak_rss_mb for p in processes], 1),
    }


def emotrace_command() -> list[str]:
    """Give the command ``emotrace`` of the environment that runs the benchmark."""
    script = Path(sys.executable).parent / "emotrace"
    return [str(script)] if script.exists() else [sys.executable, "-m", "emotrace"]


def parser(description: str | None) -> argparse.ArgumentParser:
    """Start a command line with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    parser.add_argument("-o", "--output", type=Path, metavar="JSON", help="write the results here as well")
    return parser


def report(
    rows: Sequence[Sequence[str]], results: Mapping[str, Any], output: Path | None, packages: Sequence[str] = ()
) -> None:
    """Print ``rows`` as a table, and write the results with all that a reader needs to judge them."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
    if output is not None:
        document = {
            "command": _command(),
            "machine": machine(),
            "packages": versions(packages),
            "bundles": _bundles(),
            **results,
        }
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Say what the benchmark runs on, and how busy that is with other things."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "cores_usable": cores,
        "load_average_at_end": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Give the versions of what emotrace runs on, and of ``packages``."""
    found = {}
    for package in ("emotrace", "numpy", "onnxruntime", "rich", "soundfile", "soxr", "typer", *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _bundles() -> dict[str, str]:
    cards = sorted(DEMO_CALL.parent.glob("*/card.json"))
    return {
        card.parent.name: json.loads(card.read_text(encoding="utf-8"))["files"]["model.onnx"]["sha256"][:16]
        for card in cards
    }


def _command() -> str:
    # Folders of whoever ran it are nobody's business: of an absolute path only the last part is told.
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])
