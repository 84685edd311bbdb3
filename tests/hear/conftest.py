"""One recogniser for all tests of this room: the shipped bundles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import emotrace
from emotrace.audio.load import load_audio
from emotrace.hear.recognizer import Recogniser

DEMO_CALL = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return emotrace.load()


@pytest.fixture(scope="session")
def caller() -> NDArray[np.float32]:
    """The demo call's caller, 16 kHz."""
    return load_audio(DEMO_CALL, channel=1)


@pytest.fixture(scope="session")
def demo_call() -> Path:
    return DEMO_CALL
