"""The demo call, analysed once, and signals made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import emotrace
from emotrace.calls.analyze import analyze_call
from emotrace.calls.call import Call
from emotrace.hear.recognizer import Recogniser

DEMO_CALL = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"
RATE = 8_000
Signal = NDArray[np.float32]
WriteCallFile = Callable[..., Path]


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return emotrace.load()


@pytest.fixture(scope="session")
def demo_call() -> Path:
    """A minute; the agent speaks on channel 0, the caller on channel 1."""
    return DEMO_CALL


@pytest.fixture(scope="session")
def demo(recogniser: Recogniser) -> Call:
    """The demo call, analysed; do not change it."""
    return analyze_call(DEMO_CALL, customer="right", recogniser=recogniser)


@pytest.fixture(scope="session")
def both_voices() -> tuple[Signal, Signal]:
    """Agent and caller of the demo call, 8 kHz."""
    signal, rate = soundfile.read(DEMO_CALL, dtype="float32")
    assert rate == RATE
    return signal[:, 0], signal[:, 1]


@pytest.fixture
def write_call_file(tmp_path: Path) -> WriteCallFile:
    """Write channels of equal length as a WAV: (*channels, name=...) -> path."""

    def write(*channels: Signal, name: str = "call.wav") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.stack(channels, axis=1), RATE, subtype="PCM_16")
        return path

    return write


@pytest.fixture(scope="session")
def heated(both_voices: tuple[Signal, Signal]) -> tuple[Signal, Signal]:
    """The 20 s in which the caller becomes angry."""
    agent, caller = (voice[20 * RATE : 40 * RATE] for voice in both_voices)
    return agent, caller
