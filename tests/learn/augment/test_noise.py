from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from emotrace.learn.augment.noise import PRESETS, Noise

RATE = 16_000


def published(data: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """The recipe of the reference projects, with its randomness passed in."""
    amplitude = amount * rng.uniform() * np.amax(data)
    return data + amplitude * rng.normal(size=data.shape[0])


@pytest.mark.parametrize(
    ("preset", "amount"),
    [("avatar", 0.015), ("capstone", 0.035), ("quality-assurance", 0.030), ("quality-assurance-demo", 0.1)],
)
def test_presets_are_as_published(preset, amount, speech):
    ours = PRESETS[preset](speech(RATE), RATE, np.random.default_rng(5))
    theirs = published(speech(RATE), amount, np.random.default_rng(5))
    np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_noise_is_white_gaussian_and_of_an_even_strength():
    signal = np.zeros(20_000, np.float32)
    signal[0] = 0.5
    strengths = []
    for seed in range(200):
        noise = (Noise(0.1)(signal, RATE, np.random.default_rng(seed)) - signal)[1:]
        strengths.append(noise.std() / (0.1 * 0.5))
    assert scipy.stats.kstest(strengths, "uniform").pvalue > 0.01
    assert scipy.stats.normaltest(noise).pvalue > 0.001
    power = np.abs(np.fft.rfft(noise)) ** 2
    bands = [band.mean() for band in np.array_split(power, 10)]
    assert max(bands) / min(bands) < 1.3


def test_it_is_the_largest_sample_that_counts_as_published():
    signal = np.array([0.1, -0.9], np.float32)
    drawn = np.array([1.0, 1.0], np.float32)
    np.testing.assert_allclose(Noise().apply(signal, RATE, drawn), [0.2, -0.8])


def test_none_of_it_leaves_the_signal():
    signal = np.linspace(-1.0, 1.0, 50, dtype=np.float32)
    np.testing.assert_array_equal(Noise(0.0)(signal, RATE, np.random.default_rng(1)), signal)
