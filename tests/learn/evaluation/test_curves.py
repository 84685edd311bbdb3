"""Curves and areas are those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from emotrace.errors import UsageError
from emotrace.learn.evaluation.curves import one_vs_rest, precision_recall_points, roc_points

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
    lambda pairs: len({is_positive for is_positive, _ in pairs}) == 2
)


@settings(max_examples=40)
@given(CASES)
def test_curves_are_those_of_scikit_learn(pairs: list[tuple[bool, int]]) -> None:
    positive, scores = np.array([p for p, _ in pairs]), np.array([s / 5 for _, s in pairs])
    false_rate, true_rate = roc_points(positive, scores)
    theirs = roc_curve(positive, scores, drop_intermediate=False)
    assert false_rate == pytest.approx(theirs[0])
    assert true_rate == pytest.approx(theirs[1])
    recall, precision = precision_recall_points(positive, scores)
    their_precision, their_recall, _ = precision_recall_curve(positive, scores)
    assert recall == pytest.approx(their_recall[::-1])
    assert precision == pytest.approx(their_precision[::-1])


@settings(max_examples=40)
@given(CASES)
def test_areas_are_those_of_scikit_learn_and_of_the_corners(pairs: list[tuple[bool, int]]) -> None:
    positive, scores = np.array([p for p, _ in pairs]), np.array([s / 5 for _, s in pairs])
    found = one_vs_rest(np.where(positive, "yes", "no").tolist(), scores[:, None], ["yes"])["labels"]["yes"]
    assert found["auc"] == pytest.approx(roc_auc_score(positive, scores))
    assert found["average_precision"] == pytest.approx(average_precision_score(positive, scores))
    x, y = (np.array(found["roc"][rate]) for rate in ("false_positive_rate", "true_positive_rate"))
    assert np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) == pytest.approx(found["auc"], abs=1e-3)


def test_many_labels() -> None:
    rng = np.random.default_rng(0)
    labels = ["a", "b", "c"]
    truth = rng.choice(labels, 200)
    probabilities = rng.dirichlet([1, 1, 1], 200) + (truth[:, None] == np.array(labels)) * 0.4
    found = one_vs_rest(truth.tolist(), probabilities, labels)
    areas = [roc_auc_score(truth == label, probabilities[:, k]) for k, label in enumerate(labels)]
    assert [curve["auc"] for curve in found["labels"].values()] == pytest.approx(areas)
    assert found["macro_auc"] == pytest.approx(np.mean(areas))
    assert found["labels"]["a"]["n_positive"] == int((truth == "a").sum())


def test_a_clip_that_is_not_judged_by_a_label_plays_no_part() -> None:
    found = one_vs_rest(["a", "b", "b"], [[0.9, 0.1], [0.2, 0.8], [np.nan, 1.0]], ["a", "b"])["labels"]
    assert (found["a"]["n"], found["b"]["n"]) == (2, 3)
    assert found["a"]["auc"] == 1.0


def test_labels_without_clips_have_no_curves() -> None:
    found = one_vs_rest(["a", "a"], [[0.9, 0.1], [0.8, 0.2]], ["a", "b"])
    assert found["labels"]["b"] == {
        "n": 2, "n_positive": 0, "auc": None, "average_precision": None, "roc": None, "precision_recall": None,
    }  # fmt: skip
    assert found["macro_auc"] is None


def test_wrong_input() -> None:
    with pytest.raises(UsageError, match=r"shape \(1, 1\) for 2 clips and 1 labels; give one row per clip"):
        one_vs_rest(["a", "b"], [[1.0]], ["a"])
    with pytest.raises(UsageError, match="at least 0 and finite"):
        one_vs_rest(["a", "b"], [[-1.0], [0.0]], ["a"])
