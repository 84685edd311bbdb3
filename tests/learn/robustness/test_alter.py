from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from emotrace.features._level import speech_level_dbfs
from emotrace.learn.robustness import alter as module
from emotrace.learn.robustness.alter import (
    alter,
    crop_middle,
    draw_for,
    is_clipped,
    measure_bit_rate,
    why_impossible,
)
from emotrace.learn.robustness.conditions import CONDITIONS, Condition

RATE = 16_000
BY_NAME = {condition.name: condition for condition in CONDITIONS}


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """Two seconds of something with harmonics and syllables, and half a second of nothing at both ends."""
    time = np.arange(2 * RATE) / RATE
    wave = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20))
    sound = 0.1 * wave * (0.5 + 0.5 * np.sin(2 * np.pi * 4 * time))
    return np.pad(sound, RATE // 2).astype(np.float32)


def altered(name: str, signal: np.ndarray, clip: int = 0) -> np.ndarray:
    return alter(signal, RATE, BY_NAME[name], draw_for(BY_NAME[name], clip, seed=1))


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_condition_gives_what_a_file_of_16_bits_holds(condition: Condition, voice: np.ndarray) -> None:
    before = voice.copy()
    found = alter(voice, RATE, condition, draw_for(condition, 3, 1))
    assert found.dtype == np.float32
    assert np.array_equal(voice, before)
    assert np.abs(found).max() <= 1.0
    if condition.name == "clean":
        assert np.array_equal(found, voice)
        return
    if condition.change != "crop":
        assert np.array_equal(found * 32768, np.rint(found * 32768))
    again = alter(voice, RATE, condition, draw_for(condition, 3, 1))
    assert np.array_equal(found, again)
    assert found.shape != voice.shape or not np.array_equal(found, voice)


@pytest.mark.parametrize("name", ["white-20", "white-10", "white-5", "babble-20", "babble-10", "babble-5"])
def test_noise_is_as_far_below_the_speech_as_the_name_says(name: str, voice: np.ndarray) -> None:
    noise = altered(name, voice).astype(np.float64) - voice
    noise_db = 10 * math.log10(np.mean(noise**2))
    snr_db = float(name.rpartition("-")[2])
    # A background's level is that of all of it, of which this is a stretch.
    assert speech_level_dbfs(voice, RATE) - noise_db == pytest.approx(snr_db, abs=0.2)


def test_louder_noise_is_the_same_noise_louder(voice: np.ndarray) -> None:
    quiet, loud = (altered(name, voice) - voice for name in ("white-20", "white-10"))
    assert np.corrcoef(quiet, loud)[0, 1] > 0.99
    other = altered("white-10", voice, clip=1) - voice
    assert abs(np.corrcoef(loud, other)[0, 1]) < 0.05


def test_what_would_be_too_loud_is_turned_down_and_not_cut(voice: np.ndarray) -> None:
    loud = voice / np.abs(voice).max()
    noisy = altered("white-5", loud)
    assert np.abs(noisy).max() == pytest.approx(1.0, abs=1e-4)
    assert not is_clipped(noisy)
    assert is_clipped(altered("gain+10", loud))


@pytest.mark.parametrize(("name", "db"), [("gain-30", -30), ("gain-10", -10), ("gain+10", 10)])
def test_gain_is_gain(name: str, db: float, voice: np.ndarray) -> None:
    quiet = voice / 4
    np.testing.assert_allclose(altered(name, quiet), quiet * 10 ** (db / 20), atol=0.51 / 32768)


def test_speeds_change_the_length(voice: np.ndarray) -> None:
    assert altered("slower", voice).size == round(voice.size / 0.9)
    assert altered("faster", voice).size == round(voice.size / 1.1)


def test_a_telephone_leaves_its_band(voice: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.1, 0.1, 3 * RATE).astype(np.float32)
    power = np.abs(np.fft.rfft(altered("telephone", noise))) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / RATE)
    assert power[(hz > 500) & (hz < 3000)].mean() > 1000 * power[hz > 4200].mean()


@given(st.integers(1, 400), st.floats(0.01, 3.0))
def test_crops_are_the_middle(n: int, seconds: float) -> None:
    signal = np.arange(n, dtype=np.float32)
    found = crop_middle(signal, 100, seconds)
    assert found.size == min(n, round(seconds * 100))
    if found.size:
        assert np.all(np.diff(found) == 1)
        assert abs(found[0] - (n - 1 - found[-1])) <= 1


def test_draws_do_not_depend_on_what_else_is_judged() -> None:
    one = draw_for(BY_NAME["white-5"], 7, 1).random()
    assert one == draw_for(BY_NAME["white-20"], 7, 1).random()
    others = [
        draw_for(BY_NAME["babble-5"], 7, 1),
        draw_for(BY_NAME["white-5"], 8, 1),
        draw_for(BY_NAME["white-5"], 7, 2),
    ]
    assert one not in [other.random() for other in others]


def test_low_rates_are_low(voice: np.ndarray) -> None:
    for name in ("mp3", "opus"):
        rate = measure_bit_rate(BY_NAME[name], [voice], RATE)
        assert rate is not None
        assert 4 < rate < 40
    assert measure_bit_rate(BY_NAME["room"], [voice], RATE) is None


def test_a_missing_encoder_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(why_impossible(condition) is None for condition in CONDITIONS)
    monkeypatch.setattr(soundfile, "check_format", lambda container, _coding: container != "MP3")
    reason = why_impossible(BY_NAME["mp3"])
    assert reason is not None
    assert reason.endswith("cannot write MP3/MPEG_LAYER_III; install soundfile 0.13 or later from its wheel")
    assert why_impossible(BY_NAME["opus"]) is None


def test_babble_is_made_once(voice: np.ndarray) -> None:
    altered("babble-5", voice)
    assert module._backgrounds("babble", RATE) is module._backgrounds("babble", RATE)
