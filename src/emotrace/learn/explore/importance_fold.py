"""One fold of feature importance: some speakers are tested, and features are chosen on the others alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.evaluation.permutation import draw_orders, permutation_importance
from emotrace.learn.evaluation.speakers import group_speakers
from emotrace.learn.table import FeatureTable
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.folds import Folds, speaker_folds
from emotrace.types import Utterance

BY_PERMUTATION, BY_MODEL, AT_RANDOM = "permutation", "built-in", "random"
"""How features are chosen: by what shuffling them costs on inner held-out speakers; by the model's own word,
which needs none; or without looking."""

_DIGITS = 6

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Fold:
    """Rows of the table to learn from and to test on; ``nth`` counts the folds of a group from 0."""

    group: str
    nth: int
    train: tuple[int, ...]
    test: tuple[int, ...]

    @property
    def key(self) -> str:
        """How it is called among all folds."""
        return f"{self.group} / {self.nth}"


def divide(utterances: Sequence[Utterance], n_folds: int, seed: int) -> Folds:
    """Divide clips into folds of whole speakers."""
    return speaker_folds(utterances, n_folds, seed)


def curve_sizes(k: int, n_features: int) -> list[int]:
    """Say how many features are kept: ``k``, halves and the double of it, below all.

    >>> curve_sizes(20, 70), curve_sizes(2, 3)
    ([5, 10, 20, 40], [1, 2])
    """
    sizes = {k // 4, k // 2, k, 2 * k}
    return sorted(size for size in sizes if 1 <= size < n_features)


@dataclass(frozen=True)
class FoldWork:
    """Measures one fold; sent to other processes as it is."""

    table: FeatureTable
    model: str
    k: int
    n_inner_folds: int
    n_repeats: int
    seed: int

    def __call__(self, fold: Fold) -> dict[str, Any]:
        """Give what was measured, ready for JSON.

        Returns
        -------
        dict
            ``built_in`` (n_features,), the model's own importances, which sum to 1; ``permutation`` (n_repeats,
            n_features), on the tested speakers; ``orders`` of features, best first, by each way of choosing;
            ``answers``: predictions on the tested clips, by ``all`` and ``<way>/<size>``.
        """
        rng = np.random.default_rng([self.seed, fold.nth, *fold.group.encode()])
        everything = np.arange(len(self.table.names))
        whole = self._fit(fold.train, everything)
        orders = {
            BY_PERMUTATION: self._rank_on_training_speakers(fold.train, rng),
            BY_MODEL: np.argsort(-built_in_importance(whole), kind="stable"),
            AT_RANDOM: rng.permutation(everything),
        }
        answers = {"all": self._answer(whole, fold.test, everything)}
        for way, order in orders.items():
            sizes = curve_sizes(self.k, everything.size) if way == BY_PERMUTATION else [self.k]
            for size in sizes:
                chosen = np.sort(order[:size])
                answers[f"{way}/{size}"] = self._answer(self._fit(fold.train, chosen), fold.test, chosen)
        return {
            "built_in": np.round(built_in_importance(whole), _DIGITS).tolist(),
            "permutation": np.round(self._permute(whole, fold.test, rng), _DIGITS).tolist(),
            "orders": {way: order.tolist() for way, order in orders.items()},
            "answers": answers,
        }

    def _rank_on_training_speakers(self, rows: Sequence[int], rng: np.random.Generator) -> NDArray[np.int64]:
        """Order the features by what shuffling them costs on speakers held out of the training speakers."""
        own = [self.table.utterances[row] for row in rows]
        n_folds = min(self.n_inner_folds, len(group_speakers(own)))
        everything = np.arange(len(self.table.names))
        lost, leaned_on = np.zeros(everything.size), np.zeros(everything.size)
        for train, test in divide(own, n_folds, self.seed):
            fitted = self._fit([rows[i] for i in train], everything)
            lost += self._permute(fitted, [rows[i] for i in test], rng).mean(axis=0)
            leaned_on += built_in_importance(fitted)
        # Of features that cost the same, most often nothing, the model's own word decides.
        return np.lexsort((-leaned_on, -lost)).astype(np.int64)

    def _permute(self, fitted: Any, rows: Sequence[int], rng: np.random.Generator) -> NDArray[np.float64]:
        orders = draw_orders(len(rows), self.n_repeats, rng)
        truth = [self.table.utterances[row].emotion for row in rows]
        return permutation_importance(fitted.predict, self.table.matrix[list(rows)], truth, orders)

    def _fit(self, rows: Sequence[int], columns: NDArray[np.int64]) -> Any:
        return fit_classic(
            self.model,
            self.table.matrix[np.asarray(rows)[:, None], columns],
            [self.table.utterances[row] for row in rows],
            [self.table.names[column] for column in columns],
            random_state=self.seed,
        )

    def _answer(self, fitted: Any, rows: Sequence[int], columns: NDArray[np.int64]) -> list[str]:
        return [str(label) for label in fitted.predict(self.table.matrix[np.asarray(rows)[:, None], columns])]


def built_in_importance(fitted: Any) -> NDArray[np.float64]:
    """Give how much a fitted pipeline of trees leans on each feature, (n_features,), summing to 1.

    It is the impurity that the trees' cuts along the feature have removed in training; for LightGBM the gain.
    """
    trees = fitted[-1]
    # LightGBM counts cuts by default, however little they change.
    values = (
        trees.booster_.feature_importance("gain") if hasattr(trees, "booster_") else trees.feature_importances_
    )
    importances = np.asarray(values, dtype=np.float64)
    total = importances.sum()
    return importances / total if total > 0 else importances
