from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.learn.training.noises import NOISES, SAMPLING_RATE, make_noise


def power_by_hz(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    power = np.abs(np.fft.rfft(signal * np.hanning(signal.size))) ** 2
    return np.fft.rfftfreq(signal.size, 1 / SAMPLING_RATE), power


def share_between(signal: np.ndarray, low_hz: float, high_hz: float) -> float:
    hz, power = power_by_hz(signal)
    return float(power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum())


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("seed", range(3))
def test_three_seconds_have_peak_one(name, seed):
    signal = make_noise(name, 48_000, np.random.default_rng(seed))
    assert signal.dtype == np.float32
    assert signal.shape == (48_000,)
    assert np.isfinite(signal).all()
    assert np.abs(signal).max() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", NOISES)
@settings(max_examples=8)
@given(n_samples=st.integers(1, 9_000), seed=st.integers(0, 2**32 - 1))
def test_any_length_is_finite_and_no_louder_than_one(name, n_samples, seed):
    signal = make_noise(name, n_samples, np.random.default_rng(seed))
    assert signal.shape == (n_samples,)
    assert np.isfinite(signal).all()
    # A short stretch may fall into the pause between two breaths or beeps.
    assert np.abs(signal).max() in (0.0, pytest.approx(1.0, abs=1e-6))


@pytest.mark.parametrize("name", NOISES)
def test_is_drawn_from_the_generator_alone(name):
    np.random.seed(0)  # noqa: NPY002 (the process-wide state must not matter)
    one = make_noise(name, 16_000, np.random.default_rng(5))
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(make_noise(name, 16_000, np.random.default_rng(5)), one)
    assert not np.array_equal(make_noise(name, 16_000, np.random.default_rng(6)), one)


def test_unknown_noise():
    with pytest.raises(KeyError, match="applause"):
        make_noise("applause", 100, np.random.default_rng(0))


def test_coloured_noise_falls_by_0_to_12_db_per_octave():
    falls = []
    for seed in range(20):
        signal = make_noise("coloured", 48_000, np.random.default_rng(seed))
        hz, power = power_by_hz(signal)
        octave_db = [
            10 * np.log10(power[(hz >= low) & (hz < 2 * low)].mean()) for low in (250.0, 500.0, 1000.0, 2000.0)
        ]
        falls.append(-np.polyfit(range(4), octave_db, 1)[0])
    assert min(falls) > -1.0
    assert max(falls) < 13.0
    assert max(falls) - min(falls) > 6.0


def test_a_tone_is_a_few_lines():
    signal = make_noise("tone", 48_000, np.random.default_rng(0))
    _, power = power_by_hz(signal)
    loudest = np.sort(power)[::-1]
    assert loudest[:20].sum() > 0.99 * power.sum()


def test_clicks_are_mostly_quiet():
    shares = [
        np.mean(np.abs(make_noise("clicks", 48_000, np.random.default_rng(seed))) < 0.1) for seed in range(5)
    ]
    assert np.mean(shares) > 0.5


def test_breaths_pause():
    quiet = []
    for seed in range(5):
        signal = make_noise("breath", 64_000, np.random.default_rng(seed))
        quiet.append(float(np.mean(np.abs(signal).reshape(-1, 160).max(axis=1) < 1e-3)))
    assert 0.05 < np.mean(quiet) < 0.9


def test_hum_is_harmonic():
    signal = make_noise("hum", 48_000, np.random.default_rng(0))
    _, power = power_by_hz(signal)
    # Energy sits in few places, unlike in noise.
    assert np.sort(power)[::-1][:1000].sum() > 0.9 * power.sum()


def test_murmur_has_the_rhythm_of_syllables():
    # Levels every 10 ms turn 3 to 7 times a second and fall to nearly nothing between.
    signal = make_noise("murmur", 64_000, np.random.default_rng(1))
    level = np.sqrt((signal.reshape(-1, 160) ** 2).mean(axis=1))
    smooth = np.convolve(level, np.hanning(15) / np.hanning(15).sum(), mode="same")
    turns = np.sum(np.diff(np.sign(np.diff(smooth))) < 0) / 4.0
    assert 2.0 <= turns <= 10.0
    assert np.percentile(level, 10) < 0.2 * np.percentile(level, 90)


def test_music_lies_where_its_notes_are():
    for seed in range(3):
        assert share_between(make_noise("music", 32_000, np.random.default_rng(seed)), 50.0, 7_700.0) > 0.8


def test_a_melody_is_made_of_harmonics():
    for seed in range(6):
        signal = make_noise("melody", 48_000, np.random.default_rng(seed))
        _, power = power_by_hz(signal)
        # Energy sits in few places, though its pitches glide and tremble; noise has 60 % in its best quarter.
        assert np.sort(power)[::-1][: power.size // 4].sum() > 0.9 * power.sum()
        assert share_between(signal, 60.0, 7_900.0) > 0.98


def test_a_melody_moves():
    # What sounds strongest changes from note to note, which it does not in a tone.
    def n_peaks(name: str, seed: int) -> int:
        signal = make_noise(name, 64_000, np.random.default_rng(seed))
        frames = np.abs(np.fft.rfft(signal.reshape(-1, 3_200) * np.hanning(3_200), axis=1))
        return len(set(frames.argmax(axis=1).tolist()))

    assert np.median([n_peaks("melody", seed) for seed in range(9)]) >= 4
    assert np.median([n_peaks("tone", seed) for seed in range(9)]) <= 2


def test_melodies_differ_in_pitch():
    strongest = []
    for seed in range(20):
        hz, power = power_by_hz(make_noise("melody", 32_000, np.random.default_rng(seed)))
        strongest.append(hz[power.argmax()])
    assert min(strongest) < 250.0
    assert max(strongest) > 400.0
