"""From the folds of one group to its figures: importances, ranks, what keeping few features costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.evaluation.bootstrap import Interval, SpeakerDraw, draw_speakers
from emotrace.learn.evaluation.confusion import mean_recall
from emotrace.learn.evaluation.metrics import unweighted_average_recall
from emotrace.learn.explore.importance_fold import AT_RANDOM, BY_MODEL, BY_PERMUTATION, Fold, curve_sizes
from emotrace.learn.explore.names import family_of
from emotrace.learn.table import FeatureTable

Facts = dict[str, Any]
Done = Sequence[tuple[Fold, Mapping[str, Any]]]
Array = NDArray[np.float64]

_STATISTIC = re.compile(r"_(mean|median|std|skew|kurtosis|min|max)$")


def group_facts(table: FeatureTable, done: Done, k: int) -> Facts:
    """Sum up the folds of a group.

    Returns
    -------
    dict
        ``features``: every feature with ``built_in`` (share of the model's own importance) and ``permutation``
        (UAR lost on held-out speakers), each with ``mean``, ``sd`` (over folds; and repeats) and ``rank`` from 1,
        and ``n_chosen``: in how many folds it was among the ``k`` chosen by permutation. Sorted by
        permutation, then by built-in.
        ``uar``: of all features; ``selection``: of those kept, by way and size, with ``lost`` against all: a mean
        over folds with its sd, and the pooled value with its interval by a bootstrap over speakers.
        ``families``, ``statistics``: what share of the model's own importance they have together.
        ``agreement``: Spearman's correlation of both kinds of importance.
    """
    rows = [row for fold, _ in done for row in fold.test]
    speakers = [table.utterances[row].speaker for row in rows]
    truth = [table.utterances[row].emotion for row in rows]
    judge = _Judge(draw_speakers(speakers), truth, [len(fold.test) for fold, _ in done])
    built_in = np.array([result["built_in"] for _, result in done])
    lost = np.concatenate([np.array(result["permutation"]) for _, result in done])
    chosen = np.zeros(len(table.names), dtype=int)
    for _, result in done:
        chosen[result["orders"][BY_PERMUTATION][:k]] += 1
    return {
        "n_clips": len(rows),
        "n_speakers": len(set(speakers)),
        "labels": sorted(set(truth)),
        "n_folds": len(done),
        "test_speakers": [sorted({table.utterances[row].speaker for row in fold.test}) for fold, _ in done],
        "features": _rank(table.names, built_in, lost, chosen.tolist()),
        "uar": judge.score(_answers(done, "all")),
        "selection": _selection(judge, done, k, len(table.names)),
        "families": _shares(table.names, built_in, family_of),
        "statistics": _shares(table.names, built_in, _statistic_of),
        "agreement": _spearman(built_in.mean(axis=0), lost.mean(axis=0)),
    }


def _rank(names: Sequence[str], built_in: Array, lost: Array, chosen: Sequence[int]) -> list[Facts]:
    order = np.lexsort((-built_in.mean(axis=0), -lost.mean(axis=0)))
    by_model = np.argsort(-built_in.mean(axis=0), kind="stable")
    ranks = {int(column): place for place, column in enumerate(by_model, start=1)}
    return [
        {
            "name": names[column],
            "permutation": {**_spread(lost[:, column]), "rank": place},
            "built_in": {**_spread(built_in[:, column]), "rank": ranks[column]},
            "n_chosen": chosen[column],
        }
        for place, column in enumerate(order.tolist(), start=1)
    ]


def _selection(judge: _Judge, done: Done, k: int, n_features: int) -> list[Facts]:
    everything = _answers(done, "all")
    found = []
    for way in (BY_PERMUTATION, BY_MODEL, AT_RANDOM):
        for size in curve_sizes(k, n_features) if way == BY_PERMUTATION else [k]:
            answers = _answers(done, f"{way}/{size}")
            found.append(
                {
                    "by": way,
                    "n_features": size,
                    "uar": judge.score(answers),
                    "lost": judge.lost(everything, answers),
                }
            )
    return found


class _Judge:
    """Scores predictions on all tested clips: mean over folds, and pooled with an interval over speakers."""

    def __init__(self, draw: SpeakerDraw, truth: Sequence[str], sizes: Sequence[int]) -> None:
        self._draw = draw
        self._truth = truth
        self._labels = sorted(set(truth))
        self._ends = np.cumsum([0, *sizes]).tolist()

    def score(self, answers: Sequence[str]) -> Facts:
        """Give the unweighted average recall."""
        return {**_spread(self._by_fold(answers)), **_bounds(self._draw.bound(self._count(answers), mean_recall))}

    def lost(self, everything: Sequence[str], few: Sequence[str]) -> Facts:
        """Give how much less it is with few features, drawing the same speakers for both."""
        counts = np.stack([self._count(everything), self._count(few)], axis=1)
        bounds = self._draw.bound(
            counts, lambda sums: mean_recall(sums[..., 0, :, :]) - mean_recall(sums[..., 1, :, :])
        )
        return {**_spread(self._by_fold(everything) - self._by_fold(few)), **_bounds(bounds)}

    def _by_fold(self, answers: Sequence[str]) -> Array:
        spans = zip(self._ends, self._ends[1:], strict=False)
        return np.array([unweighted_average_recall(self._truth[a:b], answers[a:b]) for a, b in spans])

    def _count(self, answers: Sequence[str]) -> Array:
        index = {label: place for place, label in enumerate(self._labels)}
        # A label that is learnt but never tested is as wrong as any other.
        heard = np.array([index.get(label, len(index)) for label in answers])
        truth = np.array([index[label] for label in self._truth])
        return self._draw.count_confusions(truth, heard, len(index))


def _answers(done: Done, way: str) -> list[str]:
    return [answer for _, result in done for answer in result["answers"][way]]


def _bounds(interval: Interval) -> Facts:
    return {"pooled": _rounded(interval.value), "low": _rounded(interval.low), "high": _rounded(interval.high)}


def _shares(names: Sequence[str], built_in: Array, part_of: Callable[[str], str]) -> dict[str, float]:
    """Add up the model's own importances by a part of the name, the largest first."""
    totals: dict[str, float] = {}
    for name, share in zip(names, built_in.mean(axis=0).tolist(), strict=True):
        totals[part_of(name)] = totals.get(part_of(name), 0.0) + share
    return {part: round(total, 4) for part, total in sorted(totals.items(), key=lambda pair: -pair[1])}


def _statistic_of(name: str) -> str:
    match = _STATISTIC.search(name)
    return match[1] if match else "other"


def _spearman(one: Array, other: Array) -> float | None:
    ranks = [_ranks(values) for values in (one, other)]
    if min(rank.std() for rank in ranks) == 0.0:
        return None
    return round(float(np.corrcoef(ranks[0], ranks[1])[0, 1]), 4)


def _ranks(values: Array) -> Array:
    """Rank values, those that are equal alike."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]


def _spread(values: Array) -> Facts:
    sd = _rounded(float(values.std(ddof=1))) if values.size > 1 else None
    return {"mean": _rounded(float(values.mean())), "sd": sd}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def kept(group: Mapping[str, Any], k: int, way: str = BY_PERMUTATION) -> Mapping[str, Any]:
    """Give the entry of a group's ``selection`` that keeps ``k`` features chosen in one way."""
    entries: Sequence[Mapping[str, Any]] = group["selection"]
    return next(entry for entry in entries if (entry["by"], entry["n_features"]) == (way, k))


def summarise(facts: Mapping[str, Any]) -> str:
    """Say in one line what was found: of each group the best features and the cost of keeping few."""
    told = []
    for name, group in facts["groups"].items():
        few = kept(group, facts["k"])
        told.append(
            f"{name} UAR {group['uar']['mean']:.3f} with {facts['n_features']} features, "
            f"{few['uar']['mean']:.3f} with {facts['k']}"
        )
    return "; ".join(told)
