from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from emotrace.features import _pitch
from emotrace.learn.models._front_end import Voice
from emotrace.learn.models._voice_statistics import VoiceStatistics, statistics

HEAR = VoiceStatistics()
HEAR_HALF = VoiceStatistics(frame_step=2)
RATE = 16_000


def voices(batch: int = 2, frames: int = 60, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    log_mels = -40.0 + 15.0 * torch.randn(batch, frames, 64, generator=generator)
    return torch.cat([log_mels, torch.rand(batch, frames, 64, generator=generator)], dim=2)


def glide(seconds: float = 1.0, low_hz: float = 120.0, high_hz: float = 240.0) -> np.ndarray:
    """Make a voice whose pitch rises."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = low_hz * (high_hz / low_hz) ** (time / seconds)
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 9))).astype(np.float32)


# The statistics of columns, against NumPy and SciPy.


@settings(max_examples=30)
@given(n=st.integers(3, 40), seed=st.integers(0, 2**31), step=st.sampled_from([1, 2]))
def test_equal_those_of_numpy_and_scipy_over_the_marked_frames(n, seed, step):
    rng = np.random.default_rng(seed)
    values = rng.normal(3.0, 2.0, (2, 50, 4))
    where = np.zeros((2, 50, 4))
    for row, column in np.ndindex(2, 4):
        where[row, rng.choice(50, n, replace=False), column] = 1.0
    found = statistics(torch.tensor(values).float(), torch.tensor(where).float(), step).numpy()
    assert found.shape == (2, 11, 4)
    for row, column in np.ndindex(2, 4):
        marked = values[row, where[row, :, column] > 0, column]
        some = values[row, :: 4 // step, column][where[row, :: 4 // step, column] > 0]
        percentiles = np.percentile(some, (5, 25, 50, 75, 95)) if some.size else [marked.mean()] * 5
        slope = 62.5 / step * np.polyfit(np.arange(n), marked, 1)[0]
        expected = [
            marked.mean(),
            marked.std(),
            *percentiles,
            percentiles[-1] - percentiles[0],
            stats.skew(marked),
            stats.kurtosis(marked),
            slope,
        ]
        np.testing.assert_allclose(found[row, :, column], expected, rtol=2e-3, atol=2e-3)


def test_a_column_without_frames_has_none():
    assert (statistics(torch.randn(2, 20, 3), torch.zeros(2, 20, 3)) == 0.0).all()


# A whole voice.


@settings(max_examples=20)
@given(frames=st.integers(1, 200), seed=st.integers(0, 2**31), hear=st.sampled_from([HEAR, HEAR_HALF]))
def test_any_length_gives_numbers(frames, seed, hear):
    heard = hear(voices(2, frames, seed))
    assert heard.shape == (2, hear.n_statistics)
    assert heard.isfinite().all()


@pytest.mark.parametrize("level_db", [-100.0, 0.0])
def test_silence_and_hum_give_numbers(level_db):
    assert HEAR(torch.cat([torch.full((1, 40, 64), level_db), torch.zeros(1, 40, 64)], dim=2)).isfinite().all()


@given(gain_db=st.floats(-50.0, 50.0))
def test_gain_changes_nothing(gain_db):
    one, two = voices(), voices()
    two[:, :, :64] += gain_db
    torch.testing.assert_close(HEAR(two), HEAR(one), atol=0.05, rtol=1e-3)


def test_clips_of_a_batch_do_not_meet():
    together = voices(4)
    alone = torch.cat([HEAR(clip.unsqueeze(0)) for clip in together])
    torch.testing.assert_close(HEAR(together), alone, atol=1e-2, rtol=1e-3)


def test_silence_after_the_words_changes_little():
    signal = glide()
    padded = np.concatenate([signal, np.zeros(8_000, np.float32)])
    one, two = (HEAR(Voice()(torch.from_numpy(s[None]))) for s in (signal, padded))
    # The last frames, half silent, do change; a typical statistic does not.
    assert ((one - two).abs() / (1.0 + one.abs())).median() < 0.05


def test_follows_pitch_as_the_careful_follower_does():
    signal = glide()
    voice = Voice()(torch.from_numpy(signal[None]))
    pitch, clearness = HEAR._follow_pitch(voice[:, :, 64:])
    ours = 60.0 * 2.0 ** (pitch[0, 3:-3].numpy() / 12.0)
    times, reference = _pitch.pitch_hz(signal, RATE)
    centres = (np.arange(voice.shape[1]) * 256 + 256)[3:-3] / RATE
    np.testing.assert_allclose(ours, np.interp(centres, times, reference), rtol=0.02)
    assert (clearness[0, 3:-3] > 0.8).all()
    assert (np.diff(ours) > 0).mean() > 0.95


@pytest.mark.parametrize("step", [1, 2])
def test_hears_a_higher_and_a_rising_voice(step):
    hear, voice = {1: HEAR, 2: HEAR_HALF}[step], Voice(step)
    low, high, rising = (
        hear(voice(torch.from_numpy(glide(1.0, *hz)[None])))[0]
        for hz in ((120.0, 120.1), (240.0, 240.1), (120.0, 240.0))
    )
    # Pitch is the first of the four tracks at the end of the eleven statistics.
    n_columns = 32 + 3 * 20 + 2 * 17 + 32 + 20 + 17 + 4
    pitch_mean, pitch_slope = n_columns - 4, 11 * n_columns - 4
    assert (high - low)[pitch_mean].item() == pytest.approx(12.0, abs=0.3)
    assert rising[pitch_slope].item() == pytest.approx(12.0, abs=0.8)
    assert abs(low[pitch_slope].item()) < 0.5


def test_half_the_frames_tell_much_the_same():
    signals = torch.from_numpy(np.stack([glide(2.0), glide(2.0, 200.0, 140.0)]))
    whole, half = HEAR(Voice()(signals)), HEAR_HALF(Voice(2)(signals))
    # The fastest swelling, of nine tracks, is more than half the frames can tell.
    assert (HEAR.n_statistics, HEAR_HALF.n_statistics) == (2502, 2502 - 9)
    of_columns = 11 * (32 + 3 * 20 + 2 * 17 + 32 + 20 + 17 + 4)
    whole, half = whole[:, :of_columns], half[:, :of_columns]
    assert ((whole - half).abs() / (1.0 + whole.abs())).median() < 0.05
