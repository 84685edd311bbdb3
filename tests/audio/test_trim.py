from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.audio.trim import trim
from emotrace.errors import UsageError


def _clip(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise of a random level at the ends, louder noise in between."""
    levels = 10.0 ** rng.uniform(-6, 0, 3)
    cuts = np.sort(rng.integers(0, n + 1, 2))
    level = np.repeat([levels[0] * 0.01, levels[1], levels[2] * 0.01], np.diff([0, *cuts, n]))
    return (rng.uniform(-1, 1, n) * level).astype(np.float32)


@settings(max_examples=80)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 20_000),
    top_db=st.sampled_from([10.0, 20.0, 30.0, 60.0, 90.0]),
    frames=st.sampled_from([(2048, 512), (400, 160), (1024, 1024), (401, 100), (1, 1)]),
)
def test_the_cuts_are_those_of_librosa(seed: int, n: int, top_db: float, frames: tuple[int, int]) -> None:
    librosa = pytest.importorskip("librosa")
    signal = _clip(np.random.default_rng(seed), n)
    expected, bounds = librosa.effects.trim(signal, top_db=top_db, frame_length=frames[0], hop_length=frames[1])
    trimmed, ours = trim(signal, top_db, *frames)
    assert ours == tuple(bounds)
    np.testing.assert_array_equal(trimmed, expected)


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_a_clip_without_contrast_is_kept_whole(level: float) -> None:
    clip = np.full(5000, level, np.float32)
    assert trim(clip)[1] == (0, 5000)


def test_an_empty_clip_stays_empty() -> None:
    trimmed, bounds = trim(np.zeros(0, np.float32))
    assert (len(trimmed), bounds) == (0, (0, 0))


def test_a_click_at_the_end_is_kept() -> None:
    clip = np.zeros(16000, np.float32)
    clip[-1] = 1.0
    assert trim(clip)[1] == (15360, 16000)


@pytest.mark.parametrize("arguments", [{"top_db": 0}, {"frame_length": 0}, {"hop_length": 0}])
def test_parameters_must_be_positive(arguments: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=r"trim needs top_db above 0 and frame_length, hop_length of at least 1"):
        trim(np.ones(10, np.float32), **arguments)
