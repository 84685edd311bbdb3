"""A table of made features: some tell the emotion, one only for women, one only within a speaker, most nothing.

Import it as ``from tests.learn.explore.made_features import make_features``.
"""

from __future__ import annotations

import numpy as np

from emotrace.learn.table import FeatureTable
from emotrace.types import Utterance

NAMES = ("telling_mean", "women_std", "speaker_mean", *(f"noise_{n}_max" for n in range(5)))
EMOTIONS = ("anger", "calm", "sadness")


def make_features(n_speakers: int = 8, n_clips: int = 12, seed: int = 0) -> FeatureTable:
    """Give the table; speakers are women and men in turn, ``n_clips`` of each emotion are of each speaker."""
    rng = np.random.default_rng(seed)
    utterances, rows = [], []
    for s in range(n_speakers):
        sex = ("female", "male")[s % 2]
        for e, emotion in enumerate(EMOTIONS):
            for take in range(n_clips):
                row = rng.standard_normal(len(NAMES))
                row[0] += 1.5 * e
                row[1] += 3.0 * (e == 1) * (sex == "female")
                # Tells who speaks, and emotion by another rule for everybody.
                row[2] = 10.0 * s + 3.0 * ((e + s) % 3) + 0.1 * row[2]
                rows.append(row)
                utterances.append(Utterance(f"{s}-{emotion}-{take}.wav", emotion, f"x:{s}", sex=sex))
    return FeatureTable(NAMES, np.array(rows, dtype=np.float32), tuple(utterances))
