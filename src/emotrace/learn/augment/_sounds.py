"""Backgrounds made by code: pink noise, and the babble of people of whom no word is understood.

Each gives float64 of shape (n_samples,) at any rate; how loud it is does not matter.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.resample import resample
from emotrace.learn.augment._length import fit_length

Samples = NDArray[np.float64]

_N_TALKERS = 6
# First and second formants of i e a o u and a schwa in Hz (after G. E. Peterson and H. L. Barney 1952).
_VOWELS_HZ = np.array([[270, 2290], [530, 1840], [730, 1090], [570, 840], [300, 870], [500, 1500]], dtype=float)
_THIRD_FORMANT_HZ = (2_300.0, 2_900.0)
_HIGHEST_HZ = 5_000.0
# Talkers are made at this rate, whatever is asked for; formants move every 10 ms.
_RATE_HZ = 12_000
_CONTROL_SAMPLES = 120


def make_pink(n_samples: int, sampling_rate: int, rng: np.random.Generator) -> Samples:
    """Make noise whose power falls by 3 dB per octave from 20 Hz on."""
    hz = np.fft.rfftfreq(n_samples, 1.0 / sampling_rate)
    spectrum = np.fft.rfft(rng.standard_normal(n_samples)) / np.sqrt(np.maximum(hz, 20.0))
    return np.asarray(np.fft.irfft(spectrum, n_samples))


def make_babble(n_samples: int, sampling_rate: int, rng: np.random.Generator) -> Samples:
    """Make six synthetic talkers at once: voices up to 5 kHz, hisses up to 6."""
    n_made = math.ceil(n_samples * _RATE_HZ / sampling_rate) + 1
    talkers = np.sum([_make_talker(n_made, rng) for _ in range(_N_TALKERS)], axis=0)
    babble = resample(talkers.astype(np.float32), _RATE_HZ, sampling_rate)
    return fit_length(babble, n_samples).astype(np.float64)


def _make_talker(n_samples: int, rng: np.random.Generator) -> Samples:
    """Make syllables, 3 to 6 a second with pauses, of one voice: harmonics under three formants, and hisses."""
    place = np.arange(n_samples) / _RATE_HZ * rng.uniform(3.0, 6.0) + rng.uniform()
    n_syllables = int(place[-1]) + 2
    is_spoken = (rng.uniform(size=n_syllables) < 0.8)[place.astype(int)]
    middle = 1.0 - np.abs(2.0 * (place % 1.0) - 1.0)
    pitch_hz = rng.choice([rng.uniform(85.0, 150.0), rng.uniform(160.0, 250.0)])
    pitches_hz = pitch_hz * np.interp(place, np.arange(n_syllables), rng.uniform(0.85, 1.2, n_syllables))
    vowels_hz = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ), size=n_syllables)]
    voice = _voice(pitches_hz, place, vowels_hz, rng.uniform(*_THIRD_FORMANT_HZ))
    # A hiss where one syllable meets the next.
    hiss = np.diff(rng.standard_normal(n_samples + 1)) * (1.0 - middle) ** 6
    swell = middle ** rng.uniform(0.5, 1.0)
    return np.asarray(is_spoken * (swell * voice / (np.std(voice) + 1e-12) + 0.1 * hiss))


def _voice(pitches_hz: Samples, place: Samples, vowels_hz: Samples, third_hz: float) -> Samples:
    """Sum the harmonics of a gliding pitch, each as strong as the formants at that time make it."""
    slow = slice(None, None, _CONTROL_SAMPLES)
    syllables = np.arange(len(vowels_hz)) + 0.5
    formants_hz = np.stack([np.interp(place[slow], syllables, column) for column in vowels_hz.T])
    turn = np.exp(2j * np.pi * np.cumsum(pitches_hz) / _RATE_HZ)
    voice, harmonic, time = np.zeros(place.size), np.ones(place.size, complex), np.arange(place.size)
    for order in range(1, int(_HIGHEST_HZ / pitches_hz.max()) + 1):
        harmonic *= turn
        strengths = _strength(order * pitches_hz[slow], formants_hz, third_hz)
        voice += np.interp(time, time[slow], strengths) * harmonic.imag
    return voice


def _strength(hz: Samples, formants_hz: Samples, third_hz: float) -> Samples:
    """Give how strong a harmonic is: falling by 6 dB per octave, raised by the formants."""
    peaks = np.sum(1.0 / (1.0 + ((hz - formants_hz) / 80.0) ** 2), axis=0)
    third = 0.5 / (1.0 + ((hz - third_hz) / 150.0) ** 2)
    return np.asarray((0.03 + peaks + third) * 100.0 / hz)
