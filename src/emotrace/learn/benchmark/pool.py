"""The held-out predictions of several folds, put together as if they were of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emotrace.errors import LeakError
from emotrace.labels import EMOTIONS
from emotrace.learn.benchmark.judged_fold import JudgedFold
from emotrace.learn.evaluation.predictions import Heard, OwnLabels, score_by_corpus
from emotrace.learn.training.data import is_sung
from emotrace.types import Segment


@dataclass(frozen=True)
class Pooled:
    """Predictions that may be scored together: no clip twice, and no speaker whom its model knew."""

    heard: tuple[Heard, ...]
    labels: tuple[str, ...]
    own: OwnLabels

    def score(self) -> dict[str, Any]:
        """Give ``pooled`` and ``corpora``, as of `score_by_corpus`."""
        return score_by_corpus(self.heard, self.labels, self.own, is_sung)


def pool_folds(folds: Sequence[JudgedFold]) -> Pooled:
    """Put the folds of one seed together.

    Raises
    ------
    LeakError
        If a model knew a speaker it is judged on, or a clip is judged in two folds.
    """
    heard: list[Heard] = []
    judged_in: dict[tuple[str, Segment | None], int] = {}
    for fold in folds:
        _require_unknown(fold)
        for utterance, prediction in fold.heard:
            clip = (utterance.file, utterance.segment)
            if clip in judged_in:
                raise LeakError(
                    f"{utterance.file} is judged in fold {judged_in[clip]} and again in fold {fold.fold} of seed "
                    f"{fold.seed}; a clip may count once: remove the folder of the fold that it does not belong to"
                )
            judged_in[clip] = fold.fold
            heard.append((utterance, prediction))
    return Pooled(tuple(heard), *_merge_labels(folds))


def stack_seeds(seeds: Sequence[Pooled]) -> Pooled:
    """Put the pools of several seeds together: every clip stands in it once for each seed.

    Where all seeds have judged the same clips, recall, accuracy and mean losses of the whole are the means over
    seeds, and drawing its speakers gives the interval of those means.
    """
    labels = tuple(label for label in EMOTIONS if any(label in seed.labels for seed in seeds))
    own = {corpus: _in_order(seeds, corpus) for seed in seeds for corpus in seed.own}
    return Pooled(tuple(pair for seed in seeds for pair in seed.heard), labels, own)


def _merge_labels(folds: Sequence[JudgedFold]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    labels = tuple(label for label in EMOTIONS if any(label in fold.labels for fold in folds))
    return labels, {corpus: _in_order(folds, corpus) for fold in folds for corpus in fold.own}


def _in_order(parts: Sequence[JudgedFold] | Sequence[Pooled], corpus: str) -> tuple[str, ...]:
    return tuple(label for label in EMOTIONS if any(label in part.own.get(corpus, ()) for part in parts))


def _require_unknown(fold: JudgedFold) -> None:
    for utterance, _ in fold.heard:
        names = {utterance.speaker, f"{utterance.corpus}:{utterance.speaker}"}
        if names & fold.known_speakers:
            raise LeakError(
                f"the model of seed {fold.seed}, fold {fold.fold} was trained or tuned on speaker "
                f"{utterance.speaker}, who is judged there ({utterance.file}); such scores say nothing: remove "
                "that fold's folder and let it be trained anew"
            )
