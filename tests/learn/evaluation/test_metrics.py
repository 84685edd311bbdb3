from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as golden

from emotrace.errors import LabelError, UsageError
from emotrace.learn.evaluation import metrics

LABELS = ("anger", "calm", "fear", "sadness")

pairs = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, "no speech"])), min_size=1, max_size=40
)


@st.composite
def distributions(draw: st.DrawFn) -> tuple[list[str], np.ndarray]:
    """Truths and probabilities, with zeros, ones and ties among them."""
    n = draw(st.integers(1, 30))
    truth = draw(st.lists(st.sampled_from(LABELS), min_size=n, max_size=n))
    cell = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]) | st.floats(0.0, 1.0)
    rows = [draw(st.lists(cell, min_size=4, max_size=4)) for _ in range(n)]
    array = np.array([row if sum(row) > 1e-6 else [1.0, 0.0, 0.0, 0.0] for row in rows])
    return truth, array / array.sum(axis=1, keepdims=True)


@st.composite
def exact_distributions(draw: st.DrawFn) -> tuple[list[str], np.ndarray]:
    """Probabilities in 64ths: they sum to 1 exactly, so ties and bin edges do not hang on rounding."""
    n = draw(st.integers(1, 30))
    truth = draw(st.lists(st.sampled_from(LABELS), min_size=n, max_size=n))
    cuts = np.array([[0, *sorted(draw(st.tuples(*[st.integers(0, 64)] * 3))), 64] for _ in range(n)])
    return truth, np.diff(cuts, axis=1) / 64.0


def occurring(truth: list[str], prediction: list[str]) -> list[str]:
    return sorted({*truth, *prediction} - {"no speech"})


