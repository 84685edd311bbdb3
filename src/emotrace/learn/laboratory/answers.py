"""Every single answer of a run, kept as ``emotrace evaluate`` keeps them: ``emotrace report`` can draw them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.learn._folder import replacing_contents
from emotrace.learn.evaluation.answers import answer_row, write_answers
from emotrace.learn.evaluation.evaluate import evaluate
from emotrace.learn.explore.judged import HISTORY, PREDICTIONS, REPORT
from emotrace.types import Utterance

_OF_PROBABILITIES = ("log_loss", "brier_score", "expected_calibration_error")


@dataclass(frozen=True)
class Answers:
    """What a fitted model says of its test clips.

    Attributes
    ----------
    clips
        Of a copy made by augmentation, the clip it was made from.
    prediction
        One label for each clip.
    labels
        What the model chooses between and what is true, sorted.
    probabilities
        Shape (n_clips, n_labels), rows sum to 1; None of a model that gives none.
    history
        One entry per epoch or round, of models that are trained in such.
    """

    clips: tuple[Utterance, ...]
    prediction: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: NDArray[np.float64] | None
    history: tuple[Mapping[str, Any], ...] = ()


def ask(
    estimator: Any,
    features: NDArray[np.float32],
    clips: Sequence[Utterance],
    prediction: Sequence[str],
    history: Sequence[Mapping[str, Any]] = (),
) -> Answers:
    """Gather what a fitted estimator says of ``clips``, of which its ``prediction`` is known already.

    ``history`` tells how it was fitted, see `emotrace.learn.training.history`.

    Probabilities whose highest is not the prediction for every clip are not kept: scores of the two would differ.
    """
    classes = [str(label) for label in getattr(estimator, "classes_", ())]
    labels = tuple(sorted({*classes, *prediction, *(clip.emotion for clip in clips)}))
    probabilities = None
    if classes and hasattr(estimator, "predict_proba"):
        given = np.asarray(estimator.predict_proba(features), dtype=np.float64)
        probabilities = np.zeros((len(clips), len(labels)))
        probabilities[:, [labels.index(label) for label in classes]] = given
        if [labels[best] for best in probabilities.argmax(axis=1)] != list(prediction):
            probabilities = None
    return Answers(tuple(clips), tuple(prediction), labels, probabilities, tuple(history))


def run_folder(folder: Path, claim: str, key: str) -> Path:
    """Give the folder of a run of a claim, in the ``folder`` of records.

    >>> run_folder(Path("runs"), "R1", "as claimed / cnn m7, 10 epochs / all / 0").as_posix()
    'runs/R1/as-claimed-cnn-m7-10-epochs-all-0'
    """
    return folder / claim / safe_name(key)


def safe_name(name: str) -> str:
    """Give a name in small letters that every file system takes, words joined by dashes."""
    return re.sub(r"[^\w.]+", "-", name.lower()).strip("-.")


def keep_answers(answers: Answers, about: Mapping[str, Any], folder: Path) -> None:
    """Write ``report.json``, ``predictions.csv`` and, where there is one, ``history.json`` into a folder.

    Parameters
    ----------
    answers
        What was said.
    about
        Stands at the beginning of the report: which run it is, and whether it is leaky.
    folder
        Made if it is not there; what it holds under these names is replaced.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    """
    with replacing_contents(folder) as made:
        report = {**about, **_scores(answers)}
        text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (made / REPORT).write_text(text, encoding="utf-8", errors="backslashreplace")
        with (made / PREDICTIONS).open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            write_answers(_rows(answers), stream)
        if answers.history:
            (made / HISTORY).write_text(json.dumps(answers.history, indent=1) + "\n", encoding="utf-8")


def _rows(answers: Answers) -> list[dict[str, Any]]:
    labels = () if answers.probabilities is None else answers.labels
    rows = []
    for place, (clip, predicted) in enumerate(zip(answers.clips, answers.prediction, strict=True)):
        shares = [] if answers.probabilities is None else answers.probabilities[place].tolist()
        # The report may be drawn from another folder.
        found = replace(clip, file=str(Path(clip.file).absolute()))
        rows.append(answer_row(found, predicted, dict(zip(labels, shares, strict=True)), labels))
    return rows


def _scores(answers: Answers) -> dict[str, Any]:
    corpora = [clip.corpus for clip in answers.clips]
    places = {name: [i for i, own in enumerate(corpora) if own == name] for name in sorted(set(corpora))}
    return {
        "pooled": _score(answers, range(len(corpora))),
        "corpora": {name: _score(answers, own) for name, own in places.items()},
    }


def _score(answers: Answers, rows: Sequence[int]) -> dict[str, Any]:
    clips = [answers.clips[row] for row in rows]
    said = [answers.labels.index(answers.prediction[row]) for row in rows]
    # Without probabilities, all of it on what was said: decisions are scored alike.
    certain = np.eye(len(answers.labels))[said]
    scores = evaluate(
        [clip.emotion for clip in clips],
        certain if answers.probabilities is None else answers.probabilities[list(rows)],
        answers.labels,
        [clip.speaker for clip in clips],
        utterances=clips,
    )
    if answers.probabilities is not None:
        return scores
    unknown = {key: {**scores[key], "value": None, "low": None, "high": None} for key in _OF_PROBABILITIES}
    return {**scores, **unknown, "risk_coverage": None}
