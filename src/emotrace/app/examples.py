"""Recordings to try the app with: cut from the shipped demo call, or made by code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8_000
"""Of the demo call, and of all examples, in Hz."""

_AGENT, _CALLER = 0, 1
_TONE_HZ = 440.0
_SEED = 1


class Example(NamedTuple):
    """A recording to try: what its button says, what is heard, and its samples, (n_samples, n_channels)."""

    title: str
    what: str
    make: Callable[[], NDArray[np.float32]]


def write_example(name: str, folder: Path) -> Path:
    """Write the example called ``name`` into ``folder``; raise `KeyError` if there is none."""
    path = folder / f"{name}.flac"
    soundfile.write(path, np.clip(EXAMPLES[name].make(), -1.0, 1.0), RATE, subtype="PCM_16")
    return path


def _call(start: float, end: float, *channels: int) -> NDArray[np.float32]:
    with as_file(files("emotrace.assets") / "demo-call.flac") as path:
        samples, rate = soundfile.read(path, round(RATE * (end - start)), round(RATE * start), dtype="float32")
    assert rate == RATE, "the demo call is a telephone's"
    cut: NDArray[np.float32] = samples[:, channels]
    return cut


def _silence(seconds: float = 5.0) -> NDArray[np.float32]:
    """Give what a good microphone hears in an empty room: hardly anything."""
    noise = np.random.default_rng(_SEED).normal(0.0, 1e-4, (round(seconds * RATE), 1))
    return noise.astype(np.float32)


def _tone(seconds: float = 5.0) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    # Faded in and out, so that it does not click.
    fade = np.clip(np.minimum(time, seconds - time) / 0.05, 0.0, 1.0)
    tone: NDArray[np.float32] = (0.3 * fade * np.sin(2 * np.pi * _TONE_HZ * time)).astype(np.float32)[:, None]
    return tone


def _voice_and_tone() -> NDArray[np.float32]:
    pieces = (_silence(3.0), _call(28.0, 38.0, _CALLER), _tone(4.0), _call(10.0, 17.0, _CALLER), _silence(3.0))
    return np.concatenate(pieces)


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        "caller": Example(
            "A caller", "18 s of the caller of the staged demo call", lambda: _call(21, 39, _CALLER)
        ),
        "call": Example(
            "A call",
            "the staged demo call, agent and caller in two channels",
            lambda: _call(0, 64, _AGENT, _CALLER),
        ),
        "voice-and-tone": Example(
            "Voice, tone, silence", "a voice between silence and a tone, of which nothing is said", _voice_and_tone
        ),
        "tone": Example("A tone", "5 s of 440 Hz, made by code: nobody speaks", _tone),
        "silence": Example("Silence", "5 s of next to nothing, made by code", _silence),
    }
)
