"""Judged folders are read as they were written; what is wrong with one is said."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.learn.explore.made_judged import HISTORY, LABELS, make_judged

from emotrace.errors import ReportError
from emotrace.labels import NO_SPEECH
from emotrace.learn.explore.judged import Judged, read_judged


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_judged(tmp_path / "run", history=HISTORY)


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def test_answers_and_history(folder: Path) -> None:
    (run,) = read_judged([folder])
    assert (run.name, run.labels, len(run.answers)) == ("run", LABELS, 80)
    first, last = run.answers[0], run.answers[-1]
    assert (first.emotion, first.speaker, first.sex, first.start) == ("neutral", "s0", "female", None)
    assert first.probabilities is not None
    assert sum(first.probabilities.values()) == pytest.approx(1.0)
    assert first.confidence == pytest.approx(max(first.probabilities.values()))
    assert (last.predicted, last.probabilities, last.confidence, last.is_right) == (NO_SPEECH, None, None, False)
    # ``loss`` and ``accuracy`` are those of training; what else was kept of an epoch is left out.
    assert run.history[0] == {
        "epoch": 1, "train_loss": 1.4, "train_accuracy": 0.3, "validation_loss": 1.2, "validation_accuracy": 0.4,
    }  # fmt: skip


def test_the_matrix_of_probabilities(folder: Path) -> None:
    (run,) = read_judged([folder])
    matrix = run.probability_matrix(run.answers)
    assert matrix.shape == (80, 4)
    assert matrix[:78].sum(axis=1) == pytest.approx(np.ones(78))
    assert matrix[78:].tolist() == [[0.0] * 4] * 2


def test_labels_of_another_corpus_are_no_candidates(folder: Path) -> None:
    def give_the_last_speaker_a_corpus_without_anger(text: str) -> str:
        lines = text.splitlines()
        for n, line in enumerate(lines):
            if ",s3," in line:
                cells = line.split(",")
                cells[1], cells[-1] = "other", ""
                lines[n] = ",".join(cells)
        return "\n".join(lines)

    edit(folder / "predictions.csv", give_the_last_speaker_a_corpus_without_anger)
    (run,) = read_judged([folder])
    matrix = run.probability_matrix(run.answers)
    assert np.isnan(matrix[60:, 3]).all()
    assert np.isfinite(matrix[:60]).all()
    assert matrix[79, :3].tolist() == [0.0] * 3


def test_older_runs_have_no_probabilities(folder: Path) -> None:
    edit(folder / "predictions.csv", lambda text: text.replace("p_", "x_"))
    (run,) = read_judged([folder])
    assert not run.has_probabilities
    assert run.answers[0].confidence is not None


def test_names_are_as_short_as_tells_them_apart(tmp_path: Path) -> None:
    folders = [make_judged(tmp_path / name) for name in ("a/out", "b/out", "c/best")]
    assert [run.name for run in read_judged(folders)] == ["a/out", "b/out", "best"]
    assert [run.name for run in read_judged(folders[:1] * 2)] == ["out (1)", "out (2)"]


def complain(folder: Path) -> str:
    with pytest.raises(ReportError) as error:
        read_judged([folder])
    return str(error.value).replace(str(folder), "RUN")


def test_what_is_no_judged_folder(tmp_path: Path) -> None:
    assert complain(tmp_path / "nowhere") == (
        "RUN: no such folder; give one that 'emotrace evaluate ... -o DIR' wrote"
    )
    assert (
        complain(tmp_path) == "RUN: holds no report.json; give a folder that 'emotrace evaluate ... -o DIR' wrote"
    )


def test_broken_reports(folder: Path) -> None:
    edit(folder / "report.json", lambda text: text.replace('"confusion"', '"konfusion"'))
    assert complain(folder) == (
        "RUN/report.json: 'pooled' lacks 'confusion'; it must be the report of 'emotrace evaluate'"
    )
    (folder / "report.json").write_text("[1]")
    assert complain(folder) == (
        "RUN/report.json: has no scores under 'pooled'; it must be the report of 'emotrace evaluate'"
    )
    (folder / "report.json").write_text("{")
    assert complain(folder).startswith("RUN/report.json: is no JSON: Expecting property name")


def test_broken_predictions(folder: Path) -> None:
    path = folder / "predictions.csv"
    text = path.read_text()
    path.write_text(text.replace("emotion,predicted", "emotion,guess", 1))
    assert complain(folder) == (
        "RUN/predictions.csv: has no column 'predicted'; needed are file, emotion, predicted"
    )
    lines = text.splitlines()
    lines[2] = lines[2].rpartition(",")[0] + ",much"
    path.write_text("\n".join(lines))
    assert complain(folder) == "RUN/predictions.csv: line 3, column 'p_anger': 'much' is not a number"
    path.write_text(lines[0])
    assert complain(folder) == "RUN/predictions.csv: holds no rows"
    path.write_bytes(b"\xff\xfe")
    assert complain(folder).startswith("RUN/predictions.csv: damaged table: 'utf-8' codec can't decode")
    path.unlink()
    assert complain(folder) == "RUN: holds no predictions.csv; judge again with 'emotrace evaluate'"


@pytest.mark.parametrize(
    ("history", "complaint"),
    [
        ({"epoch": 1}, "must be a list with one object per epoch, each with 'epoch' and losses"),
        ([{"loss": 1.0}], "must be a list with one object per epoch, each with 'epoch' and losses"),
        ([{"epoch": 4, "loss": "low"}], "epoch 4: 'train_loss' is 'low', not a number"),
        ([{"epoch": 4, "accuracy": True}], "epoch 4: 'train_accuracy' is True, not a number"),
        ([{"round": 4, "loss": "low"}], "round 4: 'train_loss' is 'low', not a number"),
        ([{"round": 4}, {"epoch": 5}], "must be a list with one object per round, each with 'round' and losses"),
        (["epoch"], "must be a list with one object per epoch, each with 'epoch' and losses"),
    ],
)
def test_broken_histories(tmp_path: Path, history: object, complaint: str) -> None:
    folder = make_judged(tmp_path / "run", history=history)
    assert complain(folder) == f"RUN/history.json: {complaint}"


def test_epochs_may_lack_figures(tmp_path: Path) -> None:
    folder = make_judged(tmp_path / "run", history=[{"epoch": 1, "train_loss": 2, "validation_loss": None}])
    (run,) = read_judged([folder])
    assert run.history == ({"epoch": 1, "train_loss": 2},)


def test_nothing_is_not_finite(folder: Path) -> None:
    edit(folder / "predictions.csv", lambda text: text.replace("s0,female", "s0,female", 1))
    (run,) = read_judged([folder])
    assert isinstance(run, Judged)
    assert all(math.isfinite(answer.confidence) for answer in run.answers if answer.confidence is not None)
    assert json.loads((folder / "report.json").read_text())["pooled"]["n"] == len(run.answers)
