"""From predictions of clips to the scores of each corpus, among the labels that are its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from emotrace.labels import restrict
from emotrace.learn.evaluation.evaluate import evaluate
from emotrace.types import Prediction, Utterance

Heard = tuple[Utterance, Prediction]
"""A clip, and what was heard in it."""

OwnLabels = Mapping[str, Sequence[str]]
"""The labels that each corpus is judged by."""


def score_by_corpus(
    heard: Sequence[Heard], labels: Sequence[str], own: OwnLabels, is_sung: Callable[[str], bool]
) -> dict[str, Any]:
    """Score each corpus by itself, and all speech together.

    Parameters
    ----------
    heard
        At least one clip with its prediction.
    labels
        All that predictions may choose between. A prediction without a probability for one of them gives it none.
    own
        By corpus, the labels of ``labels`` that it is judged by.
    is_sung
        Says of a corpus whether it is song, which is left out of what is pooled unless there is nothing else.

    Returns
    -------
    dict
        ``pooled`` and, by name, ``corpora``: scores as of `evaluate`.
    """
    corpora = sorted({utterance.corpus for utterance, _ in heard})
    sung = {corpus for corpus in corpora if is_sung(corpus)}
    spoken = [pair for pair in heard if pair[0].corpus not in sung] or heard
    return {
        "pooled": score_predictions(spoken, labels, own),
        "corpora": {
            corpus or "(no corpus)": score_predictions([p for p in heard if p[0].corpus == corpus], labels, own)
            for corpus in corpora
        },
    }


def score_predictions(heard: Sequence[Heard], labels: Sequence[str], own: OwnLabels) -> dict[str, Any]:
    """Score predictions, each among its corpus's own labels.

    Parameters are as of `score_by_corpus`, the result as of `evaluate`.
    """
    known = [label for label in labels if any(label in own[u.corpus] for u, _ in heard)]
    uniform = dict.fromkeys(known, 1.0 / len(known))
    absent = dict.fromkeys(known, 0.0)
    chosen = [restrict({**absent, **p.probabilities} if p.is_speech else uniform, known) for _, p in heard]
    return evaluate(
        [u.emotion for u, _ in heard],
        np.array([[row[label] for label in known] for row in chosen]),
        known,
        [u.speaker for u, _ in heard],
        utterances=[u for u, _ in heard],
        mask=np.array([[label in own[u.corpus] for label in known] for u, _ in heard]),
        is_no_speech=np.array([not p.is_speech for _, p in heard]),
        is_uncertain=np.array([p.uncertain for _, p in heard]),
    )
