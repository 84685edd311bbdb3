"""How a fit went: rounds of boosting against the libraries' own figures, and logs of networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, log_loss, recall_score

from emotrace.learn.models._build import build_model
from emotrace.learn.training.history import (
    MOST_ROUNDS,
    history_of,
    history_of_log,
    network_seconds,
    read_history,
    write_history,
)

LABELS = np.array(["anger", "fear", "sadness"])


def clips(seed: int, labels: NDArray[np.str_] = LABELS) -> tuple[NDArray[np.float32], list[str]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(labels), 90)
    return (rng.standard_normal((90, 5)) + truth[:, None]).astype(np.float32), labels[truth].tolist()


@pytest.mark.parametrize("labels", [LABELS, LABELS[:2]], ids=["three labels", "two labels"])
@pytest.mark.parametrize(
    ("model", "params"),
    [("gradient-boosting", {"n_estimators": 12}), ("light-gbm", {"n_estimators": 12, "min_child_samples": 2})],
)
def test_rounds_are_what_the_model_was_after_them(
    model: str, params: dict[str, Any], labels: NDArray[np.str_]
) -> None:
    train, validation = clips(0, labels), clips(1, labels)
    estimator = build_model(model, **params).fit(*train)
    lines = history_of(model, estimator, train, validation)
    assert [line["round"] for line in lines] == list(range(1, 13))
    # What was fitted for fewer rounds is the same model.
    for place in (4, 11):
        shorter = build_model(model, **{**params, "n_estimators": place + 1}).fit(*train)
        for prefix, (features, truth) in {"": train, "validation_": validation}.items():
            given = shorter.predict_proba(features)
            expected = log_loss(truth, given, labels=shorter.classes_)
            assert lines[place][f"{prefix}loss"] == pytest.approx(expected, abs=1e-5)
            expected = accuracy_score(truth, shorter.predict(features))
            assert lines[place][f"{prefix}accuracy"] == pytest.approx(expected, abs=1e-5)
        recall = recall_score(validation[1], shorter.predict(validation[0]), average="macro")
        assert lines[place]["validation_uar"] == pytest.approx(recall, abs=1e-5)
    assert lines[-1]["loss"] < lines[0]["loss"]


def test_many_rounds_are_told_from_the_first_to_the_last() -> None:
    train = clips(0)
    estimator = build_model("light-gbm", n_estimators=173, min_child_samples=2).fit(*train)
    rounds = [line["round"] for line in history_of("light-gbm", estimator, train)]
    assert (rounds[0], rounds[-1], len(rounds)) == (1, 173, MOST_ROUNDS)


def test_clips_of_a_label_that_was_not_learnt_are_mistakes() -> None:
    train, (features, truth) = clips(0), clips(1)
    estimator = build_model("gradient-boosting", n_estimators=3).fit(*train)
    lines = history_of("gradient-boosting", estimator, train, (features, ["calm"] * len(truth)))
    assert [(line["validation_accuracy"], line["validation_uar"]) for line in lines] == [(0.0, 0.0)] * 3
    assert "validation_loss" not in lines[0]


def test_what_has_no_rounds_tells_nothing() -> None:
    train = clips(0)
    assert history_of("logistic", build_model("logistic").fit(*train), train) == []


def test_a_network_tells_its_epochs() -> None:
    features, truth = clips(0)
    wide = np.tile(features, (1, 40))
    network = build_model("conv1d", epochs=2, shrink=8).fit(wide, truth)
    assert [line["epoch"] for line in history_of("conv1d", network, (wide, truth))] == [1, 2]


def test_a_log_tells_an_epoch_that_was_begun_again_once(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert history_of_log(log) == []
    lines = [
        {"epoch": epoch, "loss": loss, "validation_uar": 0.5, "seconds": 2.0}
        for epoch, loss in [(1, 2.0), (2, 1.5), (2, 1.25)]
    ]
    whole = "".join(json.dumps(line) + "\n" for line in lines)
    # A process that is killed leaves half a line, which the next one goes on behind.
    log.write_text(whole + whole[:20] + '{"epoch": 3}\n' + "7\n\n" + '{"epoch": 4}\n' + whole[:30])
    assert history_of_log(log) == [
        {"epoch": 1, "loss": 2.0, "validation_uar": 0.5},
        {"epoch": 2, "loss": 1.25, "validation_uar": 0.5},
    ]


def test_seconds_of_all_epochs(tmp_path: Path) -> None:
    assert network_seconds(tmp_path) == 0.0
    write_history([], tmp_path)
    assert not list(tmp_path.iterdir())
    write_history([{"epoch": 1, "seconds": 2.5}, {"epoch": 2, "seconds": 0.5}], tmp_path)
    assert network_seconds(tmp_path) == 3.0


def test_the_history_of_an_earlier_training_goes(tmp_path: Path) -> None:
    write_history([{"epoch": 1, "loss": 2.5}], tmp_path)
    assert read_history(tmp_path) == [{"epoch": 1, "loss": 2.5}]
    write_history([], tmp_path)
    assert read_history(tmp_path) == []
    assert not list(tmp_path.iterdir())
