from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.special import softmax as golden_softmax

from emotrace.errors import LabelError, UsageError
from emotrace.learn.evaluation.calibration import (
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    apply_temperature,
    fit_temperature,
    restrict_probabilities,
    softmax,
    threshold_for_coverage,
)

logit_arrays = st.integers(1, 6).flatmap(lambda n: arrays(np.float64, (n, 4), elements=st.floats(-500, 500)))


def draw_labels(seed: int, sharpness: float, n: int = 4000, n_labels: int = 5):
    """Logits whose true temperature is ``sharpness``: the truths are drawn from softmax(logits / T)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=3.0, size=(n, n_labels))
    p = golden_softmax(logits / sharpness, axis=1)
    truth = np.array([rng.choice(n_labels, p=row) for row in p])
    return logits, truth


@given(logit_arrays)
def test_softmax_is_scipys(logits):
    np.testing.assert_allclose(softmax(logits), golden_softmax(logits, axis=1), rtol=1e-9, atol=1e-300)


@given(logit_arrays, st.lists(st.booleans(), min_size=4, max_size=4).filter(any))
def test_masked_softmax_is_the_softmax_of_what_is_allowed(logits, mask):
    is_allowed = np.array(mask)
    masked = softmax(logits, is_allowed)
    np.testing.assert_allclose(masked[:, is_allowed], golden_softmax(logits[:, is_allowed], axis=1), rtol=1e-9)
    assert (masked[:, ~is_allowed] == 0.0).all()


def test_forbidden_logits_are_not_looked_at():
    assert softmax([[0.0, 0.0, np.nan]], [[True, True, False]]).tolist() == [[0.5, 0.5, 0.0]]
    assert softmax([[0.0, 0.0, np.inf]], [True, True, False]).tolist() == [[0.5, 0.5, 0.0]]


def test_masks_differ_from_row_to_row():
    mask = [[True, False], [False, True]]
    assert softmax([[1.0, 9.0], [1.0, 9.0]], mask).tolist() == [[1.0, 0.0], [0.0, 1.0]]


@given(logit_arrays, st.lists(st.booleans(), min_size=4, max_size=4).filter(any))
def test_restricting_the_softmax_is_the_masked_softmax(logits, mask):
    logits = logits / 50.0
    np.testing.assert_allclose(
        restrict_probabilities(softmax(logits), mask), softmax(logits, mask), rtol=1e-6, atol=1e-12
    )


def test_restricted_to_impossible_labels_gives_equal_ones():
    assert restrict_probabilities([[1.0, 0.0, 0.0]], [False, True, True]).tolist() == [[0.0, 0.5, 0.5]]


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 2.5, 6.0])
def test_temperature_is_recovered(sharpness):
    assert fit_temperature(*draw_labels(0, sharpness)) == pytest.approx(sharpness, rel=0.1)


@pytest.mark.parametrize("seed", range(4))
def test_temperature_is_scipys_optimum(seed):
    logits, truth = draw_labels(seed, 1.7, n=300)

    def loss(log_temperature: float) -> float:
        return -log_softmax(logits / math.exp(log_temperature), axis=1)[np.arange(300), truth].mean()

    expected = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-10}).x
    assert math.log(fit_temperature(logits, truth)) == pytest.approx(expected, abs=1e-6)


def test_masked_labels_take_no_part_in_the_fit():
    logits, truth = draw_labels(3, 2.0)
    wide = np.hstack([logits, np.full((len(logits), 2), 40.0)])
    mask = [True] * 5 + [False] * 2
    assert fit_temperature(wide, truth, mask) == pytest.approx(fit_temperature(logits, truth), rel=1e-6)
    assert fit_temperature(wide, truth) > 10.0


def test_fit_lowers_the_loss_and_keeps_decisions():
    logits, truth = draw_labels(5, 3.0)
    temperature = fit_temperature(logits, truth)
    before, after = softmax(logits), apply_temperature(logits, temperature)
    rows = np.arange(len(truth))
    assert -np.log(after[rows, truth]).mean() < -np.log(before[rows, truth]).mean()
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
    np.testing.assert_allclose(after, golden_softmax(logits / temperature, axis=1), rtol=1e-9)


def test_fit_stops_at_its_bounds():
    logits = np.eye(3) * 5.0
    assert fit_temperature(logits, [0, 1, 2]) == pytest.approx(MIN_TEMPERATURE, rel=1e-4)
    assert fit_temperature(logits, [1, 2, 0]) == pytest.approx(MAX_TEMPERATURE, rel=1e-4)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60), st.floats(0.01, 1.0))
def test_threshold_keeps_what_was_asked_and_no_higher_one_does(confidence, coverage):
    threshold = threshold_for_coverage(confidence, coverage)
    values = np.array(confidence)
    assert (values >= threshold).mean() >= coverage - 1e-9
    assert (values > threshold).mean() < coverage


def test_full_coverage_keeps_all():
    assert threshold_for_coverage([0.3, 0.9, 0.5], 1.0) == 0.3


def test_wrong_logits_and_masks_are_refused():
    with pytest.raises(UsageError, match=r"logits must have the shape \(n, n_labels\) .* not \(2,\)"):
        softmax([1.0, 2.0])
    with pytest.raises(UsageError, match=r"not \(0, 3\)"):
        softmax(np.empty((0, 3)))
    with pytest.raises(UsageError, match="row 1, column 0 is nan; a network that gives such numbers has diverged"):
        softmax([[1.0, 2.0], [np.nan, 0.0]])
    with pytest.raises(UsageError, match=r"mask has the shape \(3,\), but must have \(1, 2\) or \(2,\)"):
        softmax([[1.0, 2.0]], [True, True, True])
    with pytest.raises(UsageError, match="the mask allows no label in row 1"):
        softmax([[1.0, 2.0]] * 2, [[True, False], [False, False]])


def test_wrong_truths_are_refused():
    logits = [[1.0, 2.0], [2.0, 1.0]]
    with pytest.raises(UsageError, match=r"must be 2 whole numbers, .* shape \(1,\)"):
        fit_temperature(logits, [0])
    with pytest.raises(UsageError, match="type float64"):
        fit_temperature(logits, [0.0, 1.0])
    for outside in (2, -1):
        with pytest.raises(
            LabelError, match=f"truth {outside} of row 1 is no column of the logits: they have 0 to 1"
        ):
            fit_temperature(logits, [0, outside])
    with pytest.raises(LabelError, match="the mask does not allow truth 1 of row 1"):
        fit_temperature(logits, [0, 1], [[True, True], [True, False]])


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_wrong_temperature_is_refused(temperature):
    with pytest.raises(UsageError, match=f"must be a positive number, not {temperature}"):
        apply_temperature([[1.0, 2.0]], temperature)


@pytest.mark.parametrize("coverage", [0.0, 1.1, math.nan])
def test_wrong_coverage_is_refused(coverage):
    with pytest.raises(UsageError, match=f"above 0 and at most 1, not {coverage}"):
        threshold_for_coverage([0.5], coverage)


def test_threshold_of_nothing_is_refused():
    with pytest.raises(UsageError, match="at least one number"):
        threshold_for_coverage([], 0.5)
