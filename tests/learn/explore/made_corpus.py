"""A corpus of made voices: buzzing tones, high for women, loud and wavering for anger.

Import it as ``from tests.learn.explore.made_corpus import make_corpus``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from emotrace.types import Utterance

RATE = 16_000
EMOTIONS = ("neutral", "anger")
SPEAKERS = {"ann": "female", "bea": "female", "carl": "male", "dan": "male"}
SILENT_SECONDS = 0.25


def make_voice(pitch_hz: float, gain: float, seconds: float, seed: int) -> NDArray[np.float32]:
    """Give a buzz with ten overtones between two stretches of silence."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    wobble = 1.0 + 0.02 * np.sin(2 * np.pi * 5 * times)
    phase = 2 * np.pi * np.cumsum(pitch_hz * wobble) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 11)) * np.hanning(times.size) ** 0.3
    signal = np.pad(gain * voice / np.abs(voice).max(), round(SILENT_SECONDS * RATE))
    return (signal + 0.0005 * rng.standard_normal(signal.size)).astype(np.float32)


def make_corpus(folder: Path, n_takes: int = 3) -> list[Utterance]:
    """Write the clips, and give the utterances; of each speaker and emotion there are ``n_takes``."""
    folder.mkdir(parents=True, exist_ok=True)
    utterances = []
    for s, (speaker, sex) in enumerate(SPEAKERS.items()):
        for e, emotion in enumerate(EMOTIONS):
            for take in range(n_takes):
                pitch = (220.0 if sex == "female" else 120.0) * (1.0 + 0.15 * e + 0.02 * s)
                seed = 100 * s + 10 * e + take
                voice = make_voice(pitch, 0.08 + 0.5 * e + 0.01 * take, 0.5 + 0.05 * take, seed)
                path = folder / f"{speaker}-{emotion}-{take}.wav"
                soundfile.write(path, voice, RATE, subtype="PCM_16")
                utterances.append(
                    Utterance(
                        str(path),
                        emotion,
                        speaker,
                        sex=sex,
                        intensity=None if e == 0 else ("normal", "strong")[take % 2],
                        sentence="hum",
                        text="Hum",
                        language="en",
                    )
                )
    return utterances
