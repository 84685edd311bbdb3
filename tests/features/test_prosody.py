"""Loudness, pitch and pace of voices made by code, whose answers are known, and of the demo call."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import emotrace
from emotrace.errors import UsageError
from emotrace.features._pitch import HIGHEST_HZ, LOWEST_HZ
from emotrace.features._prosody import measure_prosody, pitch_hz, speech_level_dbfs, syllable_nuclei

RATE = 8_000


def voice(f0: np.ndarray | float, rate: int = RATE, seconds: float = 1.0, lowest_hz: float = 0.0) -> np.ndarray:
    """A voice of all overtones of ``f0`` (Hz, per sample or constant) between ``lowest_hz`` and 3.6 kHz."""
    hz = np.broadcast_to(f0, round(seconds * rate)) if np.ndim(f0) == 0 else np.asarray(f0)
    phase = 2 * np.pi * np.cumsum(hz) / rate
    signal = np.zeros(hz.size)
    for k in range(1, 60):
        signal += np.where((k * hz >= lowest_hz) & (k * hz < 3_600.0), np.sin(k * phase + k) / k, 0.0)
    return (0.2 * signal).astype(np.float32)


def glide(start_hz: float, end_hz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return np.geomspace(start_hz, end_hz, round(seconds * rate))


def noise(seconds: float, rate: int = RATE, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, level, round(seconds * rate)).astype(np.float32)


def cents(ours: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return 1200.0 * np.abs(np.log2(ours / truth))


def syllables(per_second: float, n: int, rate: int = RATE, sound: np.ndarray | None = None) -> np.ndarray:
    """``n`` syllables, 18 dB louder in their middle than between them; the first begins after 0.2 s."""
    seconds = n / per_second
    t = np.arange(round(seconds * rate)) / rate
    swell = 10.0 ** (-18.0 / 20.0 * np.cos(np.pi * per_second * t) ** 2)
    body = (voice(150.0, rate, seconds) if sound is None else sound[: t.size]) * swell
    return np.pad(body, round(0.2 * rate)).astype(np.float32)


# Pitch


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize(("start_hz", "end_hz"), [(65.0, 480.0), (300.0, 90.0)])
def test_a_glide_is_followed(rate, start_hz, end_hz):
    truth = glide(start_hz, end_hz, 2.0, rate)
    times, f0 = pitch_hz(voice(truth, rate), rate)
    assert len(times) == len(f0) == (2_000 - 50) // 10 + 1
    np.testing.assert_allclose(np.diff(times), 0.01)
    error = cents(f0, np.interp(times, np.arange(truth.size) / rate, truth))
    assert np.isfinite(f0).all()
    assert np.median(error) < 5.0
    assert error.max() < 50.0, "half a semitone; a wrong octave would be 1200"


@pytest.mark.parametrize("hz", [80.0, 110.0, 220.0, 410.0, 480.0])
def test_equals_librosa_on_steady_voices(hz):
    signal = voice(hz, 16_000)
    theirs = librosa.yin(signal, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=16_000, frame_length=1024)
    ours = pitch_hz(signal, 16_000)[1]
    assert np.nanmedian(ours) == pytest.approx(np.median(theirs), rel=0.005)


def test_equals_librosa_on_a_glide():
    truth = glide(120.0, 260.0, 2.0, 16_000)
    signal = voice(truth, 16_000)
    theirs = librosa.yin(signal, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=16_000, frame_length=1024, hop_length=160)
    times, ours = pitch_hz(signal, 16_000)
    at = np.rint(times * 100).astype(int)
    # librosa's integer grid of lags is coarser than a path through interpolated peaks.
    assert np.percentile(cents(ours, theirs[at]), 90) < 60.0


def test_the_telephone_cuts_the_fundamental_off_and_pitch_stays():
    truth = glide(100.0, 200.0, 2.0)
    times, f0 = pitch_hz(voice(truth, lowest_hz=300.0), RATE)
    error = cents(f0, np.interp(times, np.arange(truth.size) / RATE, truth))
    assert np.median(error) < 10.0
    assert (error < 100.0).mean() > 0.98


@pytest.mark.parametrize("strong", [2, 3, 4])
def test_a_strong_overtone_is_not_taken_for_the_pitch(strong):
    t = np.arange(RATE) / RATE
    signal = voice(120.0) + 0.8 * np.sin(2 * np.pi * 120.0 * strong * t).astype(np.float32)
    assert np.nanmedian(pitch_hz(signal, RATE)[1]) == pytest.approx(120.0, rel=0.01)


def test_pauses_have_no_pitch():
    signal = np.concatenate([voice(150.0), np.zeros(RATE, np.float32), voice(200.0)]) + noise(3.0, level=1e-4)
    times, f0 = pitch_hz(signal, RATE)
    assert np.isnan(f0[(times > 1.05) & (times < 1.95)]).all()
    np.testing.assert_allclose(f0[(times > 0.05) & (times < 0.95)], 150.0, rtol=0.005)
    np.testing.assert_allclose(f0[(times > 2.05) & (times < 2.95)], 200.0, rtol=0.005)


def test_a_voice_in_noise_is_still_followed():
    clean = voice(glide(130.0, 180.0, 2.0))
    times, f0 = pitch_hz(clean + noise(2.0, level=float(clean.std()) / 10 ** (10 / 20)), RATE)
    truth = np.interp(times, np.linspace(0.0, 2.0, clean.size), glide(130.0, 180.0, 2.0))
    found = np.isfinite(f0)
    assert found.mean() > 0.95
    assert cents(f0[found], truth[found]).max() < 100.0


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_pitch(seed):
    assert np.isfinite(pitch_hz(noise(2.0, seed=seed), RATE)[1]).mean() < 0.02
    assert measure_prosody(noise(2.0, seed=seed), RATE).pitch_median_hz is None


@pytest.mark.parametrize("n_samples", [0, 1, 399, 400, 401])
def test_short_signals(n_samples):
    times, f0 = pitch_hz(np.zeros(n_samples, np.float32), RATE)
    assert times.shape == f0.shape == ((1,) if n_samples >= 400 else (0,))
    assert np.isnan(f0).all()
    prosody = measure_prosody(voice(150.0)[:n_samples], RATE)
    assert (prosody.pitch_range_semitones, prosody.syllables_per_second) == (None, None)


def test_a_long_signal_is_measured_piece_by_piece_without_seams():
    # More frames than are handled at once.
    f0 = pitch_hz(voice(140.0, seconds=6.0), RATE)[1]
    np.testing.assert_allclose(f0, 140.0, rtol=0.002)


# Loudness


def test_level_of_known_signals():
    square = np.tile(np.repeat([1.0, -1.0], 20), 200)
    assert speech_level_dbfs(square, RATE) == pytest.approx(0.0, abs=1e-9)
    assert speech_level_dbfs(0.1 * square + 0.5, RATE) == pytest.approx(-20.0, abs=1e-6), "about the mean"
    assert speech_level_dbfs(noise(2.0, level=0.01), RATE) == pytest.approx(-40.0, abs=0.2)


def test_pauses_do_not_make_speech_quieter():
    speech = voice(150.0, seconds=2.0)
    paused = np.concatenate([np.zeros(3 * RATE), speech[:RATE], np.zeros(5 * RATE), speech[RATE:]])
    hiss = noise(10.0, level=1e-3)
    assert speech_level_dbfs(paused + hiss, RATE) == pytest.approx(speech_level_dbfs(speech, RATE), abs=0.2)


@pytest.mark.parametrize("signal", [np.zeros(0), np.zeros(1), np.zeros(RATE), np.full(RATE, 0.3)])
def test_silence_is_the_floor(signal):
    assert speech_level_dbfs(signal, RATE) == -120.0


# Pace


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("per_second", [2.0, 4.0, 6.5])
def test_syllables_of_a_train_are_counted(rate, per_second):
    signal = syllables(per_second, 9, rate)
    found = syllable_nuclei(signal, rate)
    np.testing.assert_allclose(found, 0.2 + (np.arange(9) + 0.5) / per_second, atol=0.03)
    assert measure_prosody(signal, rate).syllables_per_second == pytest.approx(per_second, rel=0.12)


def test_a_steady_voice_is_one_syllable_and_shallow_ripples_are_none():
    steady = np.pad(voice(150.0), RATE // 4)
    assert len(syllable_nuclei(steady, RATE)) == 1
    ripple = 10.0 ** (-1.0 / 20.0 * np.cos(2 * np.pi * 4.0 * np.arange(RATE) / RATE) ** 2)
    assert len(syllable_nuclei(np.pad(voice(150.0) * ripple, RATE // 4), RATE)) == 1


def test_what_has_no_voice_is_no_syllable():
    hisses = syllables(4.0, 8, sound=noise(4.0))
    assert syllable_nuclei(hisses, RATE).size == 0
    assert measure_prosody(hisses, RATE).syllables_per_second is None


def test_pauses_do_not_make_speech_slower():
    signal = syllables(5.0, 10)
    paused = np.concatenate([signal, np.zeros(3 * RATE, np.float32), signal])
    quick = measure_prosody(signal, RATE).syllables_per_second
    assert quick == pytest.approx(5.0, rel=0.1)
    assert measure_prosody(paused, RATE).syllables_per_second == pytest.approx(quick, rel=0.05)


def test_a_loud_background_is_not_taken_for_speech():
    signal = np.pad(syllables(4.0, 8), RATE)
    noisy = signal + noise(signal.size / RATE, level=0.1 * float(np.abs(signal).max()))
    assert measure_prosody(noisy, RATE).syllables_per_second == pytest.approx(4.0, rel=0.2)


# All together


def test_prosody_of_a_glide():
    prosody = measure_prosody(voice(glide(100.0, 200.0, 3.0)), RATE)
    # Of an octave in log-even time, the 10th and 90th percentile lie 0.8 octaves apart.
    assert prosody.pitch_range_semitones == pytest.approx(0.8 * 12.0, abs=0.3)
    assert prosody.pitch_median_hz == pytest.approx(100.0 * 2**0.5, rel=0.01)
    assert prosody.pitch_low_hz == pytest.approx(100.0 * 2**0.1, rel=0.02)
    assert prosody.pitch_high_hz == pytest.approx(100.0 * 2**0.9, rel=0.02)


def test_stray_octaves_do_not_widen_the_range():
    # A tenth of the time something whistles three octaves above the voice.
    signal = np.concatenate([voice(120.0, seconds=1.7), voice(480.0, seconds=0.2)])
    prosody = measure_prosody(signal, RATE)
    assert prosody.pitch_high_hz == pytest.approx(120.0, rel=0.02)
    assert prosody.pitch_range_semitones == pytest.approx(0.0, abs=0.3)


def test_silence_has_no_prosody():
    prosody = measure_prosody(np.zeros(2 * RATE, np.float32), RATE)
    assert prosody.level_dbfs == -120.0
    assert {prosody.pitch_median_hz, prosody.pitch_range_semitones, prosody.syllables_per_second} == {None}


SPOKEN = syllables(4.0, 6) + noise(6 / 4 + 0.4, level=1e-4)


@settings(max_examples=15)
@given(gain_db=st.floats(-40.0, 10.0))
def test_gain_changes_the_level_and_nothing_else(gain_db):
    was, now = (measure_prosody((SPOKEN * g).astype(np.float32), RATE) for g in (1.0, 10 ** (gain_db / 20)))
    assert now.level_dbfs - was.level_dbfs == pytest.approx(gain_db, abs=0.01)
    assert now.syllables_per_second == was.syllables_per_second
    assert now.pitch_median_hz == pytest.approx(was.pitch_median_hz, rel=1e-4)
    assert now.pitch_range_semitones == pytest.approx(was.pitch_range_semitones, abs=1e-3)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1), n_samples=st.integers(0, 4_000), rate=st.sampled_from([4_000, 8_000, 48_000])
)
def test_any_signal_gives_finite_numbers_or_none(seed, n_samples, rate):
    rng = np.random.default_rng(seed)
    signal = rng.uniform(-1, 1, n_samples) * rng.choice([0.0, 1e-12, 1e-3, 1.0], n_samples)
    prosody = measure_prosody(signal.astype(np.float32), rate)
    numbers = [value for value in vars(prosody).values() if value is not None]
    assert np.isfinite(numbers).all()
    assert prosody.level_dbfs >= -120.0
    f0 = pitch_hz(signal, rate)[1]
    voiced = f0[np.isfinite(f0)]
    assert ((voiced > LOWEST_HZ - 1.0) & (voiced < HIGHEST_HZ + 10.0)).all()


@pytest.mark.parametrize("measure", [speech_level_dbfs, pitch_hz, syllable_nuclei, measure_prosody])
def test_what_is_no_signal_is_refused(measure):
    with pytest.raises(UsageError, match="the signal holds samples that are NaN or infinite"):
        measure(np.array([0.0, np.nan]), RATE)
    with pytest.raises(UsageError, match="the signal holds samples that are NaN or infinite"):
        measure(np.array([0.0, np.inf]), RATE)
    with pytest.raises(
        UsageError, match=r"must have shape \(n_samples,\), got \(2, 9\); measure one channel at a"
    ):
        measure(np.zeros((2, 9)), RATE)
    with pytest.raises(UsageError, match=r"must hold floats in \[-1, 1\], got int16; divide integers"):
        measure(np.zeros(9, np.int16), RATE)
    with pytest.raises(UsageError, match="the sampling rate must be at least 1000 Hz, got 0"):
        measure(np.zeros(9), 0)


def test_the_demo_call_sounds_like_two_people():
    path = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"
    signal, rate = soundfile.read(path, dtype="float32", always_2d=True)
    agent, caller = (measure_prosody(np.ascontiguousarray(channel), rate) for channel in signal.T)
    for party in (agent, caller):
        assert -45.0 < party.level_dbfs < -5.0
        assert 2.5 < (party.syllables_per_second or 0.0) < 7.0
        assert 2.0 < (party.pitch_range_semitones or 0.0) < 20.0
