from __future__ import annotations

import numpy as np
import pytest

from emotrace.learn.robustness.sounds import SILENT, SOUNDS, TAUGHT, UNHEARD, make_sound
from emotrace.learn.training.noises import NOISES, SAMPLING_RATE


@pytest.mark.parametrize("kind", SOUNDS)
def test_every_sound_is_sound(kind: str) -> None:
    n = SAMPLING_RATE + 77
    sounds = [make_sound(kind, n, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    for sound in sounds:
        assert (sound.dtype, sound.shape) == (np.float32, (n,))
        assert np.isfinite(sound).all()
    assert np.array_equal(sounds[0], sounds[1])
    if kind == SILENT:
        assert not sounds[0].any()
        return
    assert not np.array_equal(sounds[0], sounds[2])
    peak_db = 20 * np.log10(np.abs(sounds[0]).max())
    assert -40.01 <= peak_db <= -0.99


def test_kinds_are_apart() -> None:
    assert set(SOUNDS) == set(UNHEARD) | set(TAUGHT)
    assert not set(UNHEARD) & set(TAUGHT)
    assert [kind.removeprefix("taught: ") for kind in TAUGHT] == list(NOISES)


def spectrum_db(kind: str, low_hz: float, high_hz: float) -> float:
    sound = make_sound(kind, 8 * SAMPLING_RATE, np.random.default_rng(0)).astype(np.float64)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / SAMPLING_RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean()))


@pytest.mark.parametrize(("kind", "fall_db"), [("white noise", 0.0), ("pink noise", 3.0), ("brown noise", 6.0)])
def test_noises_have_their_colours(kind: str, fall_db: float) -> None:
    fall = spectrum_db(kind, 400, 800) - spectrum_db(kind, 800, 1600)
    assert fall == pytest.approx(fall_db, abs=0.4)


def test_hum_is_of_the_mains() -> None:
    sound = make_sound("mains hum", 4 * SAMPLING_RATE, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(sound)) ** 2
    loudest_hz = np.fft.rfftfreq(sound.size, 1 / SAMPLING_RATE)[power.argmax()]
    assert loudest_hz == pytest.approx(50, abs=0.3) or loudest_hz == pytest.approx(60, abs=0.3)
