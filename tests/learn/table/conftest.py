"""Short sounds of one's own, and their utterances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.types import Segment, Utterance

RATE = 16_000
Clip = Callable[..., Utterance]


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Write noise under a tone as a wav file and give its utterance: (name, seconds, seed, start, end)."""

    def make(
        name: str, seconds: float = 0.5, seed: int = 0, start: float | None = None, end: float | None = None
    ) -> Utterance:
        path = tmp_path / name
        t = np.arange(round(seconds * RATE)) / RATE
        noise = 0.05 * np.random.default_rng(seed).standard_normal(t.size)
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * (200 + 50 * seed) * t) + noise, RATE, subtype="PCM_16")
        segment = None if start is None or end is None else Segment(start, end)
        return Utterance(str(path), "anger", f"x:{seed}", segment=segment, corpus="x", sex="female")

    return make
