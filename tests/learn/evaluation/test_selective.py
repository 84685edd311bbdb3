from __future__ import annotations

import json

import numpy as np
import pytest

from emotrace.errors import UsageError
from emotrace.learn.evaluation.metrics import risk_coverage
from emotrace.learn.evaluation.selective import tell_risk_coverage, tell_uncertain

LABELS = ("anger", "calm", "sadness")


def test_points_are_those_of_the_curve(draw_predictions) -> None:
    truth, probabilities = draw_predictions(1, 333, LABELS)
    told = tell_risk_coverage(truth, probabilities, LABELS)
    curve = risk_coverage(truth, probabilities, LABELS)
    assert told["area"] == curve.area
    assert len(told["coverage"]) == len(told["risk"]) == len(told["threshold"]) == 20
    assert told["coverage"][-1] == 1.0
    confidence = probabilities.max(axis=1)
    wrong = np.array([LABELS[k] for k in probabilities.argmax(axis=1)]) != np.array(truth)
    for step, coverage, risk, threshold in zip(
        np.arange(1, 21) / 20, told["coverage"], told["risk"], told["threshold"], strict=True
    ):
        kept = confidence >= threshold - 1e-5
        assert step <= coverage + 1e-5 < step + 2 / 333
        assert kept.mean() == pytest.approx(coverage, abs=1e-5)
        assert wrong[kept].mean() == pytest.approx(risk, abs=1e-5)
    json.dumps(told, allow_nan=False)


def test_equal_confidences_are_one_point() -> None:
    told = tell_risk_coverage(["anger", "calm"], [[0.6, 0.4, 0.0]] * 2, LABELS, n_points=4)
    assert told["coverage"] == [1.0] * 4
    assert told["risk"] == [0.5] * 4
    with pytest.raises(UsageError, match="at least 1 point"):
        tell_risk_coverage(["anger"], [[1.0, 0.0, 0.0]], LABELS, n_points=0)


def test_the_mark_uncertain() -> None:
    told = tell_uncertain([True, True, False, False, True], [False, False, False, True, True])
    assert told == {
        "n_uncertain": 2,
        "coverage": 0.6,
        "accuracy_if_certain": pytest.approx(2 / 3),
        "accuracy_if_uncertain": 0.5,
    }
    assert tell_uncertain([True], [False])["accuracy_if_uncertain"] is None
    with pytest.raises(UsageError, match="give one of each"):
        tell_uncertain([True], [False, True])
