"""A made corpus of voices: speakers of different pitch, each with a few sentences in two emotions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.made_voice import RATE, make_voice

from emotrace.types import Utterance


def write_voice(path: Path, signal: np.ndarray) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, signal, RATE, subtype="PCM_16")
    return str(path)


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> list[Utterance]:
    """Six speakers with ten clips each; anger is louder and higher, and so are some people."""
    folder = tmp_path_factory.mktemp("voices")
    utterances = []
    for speaker in range(6):
        for clip in range(10):
            is_angry = clip % 2 == 1
            pitch_hz = (95.0 + 22.0 * speaker) * (1.25 if is_angry else 1.0)
            signal = make_voice(10 * speaker + clip, 0, pitch_hz, n_syllables=5)
            file = write_voice(folder / f"s{speaker}_{clip}.wav", signal * (1.0 if is_angry else 0.6))
            emotion = "anger" if is_angry else "calm"
            utterances.append(Utterance(file=file, emotion=emotion, speaker=f"s{speaker}"))
    return utterances
