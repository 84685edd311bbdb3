from __future__ import annotations

import librosa
import numpy as np
import pytest

from emotrace.errors import UsageError
from emotrace.learn.augment._vocoder import choose_n_fft
from emotrace.learn.augment.time_stretch import PRESETS, TimeStretch


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
@pytest.mark.parametrize("factor", [0.5, 0.75, 0.8, 1.0, 1.07, 2.0])
def test_agrees_with_librosa(rate, factor, speech):
    ours = TimeStretch(factor)(speech(rate), rate, np.random.default_rng(1))
    # In double precision, because librosa adds phases up in that of the signal.
    signal = speech(rate).astype(np.float64)
    theirs = librosa.effects.time_stretch(signal, rate=factor, n_fft=choose_n_fft(rate))
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("factor", [0.75, 1.25])
def test_tempo_changes_and_pitch_does_not(factor, tone):
    rate = 16_000
    slow = TimeStretch(factor)(tone(220.0, rate), rate, np.random.default_rng(1))
    assert slow.size == round(rate / factor)
    middle = slow[slow.size // 4 : -slow.size // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size), 1 << 18))
    assert spectrum.argmax() * rate / (1 << 18) == pytest.approx(220.0, abs=1.0)


def test_rate_one_is_the_signal_again(speech):
    same = TimeStretch(1.0)(speech(16_000), 16_000, np.random.default_rng(1))
    np.testing.assert_allclose(same, speech(16_000), atol=1e-5)


def test_the_avatar_project_rounds_its_rates():
    rates = [PRESETS["avatar"].draw(1, 22_050, np.random.default_rng(seed)) for seed in range(300)]
    assert all(rate == round(rate, 2) for rate in rates)
    assert (min(rates), max(rates)) == (0.90, 1.10)


def test_presets_are_as_published():
    fixed = {name: PRESETS[name].rate for name in ("capstone", "quality-assurance", "quality-assurance-demo")}
    assert fixed == {"capstone": 0.8, "quality-assurance": 0.75, "quality-assurance-demo": 0.5}


@pytest.mark.parametrize("bad", [0.0, -1.0, (1.1, 0.9), (0.5, 0.6, 0.7), "1", True, [0.9, 1.1]])
def test_a_rate_that_is_none_is_refused(bad):
    with pytest.raises(UsageError, match=r"time-stretch: rate is .*; it must be a number from 0.1 to 10, or \("):
        TimeStretch(bad)
