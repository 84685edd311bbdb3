"""On what a figure was made: processor, cores, system and versions, no names of machines or people."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from emotrace.learn._results import installed_version

_LIBRARIES = ("numpy", "onnxruntime", "soundfile", "soxr", "torch")


def describe_machine() -> dict[str, Any]:
    """Give processor, cores, GPU (None without one), system, Python and versions of what training stands on."""
    import torch

    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: installed_version(name) for name in _LIBRARIES},
    }


def cpu_model() -> str:
    """Give the processor's name, as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
