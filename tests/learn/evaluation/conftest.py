"""Small populations of utterances: no audio is needed to divide or score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest

from emotrace.types import Utterance

EMOTIONS = ("anger", "calm", "sadness")


def people(speakers: Iterable[str], n_clips: int = 6) -> list[Utterance]:
    """Give every speaker ``n_clips`` clips; odd speakers are men."""
    return [
        Utterance(
            file=f"{speaker.replace(':', '/')}/{clip}.wav",
            emotion=EMOTIONS[clip % len(EMOTIONS)],
            speaker=speaker,
            corpus=speaker.partition(":")[0] if ":" in speaker else "",
            sex=("female", "male")[number % 2],
            sentence=f"s{clip % 2}",
            intensity=("normal", "strong")[clip % 2],
        )
        for number, speaker in enumerate(speakers, start=1)
        for clip in range(n_clips)
    ]


JOINT_SPEAKERS: dict[str, list[str]] = {
    "ravdess": [f"ravdess:{n:02d}" for n in range(1, 25)],
    "savee": [f"savee:{s}" for s in ("DC", "JE", "JK", "KL")],
    "tess": ["tess:OAF", "tess:YAF"],
    "emo-db": [f"emo-db:{s}" for s in ("03", "08", "09", *range(10, 17))],
    "crema-d": [f"crema-d:{n}" for n in range(1002, 1091)],
}


def predictions(seed: int, n: int, labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Draw truths and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(labels), n)
    logits = rng.normal(size=(n, len(labels)))
    logits[np.arange(n), truth] += 1.0
    p = np.exp(logits)
    return [labels[i] for i in truth], p / p.sum(axis=1, keepdims=True)


@pytest.fixture(scope="session")
def make_people() -> Callable[..., list[Utterance]]:
    return people


@pytest.fixture(scope="session")
def joint_people() -> list[Utterance]:
    return people([s for speakers in JOINT_SPEAKERS.values() for s in speakers])


@pytest.fixture(scope="session")
def ravdess_people() -> list[Utterance]:
    return people(JOINT_SPEAKERS["ravdess"])


@pytest.fixture(scope="session")
def savee_people() -> list[Utterance]:
    return people(JOINT_SPEAKERS["savee"])


@pytest.fixture(scope="session")
def draw_predictions() -> Callable[..., tuple[list[str], np.ndarray]]:
    return predictions
