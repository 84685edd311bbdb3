"""Corpora made on the spot: empty files with the corpora's names, or short sounds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def touch(tmp_path: Path) -> Callable[..., Path]:
    """Make empty files under one folder and give that folder."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / "corpus" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "corpus"

    return make


@pytest.fixture
def sound(tmp_path: Path) -> Callable[..., str]:
    """Write noise of a given level, length and seed, and give its path."""

    def make(name: str, *, seed: int = 0, seconds: float = 1.0, gain: float = 0.1) -> str:
        noise = np.random.default_rng(seed).uniform(-1, 1, round(16_000 * seconds))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole numbers, because the writers of different formats round differently.
        soundfile.write(path, np.rint(32767 * np.clip(gain * noise, -1, 1)).astype(np.int16), 16_000)
        return str(path)

    return make


@pytest.fixture
def real_corpora() -> Path:
    """Give the folder of real corpora, one sub-folder each; skip where there is none."""
    folder = os.environ.get("EMOTRACE_CORPORA")
    if not folder:
        pytest.skip("EMOTRACE_CORPORA names no folder")
    return Path(folder)