@given(pairs)
def test_uar_is_sklearns_balanced_accuracy(drawn):
    truth, prediction = map(list, zip(*drawn, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # predictions of classes that are not in the truth
        expected = golden.balanced_accuracy_score(truth, prediction)
    assert metrics.unweighted_average_recall(truth, prediction) == pytest.approx(expected, abs=1e-12)
    assert metrics.unweighted_average_recall(truth, prediction, LABELS) == pytest.approx(expected, abs=1e-12)


@given(pairs)
def test_accuracy_is_sklearns(drawn):
    truth, prediction = map(list, zip(*drawn, strict=True))
    assert metrics.accuracy(truth, prediction) == pytest.approx(golden.accuracy_score(truth, prediction))


@given(pairs)
def test_macro_f1_is_sklearns(drawn):
    truth, prediction = map(list, zip(*drawn, strict=True))
    expected = golden.f1_score(
        truth, prediction, labels=occurring(truth, prediction), average="macro", zero_division=0
    )
    assert metrics.macro_f1(truth, prediction) == pytest.approx(expected, abs=1e-12)
    assert metrics.macro_f1(truth, prediction, LABELS) == pytest.approx(expected, abs=1e-12)


@given(pairs)
def test_class_scores_are_sklearns(drawn):
    truth, prediction = map(list, zip(*drawn, strict=True))
    expected = golden.precision_recall_fscore_support(
        truth, prediction, labels=list(LABELS), average=None, zero_division=0
    )
    scores = metrics.score_classes(truth, prediction, LABELS)
    assert [s.label for s in scores] == list(LABELS)
    for name, column in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [getattr(s, name) for s in scores] == pytest.approx(column.tolist(), abs=1e-12)
    assert [s.n_predicted for s in scores] == [prediction.count(label) for label in LABELS]


@given(pairs)
def test_confusion_is_sklearns(drawn):
    truth, prediction = map(list, zip(*drawn, strict=True))
    with_all = golden.confusion_matrix(truth, prediction, labels=[*LABELS, "no speech"])
    assert (metrics.confusion_matrix(truth, prediction, LABELS) == with_all[:-1, :-1]).all()
    full = metrics.confusion_matrix(truth, prediction, LABELS, with_no_speech=True)
    assert (full == with_all[:-1]).all()
    assert full.sum() == len(truth)


@given(distributions())
def test_log_loss_is_sklearns(drawn):
    truth, probabilities = drawn
    expected = golden.log_loss(truth, probabilities, labels=list(LABELS))
    assert metrics.log_loss(truth, probabilities, LABELS) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(distributions())
def test_brier_is_the_sum_of_sklearns_binary_scores(drawn):
    truth, probabilities = drawn
    expected = sum(
        golden.brier_score_loss([int(t == label) for t in truth], probabilities[:, i], pos_label=1)
        for i, label in enumerate(LABELS)
    )
    assert metrics.brier_score(truth, probabilities, LABELS) == pytest.approx(expected, abs=1e-12)


@given(exact_distributions())
def test_calibration_error_is_that_of_a_plain_loop(drawn):
    truth, probabilities = drawn
    bins: dict[int, list[tuple[float, bool]]] = {}
    for word, row in zip(truth, probabilities, strict=True):
        confidence = float(max(row))
        place = next(i for i in range(15) if confidence <= (i + 1) / 15 or i == 14)
        bins.setdefault(place, []).append((confidence, LABELS[int(np.argmax(row))] == word))
    expected = sum(abs(sum(c for c, _ in held) - sum(right for _, right in held)) for held in bins.values()) / len(
        truth
    )
    got = metrics.expected_calibration_error(truth, probabilities, LABELS)
    assert got == pytest.approx(expected, abs=1e-12)


@given(exact_distributions())
def test_risk_coverage_is_that_of_each_threshold(drawn):
    truth, probabilities = drawn
    curve = metrics.risk_coverage(truth, probabilities, LABELS)
    confidence = probabilities.max(axis=1)
    is_wrong = np.array([LABELS[i] for i in probabilities.argmax(axis=1)]) != np.array(truth)
    for threshold, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        is_kept = confidence >= threshold
        assert coverage == pytest.approx(is_kept.mean())
        assert risk == pytest.approx(is_wrong[is_kept].mean())
    assert curve.coverage[-1] == 1.0
    assert (np.diff(curve.coverage) > 0).all()
    assert (np.diff(curve.threshold) < 0).all()
    assert 0.0 <= curve.area <= 1.0


def test_risk_coverage_by_hand():
    probabilities = [[0.9, 0.1], [0.8, 0.2], [0.8, 0.2], [0.4, 0.6]]
    curve = metrics.risk_coverage(["a", "a", "b", "a"], probabilities, ["a", "b"])
    assert curve.threshold.tolist() == pytest.approx([0.9, 0.8, 0.6])
    assert curve.coverage.tolist() == [0.25, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0.0, 1 / 3, 0.5])
    assert curve.area == pytest.approx(0.5 / 3 + 0.125)


def test_absent_classes_are_left_out_of_uar():
    assert metrics.unweighted_average_recall(["anger"] * 2, ["anger", "calm"], LABELS) == 0.5


def test_no_speech_is_wrong_and_no_class():
    truth, prediction = ["anger", "anger", "calm"], ["anger", "no speech", "calm"]
    assert metrics.accuracy(truth, prediction) == pytest.approx(2 / 3)
    assert metrics.unweighted_average_recall(truth, prediction) == pytest.approx(0.75)
    assert metrics.macro_f1(truth, prediction) == pytest.approx((2 / 3 + 1) / 2)


def test_certain_mistake_costs_a_finite_loss():
    assert metrics.log_loss(["a"], [[0.0, 1.0]], ["a", "b"]) == pytest.approx(36.04, abs=0.01)


def test_float32_rows_are_scaled():
    rows = np.array([[0.3333, 0.3333, 0.3333]], dtype=np.float32)
    assert metrics.log_loss(["a"], rows, "abc") == pytest.approx(np.log(3))


SCORES = [
    metrics.unweighted_average_recall,
    metrics.accuracy,
    metrics.macro_f1,
    metrics.score_classes,
    metrics.confusion_matrix,
]


@pytest.mark.parametrize("score", SCORES)
def test_wrong_labels_are_refused(score):
    with pytest.raises(UsageError, match="truth has 2 labels but prediction has 1"):
        score(["anger", "calm"], ["anger"])
    with pytest.raises(UsageError, match="nothing to score: truth is empty"):
        score([], [])
    with pytest.raises(LabelError, match=r"truth number 1 is 'clam', .*; did you mean 'calm'"):
        score(["anger", "clam"], ["anger", "anger"], LABELS)
    with pytest.raises(LabelError, match="prediction number 0 is 'joy', which is not among the labels"):
        score(["anger"], ["joy"], LABELS)
    with pytest.raises(LabelError, match="truth number 0 is 'no speech'"):
        score(["no speech"], ["anger"])
    with pytest.raises(LabelError, match="labels must be different emotions"):
        score(["anger"], ["anger"], ["anger", "anger"])
    with pytest.raises(LabelError, match="not 'no speech'"):
        score(["anger"], ["anger"], ["anger", "no speech"])


@pytest.mark.parametrize(
    "score",
    [metrics.log_loss, metrics.brier_score, metrics.expected_calibration_error, metrics.risk_coverage],
)
def test_wrong_probabilities_are_refused(score):
    good = [[0.5, 0.5]]
    with pytest.raises(UsageError, match="nothing to score"):
        score([], np.empty((0, 2)), ["a", "b"])
    with pytest.raises(LabelError, match="truth number 0 is 'c'"):
        score(["c"], good, ["a", "b"])
    with pytest.raises(UsageError, match=r"shape \(1, 2\), but 2 utterances with 2 labels need \(2, 2\)"):
        score(["a", "b"], good, ["a", "b"])
    for bad in ([[2.0, 5.0]], [[-0.5, 1.5]], [[np.nan, 1.0]], [[np.inf, 0.0]], [[0.4, 0.5]]):
        with pytest.raises(UsageError, match=r"row 0 of the probabilities .* not logits"):
            score(["a"], bad, ["a", "b"])
