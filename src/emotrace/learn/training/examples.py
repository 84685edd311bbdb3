"""Packed utterances with what is to be learnt of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import TrainingError
from emotrace.labels import EMOTIONS, SEXES
from emotrace.learn.training.pack import Pack
from emotrace.types import Utterance


@dataclass(frozen=True)
class Examples:
    """Packed utterances with what is to be learnt of them.

    ``truth`` holds label indices, shape (n,); ``allowed`` says which labels each utterance's corpus has,
    shape (n, n_labels): the loss never judges a corpus by a label that its speakers were not asked for.
    """

    utterances: Sequence[Utterance]
    pack: Pack
    labels: tuple[str, ...]
    truth: NDArray[np.int64]
    allowed: NDArray[np.bool_]


def make_examples(utterances: Sequence[Utterance], pack: Pack, inventory: Mapping[str, set[str]]) -> Examples:
    """Number the labels; ``inventory`` gives the emotions of each corpus.

    Raises
    ------
    TrainingError
        If an utterance has an emotion that the inventory does not give its corpus.
    """
    for u in utterances:
        if u.emotion not in inventory.get(u.corpus, ()):
            raise TrainingError(
                f"{u.file}: no training speaker of corpus '{u.corpus}' has the emotion '{u.emotion}'; "
                "add clips of it, or leave this one out with data.exclude"
            )
    union = set().union(*inventory.values())
    labels = tuple(emotion for emotion in EMOTIONS if emotion in union)
    rows = {corpus: [label in emotions for label in labels] for corpus, emotions in inventory.items()}
    return Examples(
        utterances=utterances,
        pack=pack,
        labels=labels,
        truth=np.array([labels.index(u.emotion) for u in utterances], dtype=np.int64),
        allowed=np.array([rows[u.corpus] for u in utterances], dtype=bool),
    )


def make_sex_examples(utterances: Sequence[Utterance], pack: Pack) -> Examples:
    """Number the sexes of the speakers, all of which must be known; every corpus may be answered with both."""
    return Examples(
        utterances=utterances,
        pack=pack,
        labels=SEXES,
        truth=np.array([SEXES.index(str(u.sex)) for u in utterances], dtype=np.int64),
        allowed=np.ones((len(utterances), len(SEXES)), dtype=bool),
    )


def label_inventory(utterances: Sequence[Utterance]) -> dict[str, set[str]]:
    """Collect the emotions that each corpus has."""
    inventory: dict[str, set[str]] = {}
    for utterance in utterances:
        inventory.setdefault(utterance.corpus, set()).add(utterance.emotion)
    return inventory
