"""Sounds in which nobody speaks, made by code: an emotion heard in them is a false one.

Two kinds: those of `emotrace.learn.training.noises`, other draws of which have taught the shipped detector of
speech to keep quiet, and those of this module, which have taught it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.augment._sounds import make_pink
from emotrace.learn.training.noises import NOISES, SAMPLING_RATE

Samples = NDArray[np.float64]
Maker = Callable[[int, np.random.Generator], Samples]

SILENT = "digital silence"
LEVELS_DBFS = (-40.0, -1.0)
_MAJOR = (0, 4, 7)
_MINOR = (0, 3, 7)


def make_sound(kind: str, n_samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make ``n_samples`` of one of `SOUNDS` at `SAMPLING_RATE`, with a peak drawn between -40 and -1 dBFS."""
    sound = SOUNDS[kind](n_samples, rng)
    peak = float(np.abs(sound).max())
    level = 10.0 ** (rng.uniform(*LEVELS_DBFS) / 20.0)
    return np.asarray(sound * (level / peak if peak > 0.0 else 0.0), dtype=np.float32)


def silence(n: int, _rng: np.random.Generator) -> Samples:
    """Nothing at all."""
    return np.zeros(n)


def white(n: int, rng: np.random.Generator) -> Samples:
    """Hiss: as strong at every frequency."""
    return rng.standard_normal(n)


def pink(n: int, rng: np.random.Generator) -> Samples:
    """Noise that falls by 3 dB per octave."""
    return make_pink(n, SAMPLING_RATE, rng)


def brown(n: int, rng: np.random.Generator) -> Samples:
    """Noise that falls by 6 dB per octave: rumble."""
    walk = np.cumsum(rng.standard_normal(n))
    # Without what is slower than 20 Hz, which is no sound.
    width = SAMPLING_RATE // 20
    return np.asarray(walk - np.convolve(walk, np.full(width, 1.0 / width), "same"))


def pure_tone(n: int, rng: np.random.Generator) -> Samples:
    """A sine of 80 to 4000 Hz."""
    return np.asarray(np.sin(2.0 * np.pi * 10.0 ** rng.uniform(1.9, 3.6) * _time(n)))


def chirp(n: int, rng: np.random.Generator) -> Samples:
    """Sines that glide over four octaves in 1 to 8 s, again and again."""
    place = (_time(n) / rng.uniform(1.0, 8.0)) % 1.0
    if rng.random() < 0.5:
        place = 1.0 - place
    return np.asarray(np.sin(2.0 * np.pi * np.cumsum(rng.uniform(80.0, 400.0) * 16.0**place) / SAMPLING_RATE))


def click_train(n: int, rng: np.random.Generator) -> Samples:
    """A metronome or a ticking clock: one sample and what a small box makes of it."""
    box = np.exp(-np.arange(400) / rng.uniform(10.0, 80.0)) * rng.standard_normal(400)
    train = np.zeros(n)
    train[:: round(SAMPLING_RATE / rng.uniform(0.5, 12.0))] = 1.0
    return np.asarray(np.convolve(train, box)[:n])


def mains_hum(n: int, rng: np.random.Generator) -> Samples:
    """50 or 60 Hz with odd harmonics."""
    hz = float(rng.choice([50.0, 60.0]))
    return np.asarray(sum(np.sin(2.0 * np.pi * k * hz * _time(n)) / k for k in (1, 2, 3, 5, 7, 9, 11)))


