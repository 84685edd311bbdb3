"""Speech to be changed: the caller of the demo call, at any rate."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pytest
from numpy.typing import NDArray

from emotrace.audio.load import load_audio

Signal = NDArray[np.float32]


@lru_cache(maxsize=8)
def load_speech(rate: int) -> Signal:
    call = load_audio(str(files("emotrace.assets") / "demo-call.flac"), rate, channel=1)
    speech = call[5 * rate : 8 * rate]
    speech.flags.writeable = False
    return speech


@pytest.fixture(scope="session")
def speech() -> Callable[[int], Signal]:
    """Three seconds of speech at a rate; it cannot be written to."""
    return load_speech


@pytest.fixture(scope="session")
def tone() -> Callable[..., Signal]:
    """A tone of a frequency, (hz, rate, seconds=1.0, amplitude=0.3)."""

    def make(hz: float, rate: int, seconds: float = 1.0, amplitude: float = 0.3) -> Signal:
        time = np.arange(round(seconds * rate)) / rate
        return (amplitude * np.sin(2.0 * np.pi * hz * time)).astype(np.float32)

    return make
