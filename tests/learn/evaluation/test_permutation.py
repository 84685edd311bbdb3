"""Permutation importance: the numbers of scikit-learn, and those that can be told by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance as of_sklearn
from sklearn.utils import check_random_state

from emotrace.errors import UsageError
from emotrace.learn.evaluation import permutation as room
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.evaluation.permutation import draw_orders, permutation_importance


def orders_of_sklearn(n_clips: int, n_repeats: int, seed: int) -> NDArray[np.int64]:
    """Draw as scikit-learn does: every feature by the same seed, each repeat shuffled out of the column before."""
    own = check_random_state(check_random_state(seed).randint(np.iinfo(np.int32).max + 1))
    shuffled, order, orders = np.arange(n_clips), np.arange(n_clips), []
    for _ in range(n_repeats):
        own.shuffle(shuffled)
        order = order[shuffled]
        orders.append(order)
    return np.array(orders)


@pytest.mark.parametrize("rows_at_once", [1, 20_000])
def test_it_is_that_of_sklearn(monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    monkeypatch.setattr(room, "_ROWS_AT_ONCE", rows_at_once)
    rng = np.random.default_rng(0)
    features = rng.standard_normal((60, 5)).astype(np.float32)
    labels = np.array(["anger", "calm", "fear"])[(features[:, 0] > 0).astype(int) + (features[:, 1] > 0.5)]
    forest = RandomForestClassifier(20, random_state=0).fit(features[:40], labels[:40])
    test, truth = features[40:], labels[40:]

    def scoring(model: RandomForestClassifier, clips: NDArray[np.float32], truths: NDArray[np.str_]) -> float:
        return unweighted_average_recall(truths.tolist(), model.predict(clips).tolist())

    theirs = of_sklearn(forest, test, truth, scoring=scoring, n_repeats=4, random_state=7)
    ours = permutation_importance(forest.predict, test, truth.tolist(), orders_of_sklearn(20, 4, 7))
    np.testing.assert_allclose(ours, theirs.importances.T, atol=1e-12)
    assert theirs.importances_mean[0] > 0.1


def test_only_the_feature_that_is_looked_at_costs() -> None:
    features = np.array([[0, 5], [1, 5], [0, 6], [1, 6]], dtype=np.float32)
    truth = ["calm", "anger", "calm", "anger"]
    swapped = np.array([[1, 0, 3, 2], [0, 1, 2, 3], [1, 2, 3, 0]])

    def predict(clips: NDArray[np.float32]) -> NDArray[np.str_]:
        return np.where(clips[:, 0] > 0.5, "anger", "calm")

    lost = permutation_importance(predict, features, truth, swapped)
    assert lost.tolist() == [[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
    halved = np.array([[1, 0, 2, 3]])
    assert permutation_importance(predict, features, truth, halved, score=accuracy).tolist() == [[0.5, 0.0]]


@given(n_clips=st.integers(1, 30), n_repeats=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_orders_hold_every_clip_once(n_clips: int, n_repeats: int, seed: int) -> None:
    orders = draw_orders(n_clips, n_repeats, np.random.default_rng(seed))
    assert orders.shape == (n_repeats, n_clips)
    assert (np.sort(orders, axis=1) == np.arange(n_clips)).all()


def test_what_does_not_fit_together_is_told() -> None:
    features = np.zeros((3, 2), np.float32)
    with pytest.raises(UsageError, match=re.escape("of the same clips, got (3, 2), 2 and (1, 3)")):
        permutation_importance(lambda clips: clips[:, 0].astype(str), features, ["a", "b"], np.array([[0, 1, 2]]))
