from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.errors import DecodeError, UnknownNameError, UsageError
from emotrace.features._level import speech_level_dbfs
from emotrace.learn.augment._sounds import make_babble, make_pink
from emotrace.learn.augment.background import Background

RATE = 16_000


@given(seed=st.integers(0, 2**32 - 1), snr_db=st.floats(-40, 60), gain=st.floats(0.001, 1.0))
@settings(max_examples=30)
def test_the_ratio_is_exact(seed, snr_db, gain):
    rng = np.random.default_rng(seed)
    # A burst, a pause, another burst.
    signal = (gain * rng.uniform(-1, 1, 12_000) * np.repeat([1.0, 0.0, 0.5], 4_000)).astype(np.float32)
    mixed = Background("pink", snr_db)(signal, RATE, rng)
    added = mixed.astype(np.float64) - signal
    heard_db = speech_level_dbfs(signal, RATE) - 10 * np.log10(np.mean(added**2))
    assert heard_db == pytest.approx(snr_db, abs=0.05)


def test_pauses_do_not_count(speech):
    signal = speech(RATE)
    padded = np.concatenate([np.zeros(2 * RATE, np.float32), signal, np.zeros(3 * RATE, np.float32)])
    levels = [(Background("pink", 10.0)(s, RATE, np.random.default_rng(1)) - s).std() for s in (signal, padded)]
    assert levels[0] == pytest.approx(levels[1], rel=0.02)


def test_given_signals_are_used_resampled_and_turned_around(tone):
    hum = tone(300.0, 8_000, seconds=0.5)
    speech = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * RATE).astype(np.float32)
    mixed = Background(snr_db=0.0, signals=(hum,), signals_rate=8_000)(speech, RATE, np.random.default_rng(1))
    spectrum = np.abs(np.fft.rfft(mixed - speech))
    assert spectrum.argmax() * RATE / speech.size == pytest.approx(300.0, abs=2.0)


def test_every_given_signal_is_chosen_some_time(tone):
    signals = tuple(tone(hz, RATE, 0.2) for hz in (200.0, 400.0, 800.0))
    background = Background(signals=signals, signals_rate=RATE)
    found = set()
    for seed in range(30):
        sound, _ = background.draw(RATE, RATE, np.random.default_rng(seed))
        found.add(round(float(np.abs(np.fft.rfft(sound)).argmax()) / 200))
    assert found == {1, 2, 4}


def test_pink_falls_by_3_db_per_octave():
    noise = make_pink(1 << 17, 16_000, np.random.default_rng(1))
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / 16_000)
    octaves = [10 * np.log10(power[(hz >= f) & (hz < 2 * f)].mean()) for f in (125, 250, 500, 1000, 2000)]
    np.testing.assert_allclose(np.diff(octaves), -3.0, atol=0.4)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_babble_has_the_spectrum_and_the_swell_of_many_voices(rate):
    babble = make_babble(6 * rate, rate, np.random.default_rng(1))
    assert babble.shape == (6 * rate,)
    power = np.abs(np.fft.rfft(babble)) ** 2
    hz = np.fft.rfftfreq(babble.size, 1 / rate)

    def level(low: float, high: float) -> float:
        return float(10 * np.log10(power[(hz >= low) & (hz < high)].mean()))

    assert level(200, 1_000) > level(1_500, 3_000) + 8, "speech is strongest below 1 kHz"
    assert level(200, 1_000) > level(20, 70) + 20, "and has nothing below its pitch"
    frame = rate // 20
    loudness = np.square(babble).reshape(-1, frame).mean(axis=1)
    assert 0.2 < loudness.std() / loudness.mean() < 1.5, "it swells, but never falls silent"


def test_mistakes_are_told():
    with pytest.raises(UnknownNameError, match=r"no background named 'bable'; did you mean 'babble'?"):
        Background("bable")
    with pytest.raises(UsageError, match="background: signals is list; give a tuple of arrays"):
        Background(signals=[np.ones(3, np.float32)], signals_rate=RATE)
    with pytest.raises(UsageError, match=r"signals\[0\]: the sampling rate is None; give whole Hz"):
        Background(signals=(np.ones(3, np.float32),))
    with pytest.raises(UsageError, match=r"signals\[1\] is digital silence; give one that is heard"):
        Background(signals=(np.ones(3, np.float32), np.zeros(3, np.float32)), signals_rate=RATE)
    with pytest.raises(DecodeError, match=r"signals\[0\]: the signal is empty"):
        Background(signals=(np.ones(0, np.float32),), signals_rate=RATE)
