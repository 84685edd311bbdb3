"""Folds within the training clips, by which settings are compared: of speakers, or leaky and named so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import UsageError
from emotrace.learn.evaluation.kfold import speaker_k_fold
from emotrace.types import Utterance

FOLDS = ("speakers", "recordings-leaky", "clips-leaky")

Folds = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]


def make_folds(utterances: Sequence[Utterance], kind: str, n_folds: int, seed: int = 0) -> Folds:
    """Give the training and the tested rows of each fold; ``kind`` is one of `FOLDS`.

    Raises
    ------
    UsageError
        If the clips do not suit the folds.
    """
    if kind == "speakers":
        return speaker_folds(utterances, n_folds, seed)
    if kind == "recordings-leaky":
        return recording_folds_leaky(utterances, n_folds, seed)
    return clip_folds_leaky([u.emotion for u in utterances], n_folds, seed)


def speaker_folds(utterances: Sequence[Utterance], n_folds: int, seed: int = 0) -> Folds:
    """Divide rows into folds of whole speakers; copies of a clip go with their speaker.

    Raises
    ------
    UsageError
        If there are fewer speakers than folds, or a clip has no speaker.
    """
    speakers = np.array([utterance.speaker.strip() for utterance in utterances])
    sides = [{u.speaker.strip() for u in fold.test} for fold in speaker_k_fold(utterances, n_folds, seed)]
    tested = [np.isin(speakers, sorted(side)) for side in sides]
    return [(np.flatnonzero(~is_tested), np.flatnonzero(is_tested)) for is_tested in tested]


def clip_folds_leaky(labels: Sequence[str], n_folds: int, seed: int = 0) -> Folds:
    """Divide rows at random, alike in labels, whoever speaks: what published searches did.

    Raises
    ------
    UsageError
        If a label has fewer rows than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold

    rarest, n = min(((label, list(labels).count(label)) for label in set(labels)), key=lambda pair: pair[1])
    if n < n_folds:
        raise UsageError(f"{n_folds} folds need as many clips of every label; of '{rarest}' there are {n}")
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    return [(train, test) for train, test in folds.split(np.zeros(len(labels)), list(labels))]


def recording_folds_leaky(utterances: Sequence[Utterance], n_folds: int, seed: int = 0) -> Folds:
    """Divide recordings at random, alike in labels, whoever speaks; copies and windows go with their recording.

    Published searches did so where the copies of a clip stood side by side and rows were not shuffled.

    Raises
    ------
    UsageError
        If a label has fewer recordings than there are folds.
    """
    sources = [u.recording_id for u in utterances]
    _, first, source_of = np.unique(sources, return_index=True, return_inverse=True)
    folds = clip_folds_leaky([utterances[row].emotion for row in first], n_folds, seed)
    tested = [np.isin(source_of, test) for _, test in folds]
    return [(np.flatnonzero(~is_tested), np.flatnonzero(is_tested)) for is_tested in tested]
