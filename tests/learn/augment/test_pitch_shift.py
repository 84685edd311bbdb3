from __future__ import annotations

import librosa
import numpy as np
import pytest

from emotrace.learn.augment.pitch_shift import PRESETS, PitchShift


@pytest.mark.parametrize("rate", [16_000, 22_050])
@pytest.mark.parametrize("semitones", [-5.0, 0.7, 0.8, 1.0, 2.0])
def test_agrees_with_librosa(rate, semitones, speech):
    ours = PitchShift(semitones)(speech(rate), rate, np.random.default_rng(1))
    signal = speech(rate).astype(np.float64)
    theirs = librosa.effects.pitch_shift(signal, sr=rate, n_steps=semitones, res_type="soxr_hq")
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize("semitones", [-12.0, -3.0, 0.7, 4.0])
def test_a_tone_moves_by_so_many_semitones(semitones, tone):
    rate = 22_050
    moved = PitchShift(semitones)(tone(300.0, rate), rate, np.random.default_rng(1))
    assert moved.size == rate
    middle = moved[rate // 4 : -rate // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size), 1 << 18))
    assert spectrum.argmax() * rate / (1 << 18) == pytest.approx(300.0 * 2 ** (semitones / 12), rel=0.004)


def test_the_pitch_of_a_voice_moves_as_an_independent_tracker_hears_it(speech):
    rate = 16_000
    moved = PitchShift(4.0)(speech(rate), rate, np.random.default_rng(1))
    before, after = (librosa.yin(y, fmin=60, fmax=400, sr=rate) for y in (speech(rate), moved))
    is_voiced = (before > 80) & (before < 130) & (after > 80) & (after < 165)
    assert is_voiced.sum() > 25
    assert 12.0 * np.log2(np.median(after[is_voiced] / before[is_voiced])) == pytest.approx(4.0, abs=0.3)


def test_presets_are_as_published():
    assert PRESETS["avatar"].semitones == (0.85, 1.15)
    assert PRESETS["capstone"].semitones == 0.7
    assert PRESETS["quality-assurance"].semitones == 0.8
    assert PRESETS["quality-assurance-demo"].semitones == 2.0
