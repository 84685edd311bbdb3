"""What is kept of a model that tells no probabilities, or others than it decides by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier

from emotrace.learn.explore.judged import Judged, read_judged
from emotrace.learn.explore.judged_facts import judged_facts
from emotrace.learn.laboratory.answers import ask, keep_answers, safe_name
from emotrace.types import Utterance

_RNG = np.random.default_rng(0)
_TRUTH = ["anger", "calm"] * 10
_FEATURES = (_RNG.standard_normal((20, 3)) + np.array([[1.0], [-1.0]] * 10)).astype(np.float32)


def _judge(learner: object, folder: Path) -> Judged:
    estimator = learner.fit(_FEATURES, _TRUTH)  # type: ignore[attr-defined]
    clips = [Utterance(f"{n}.wav", truth, f"s{n % 4}", corpus="mine") for n, truth in enumerate(_TRUTH)]
    prediction = [str(label) for label in estimator.predict(_FEATURES)]
    assert 0 < sum(a == b for a, b in zip(prediction, _TRUTH, strict=True)) < 20
    keep_answers(ask(estimator, _FEATURES, clips, prediction), {"claim": "mine"}, folder)
    (judged,) = read_judged([folder])
    assert [answer.predicted for answer in judged.answers] == prediction
    accuracy = sum(answer.is_right for answer in judged.answers) / 20
    assert judged.report["pooled"]["accuracy"]["value"] == pytest.approx(accuracy)
    return judged


@pytest.mark.parametrize(
    "learner",
    [
        RidgeClassifier(),
        # It decides for calm only if that is all but certain, whatever its probabilities.
        FixedThresholdClassifier(LogisticRegression(), threshold=0.95, pos_label="calm"),
    ],
)
def test_probabilities_that_do_not_decide_are_not_kept(learner: object, tmp_path: Path) -> None:
    judged = _judge(learner, tmp_path / "run")
    assert not judged.has_probabilities
    assert judged.report["pooled"]["log_loss"] == {"value": None, "low": None, "high": None}
    facts = judged_facts(judged)
    assert (facts["curves"], facts["reliability"], facts["risk_coverage"]) == (None, None, None)
    assert (tmp_path / "run" / "predictions.csv").read_text().splitlines()[0].endswith(",start,end")


def test_probabilities_that_decide_are_kept(tmp_path: Path) -> None:
    judged = _judge(LogisticRegression(), tmp_path / "run")
    assert judged.has_probabilities
    assert judged_facts(judged)["curves"]["macro_auc"] > 0.5


def test_what_another_run_had_there_is_replaced(tmp_path: Path) -> None:
    _judge(LogisticRegression(), tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    assert not _judge(RidgeClassifier(), tmp_path / "run").has_probabilities
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_names_are_safe() -> None:
    assert safe_name("as claimed / ../Über: CNN, 10 / all / 0") == "as-claimed-..-über-cnn-10-all-0"
