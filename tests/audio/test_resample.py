from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.audio.resample import Resampler, resample
from emotrace.errors import UsageError

RATES = [1000, 8000, 11025, 16000, 16001, 22050, 44100, 48000, 96000]


@settings(max_examples=60)
@given(
    source=st.sampled_from(RATES),
    target=st.sampled_from([8000, 16000]),
    sizes=st.lists(st.integers(0, 3000), max_size=12),
    seed=st.integers(0, 99),
)
def test_any_block_sizes_give_the_same_samples(source: int, target: int, sizes: list[int], seed: int) -> None:
    signal = np.random.default_rng(seed).uniform(-1, 1, sum(sizes)).astype(np.float32)
    resampler = Resampler(source, target)
    pieces = [resampler.push(block) for block in np.split(signal, np.cumsum(sizes)[:-1])] if sizes else []
    streamed = np.concatenate([*pieces, resampler.close()])
    np.testing.assert_array_equal(streamed, resample(signal, source, target))


@settings(max_examples=100)
@given(source=st.sampled_from(RATES), target=st.sampled_from(RATES), n=st.integers(0, 5000))
def test_the_length_is_the_exact_one_rounded_and_never_0(source: int, target: int, n: int) -> None:
    exact = (2 * n * target + source) // (2 * source)  # floor(n * target / source + 1/2) in whole numbers
    assert len(resample(np.zeros(n, np.float32), source, target)) == (max(1, exact) if n else 0)


@pytest.mark.parametrize("source", [8000, 22050, 44100, 48000])
def test_a_tone_keeps_its_time_and_level(source: int, tone: Callable[..., np.ndarray]) -> None:
    resampled = resample(tone(source, source), source, 16000)
    expected = tone(16000, 16000)
    # Away from the ends, where the signal is cut off.
    np.testing.assert_allclose(resampled[500:-500], expected[500:-500], atol=1e-4)


def test_what_the_target_cannot_hold_is_filtered_out(tone: Callable[..., np.ndarray]) -> None:
    aliased = resample(tone(44100, 44100, hz=12000.0), 44100, 16000)
    assert np.abs(aliased[500:-500]).max() < 1e-4


def test_equal_rates_change_nothing(tone: Callable[..., np.ndarray]) -> None:
    signal = tone(100)
    assert resample(signal, 16000, 16000).tolist() == signal.tolist()


def test_a_single_sample_survives() -> None:
    assert resample(np.array([0.25], np.float32), 44100, 16000).tolist() == [0.25]


def test_a_closed_resampler_takes_no_more() -> None:
    resampler = Resampler(8000, 16000)
    resampler.push(np.zeros(10, np.float32))
    assert len(resampler.close()) == 20
    assert len(resampler.close()) == 0
    with pytest.raises(UsageError, match="the resampler is closed"):
        resampler.push(np.zeros(1, np.float32))


@pytest.mark.parametrize(("source", "target", "role"), [(0, 16000, "source"), (16000, -1, "target")])
def test_rates_must_be_positive(source: int, target: int, role: str) -> None:
    with pytest.raises(UsageError, match=rf"{role} sampling rate is .*; it must be above 0 Hz"):
        Resampler(source, target)