def drums(n: int, rng: np.random.Generator) -> Samples:
    """A beat: bass drum on one and three, snare on two and four, hi-hat on the eighths."""
    eighth = 30.0 / rng.uniform(70.0, 160.0)
    beat = np.zeros(n)
    for number in range(int(n / SAMPLING_RATE / eighth) + 1):
        start = round(number * eighth * SAMPLING_RATE)
        time = _time(max(0, min(n - start, SAMPLING_RATE // 2)))
        hit = 0.3 * rng.standard_normal(time.size) * np.exp(-60.0 * time)
        if number % 4 == 0:
            hit = hit + 1.5 * np.sin(2.0 * np.pi * (50.0 * time + 4.0 * (1.0 - np.exp(-30.0 * time)))) * np.exp(
                -9.0 * time
            )
        if number % 4 == 2:
            hit = hit + rng.standard_normal(time.size) * np.exp(-18.0 * time)
        beat[start : start + time.size] += hit
    return beat


def chords(n: int, rng: np.random.Generator) -> Samples:
    """A song's four chords, held by something like an organ or strings, with a bass below."""
    root = 110.0 * 2.0 ** (rng.integers(0, 12) / 12.0)
    seconds = rng.uniform(0.8, 2.5)
    steps = ((0, _MAJOR), (7, _MAJOR), (9, _MINOR), (5, _MAJOR))
    sound = np.zeros(n)
    tilt = rng.uniform(0.7, 2.0)
    for number in range(int(n / SAMPLING_RATE / seconds) + 1):
        start = round(number * seconds * SAMPLING_RATE)
        time = _time(max(0, min(n - start, round(seconds * SAMPLING_RATE))))
        step, triad = steps[number % len(steps)]
        swell = np.minimum(1.0, time / 0.05) * np.minimum(1.0, np.maximum(0.0, (seconds - time) / 0.05))
        for note in (step - 12, *(step + interval for interval in triad)):
            sound[start : start + time.size] += swell * _harmonics(root * 2.0 ** (note / 12.0) * time, tilt, 10)
    return sound


def fiddle(n: int, rng: np.random.Generator) -> Samples:
    """A tune of one bowed string: many harmonics and vibrato, notes slurred."""
    scale = 196.0 * 2.0 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12.0) * rng.choice([1.0, 1.5, 2.0])
    seconds = rng.uniform(0.25, 0.9)
    n_notes = int(n / SAMPLING_RATE / seconds) + 2
    tune = scale[np.clip(np.cumsum(rng.integers(-2, 3, n_notes)) % 14, 0, 7)]
    time = _time(n)
    note = (time / seconds).astype(int)
    vibrato = 1.0 + rng.uniform(0.003, 0.012) * np.sin(2.0 * np.pi * rng.uniform(5.0, 7.0) * time)
    turns = np.cumsum(tune[note] * vibrato) / SAMPLING_RATE
    bow = 0.6 + 0.4 * np.sin(np.pi * ((time / seconds) % 1.0))
    return np.asarray(bow * _harmonics(turns, 1.0, 16))


def guitar(n: int, rng: np.random.Generator) -> Samples:
    """Plucked strings, picked one after another (Karplus and Strong, Computer Music Journal 7 (2), 1983)."""
    sound, start = np.zeros(n), 0
    while start < n:
        period = int(SAMPLING_RATE / rng.choice([98.0, 131.0, 165.0, 196.0, 247.0, 330.0, 392.0]))
        length = min(n - start, int(SAMPLING_RATE * rng.uniform(0.15, 0.6)))
        line, string = rng.uniform(-1.0, 1.0, period), np.empty(length)
        for begin in range(0, length, period):
            string[begin : begin + period] = line[: length - begin]
            line = 0.498 * (line + np.roll(line, 1))
        sound[start : start + length] += string
        start += length
    return sound


def bells(n: int, rng: np.random.Generator) -> Samples:
    """Bells and chimes: partials that are no multiples of one another and die away."""
    sound = np.zeros(n)
    for start in rng.integers(0, n, max(1, n // SAMPLING_RATE)):
        time, hz = _time(n - int(start)), rng.uniform(200.0, 1500.0)
        for ratio, strength in ((0.5, 0.5), (1.0, 1.0), (1.19, 0.8), (1.56, 0.5), (2.0, 0.6), (2.74, 0.3)):
            sound[start:] += strength * np.sin(2.0 * np.pi * ratio * hz * time) * np.exp(-1.5 * ratio * time)
    return sound


UNHEARD: Mapping[str, Maker] = MappingProxyType(
    {
        SILENT: silence,
        "white noise": white,
        "pink noise": pink,
        "brown noise": brown,
        "pure tone": pure_tone,
        "chirp": chirp,
        "click train": click_train,
        "mains hum": mains_hum,
        "drums": drums,
        "chords": chords,
        "fiddle": fiddle,
        "guitar": guitar,
        "bells": bells,
    }
)
"""Kinds of which the shipped detector has not been taught a single one."""

TAUGHT: Mapping[str, Maker] = MappingProxyType({f"taught: {name}": make for name, make in NOISES.items()})
"""Kinds it was taught with other draws of."""

SOUNDS: Mapping[str, Maker] = MappingProxyType({**UNHEARD, **TAUGHT})


def _time(n: int) -> Samples:
    return np.arange(n) / SAMPLING_RATE


def _harmonics(turns: Samples, tilt: float, n_most: int) -> Samples:
    """Sum the harmonics of something that has turned so often, as many as the rate holds."""
    fastest = float(np.diff(turns).max()) if turns.size > 1 else 0.0
    orders = [k for k in range(1, n_most + 1) if k * fastest < 0.45]
    return np.asarray(
        sum((np.sin(2.0 * np.pi * k * turns) * k**-tilt for k in orders), start=np.zeros(turns.size))
    )
