"""Made corpora: sounds that differ by emotion, by speakers of different pitch, under the corpora's own names.

Import it as ``from tests.made_corpora import make_corpora``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000
N_EMOTIONS = 8


def make_corpora(root: Path) -> Path:
    """Write a little of ravdess, tess, savee and emov-db into sub-folders of ``root``, and give it."""
    for actor in range(1, 9):
        for emotion in range(1, N_EMOTIONS + 1):
            for take in (1, 2):
                name = f"03-01-{emotion:02d}-01-01-{take:02d}-{actor:02d}.wav"
                _write(root / "ravdess" / f"Actor_{actor:02d}" / name, emotion, actor, take, 0.9)
    codes = ["neutral", "happy", "sad", "angry", "fear", "disgust", "ps"]
    for number, who in enumerate(("OAF", "YAF")):
        for emotion, code in enumerate(codes):
            for take, word in enumerate(("back", "bar")):
                _write(root / "tess" / f"{who}_{word}_{code}.wav", emotion, number, take, 0.4)
    for number, who in enumerate(("DC", "JE", "JK", "KL")):
        for emotion, code in enumerate(("n", "h", "sa", "a", "f", "d", "su")):
            for take in (1, 2):
                _write(root / "savee" / who / f"{code}{take:02d}.wav", emotion, number, take, 0.4)
    for number, who in enumerate(("bea", "jenie", "josh", "sam")):
        for emotion, (folder, code) in enumerate(
            (("Amused", "amused"), ("Neutral", "neutral"), ("Sleepy", "sleepy"))
        ):
            for take in (1, 2):
                name = f"{who}_{code}_{take:05d}.wav"
                _write(root / "emov-db" / who / folder / name, emotion, number, take, 2.6)
    return root


def _write(path: Path, emotion: int, speaker: int, take: int, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, _voice(emotion, speaker, take, seconds), RATE, subtype="PCM_16")


def _voice(emotion: int, speaker: int, take: int, seconds: float) -> NDArray[np.float64]:
    rng = np.random.default_rng([emotion, speaker, take])
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 120.0 + 12.0 * speaker
    tone = np.sin(2 * np.pi * pitch * (1 + emotion) * time) * (1 + 0.5 * np.sin(2 * np.pi * (1 + emotion) * time))
    return 0.2 * tone + 0.01 * rng.standard_normal(time.size)
