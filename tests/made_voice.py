"""A made voice: harmonics of a moving pitch through moving formants, syllable by syllable, in different takes.

Import it as ``from tests.made_voice import make_voice``.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Signal = NDArray[np.float32]


def make_voice(sentence: int, take: int = 0, pitch_hz: float = 140.0, n_syllables: int = 8) -> Signal:
    """Say a sentence, about 2 s; another take of it differs in timing, melody and formants as people's do.

    Everything is drawn from ``sentence`` and ``take``: equal arguments give equal samples.
    """
    words, how = np.random.default_rng([sentence]), np.random.default_rng([sentence, take])
    lengths = words.uniform(0.12, 0.3, n_syllables) * np.exp(how.normal(0.0, 0.2, n_syllables))
    tones = pitch_hz * 2.0 ** ((words.normal(0.0, 2.0, n_syllables) + how.normal(0.0, 1.5, n_syllables)) / 12.0)
    vowels = np.stack([words.uniform(*band, n_syllables) for band in ((300, 800), (900, 2300), (2400, 3200))])
    vowels = vowels * np.exp(how.normal(0.0, 0.03, vowels.shape))
    middles = np.cumsum(lengths) - lengths / 2.0
    time = np.arange(round((lengths.sum() + 0.3) * RATE)) / RATE
    pitch = np.interp(time - 0.15, middles, tones)
    phase = 2.0 * np.pi * np.cumsum(pitch) / RATE
    formants = [np.interp(time - 0.15, middles, band) for band in vowels]
    voice = np.zeros(time.size)
    for harmonic in range(1, round(3_800.0 / pitch.min())):
        gain = sum(1.0 / (1.0 + ((harmonic * pitch - formant) / 90.0) ** 2) for formant in formants)
        voice += gain * (harmonic * pitch < 3_900.0) * np.sin(harmonic * phase)
    edges = np.concatenate([[0.0], np.cumsum(lengths)]) + 0.15
    loud = np.zeros(time.size)
    for start, end in itertools.pairwise(edges):
        within = (time >= start) & (time < end)
        loud[within] = np.sin(np.pi * (time[within] - start) / (end - start)) ** 0.7
    voice = 0.3 * voice * loud / np.abs(voice).max() + 1e-4 * how.standard_normal(time.size)
    return voice.astype(np.float32)
