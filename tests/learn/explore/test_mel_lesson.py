"""The lesson's numbers are those of the formula, and of librosa's version of it; the tones are tones."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from emotrace.learn.explore.mel_lesson import (
    SAMPLING_RATE,
    TONES_HZ,
    hz_to_mel,
    make_step,
    make_tone,
    mel_lesson,
    mel_to_hz,
)


def test_mels_are_those_of_librosa() -> None:
    hz = np.linspace(0, 8000, 50)
    assert hz_to_mel(hz) == pytest.approx(librosa.hz_to_mel(hz, htk=True))
    assert mel_to_hz(hz_to_mel(hz)) == pytest.approx(hz, abs=1e-6)


@pytest.mark.parametrize("hz", TONES_HZ)
def test_tones_have_their_pitch_and_do_not_click(hz: int) -> None:
    tone = make_tone(hz)
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(tone.size)))
    assert spectrum.argmax() * SAMPLING_RATE / tone.size == pytest.approx(hz, abs=2)
    assert np.abs(tone).max() == pytest.approx(0.25, abs=0.01)
    assert np.abs(tone[[0, -1]]).max() < 1e-6
    assert np.abs(np.diff(tone[:20])).max() < 0.005


def test_equal_steps_in_hertz_are_not_equal_in_mels() -> None:
    low, high = mel_lesson()["steps"]
    assert (low["hz"], high["hz"]) == (100, 100)
    assert (low["mel"], high["mel"]) == (pytest.approx(107.4, abs=0.1), pytest.approx(68.3, abs=0.1))


def test_both_curves_meet_at_1_khz() -> None:
    curve = mel_lesson()["curve"]
    place = curve["hz"].index(1000.0)
    assert curve["mel"][place] == pytest.approx(1000, abs=0.1)
    assert curve["slaney"][place] == pytest.approx(1000, abs=0.1)


def test_bands_are_equally_wide_in_mels() -> None:
    widths = np.diff(hz_to_mel(np.array(mel_lesson()["bands_hz"])))
    assert widths == pytest.approx(widths.mean(), rel=2e-3)


def test_a_step_is_two_tones() -> None:
    assert make_step(300, 400).size == 2 * make_tone(300).size
