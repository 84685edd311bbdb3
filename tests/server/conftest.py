"""What the tests of the server share: material, and one server for all who leave it as it was."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from tests.server.servers import Running, serving

import emotrace
from emotrace.audio.load import load_audio
from emotrace.server.auth import hash_key

RATE = 16_000
KEY, OTHER_KEY = "emotrace_first", "emotrace_second"
PAGE = "https://desk.example.org"
DEMO_CALL = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"


def wav_bytes(signal_: NDArray[np.floating], rate: int = RATE) -> bytes:
    """Give a signal (n_samples,) or (n_samples, n_channels) as a WAV."""
    stream = io.BytesIO()
    soundfile.write(stream, signal_, rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


@pytest.fixture(scope="session")
def caller() -> NDArray[np.float32]:
    """The caller of the demo call, 16 kHz."""
    return load_audio(DEMO_CALL, RATE, channel=1)


@pytest.fixture(scope="session")
def clip(caller: NDArray[np.float32]) -> bytes:
    """Four seconds of talk as a WAV."""
    return wav_bytes(caller[15 * RATE : 19 * RATE])


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """A server with the default settings, one worker and a short queue, for tests that leave it as it was."""
    with serving(queue_length=4) as server:
        yield server


@pytest.fixture(scope="session")
def locked() -> Iterator[Running]:
    """A server with two keys, one further host name and one page that may use it."""
    keys = (hash_key(KEY), hash_key(OTHER_KEY))
    with serving(api_keys=keys, allowed_hosts=("voice.example.org",), allowed_origins=(PAGE,)) as server:
        yield server
