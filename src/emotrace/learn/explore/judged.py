"""What judging left behind, read back: scores, every single answer, and how training went.

A judged folder is what ``emotrace evaluate`` writes, and ``emotrace reproduce`` for every run: ``report.json`` and
``predictions.csv``; a ``history.json`` beside them holds one entry per epoch.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.errors import ReportError
from emotrace.labels import NO_SPEECH

REPORT, PREDICTIONS, HISTORY = "report.json", "predictions.csv", "history.json"
PROBABILITY_PREFIX = "p_"
"""What the names of the columns with probabilities begin with: ``p_anger``."""

_NEEDED_COLUMNS = ("file", "emotion", "predicted")
_NEEDED_SCORES = ("n", "labels", "confusion", "unweighted_average_recall", "accuracy", "macro_f1", "per_class")
_HISTORY_KEYS = {
    "train_loss": ("train_loss", "loss"),
    "validation_loss": ("validation_loss",),
    "train_accuracy": ("train_accuracy", "accuracy"),
    "validation_accuracy": ("validation_accuracy",),
    "validation_uar": ("validation_uar",),
}


@dataclass(frozen=True)
class Answer:
    """One clip: what it is, what was said of it, and how surely.

    ``probabilities`` are by label, among those the clip's corpus is judged by; empty where they are not known or
    nobody was heard. ``start`` and ``end`` bound a stretch of the file in seconds, None for all of it.
    """

    file: str
    emotion: str
    predicted: str
    corpus: str = ""
    speaker: str = ""
    sex: str = ""
    intensity: str = ""
    confidence: float | None = None
    start: float | None = None
    end: float | None = None
    probabilities: Mapping[str, float] | None = None

    @property
    def is_right(self) -> bool:
        """Whether the answer is the truth."""
        return self.emotion == self.predicted


@dataclass(frozen=True)
class Judged:
    """One judged folder; ``history`` is empty where there is none. The name of a leaky one says so."""

    name: str
    report: Mapping[str, Any]
    answers: tuple[Answer, ...]
    history: tuple[Mapping[str, float], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that were chosen between."""
        return tuple(self.report["pooled"]["labels"])

    @property
    def is_leaky(self) -> bool:
        """Whether speakers it was judged on were heard in training, so that its figures promise too much."""
        return self.report.get("is_leaky") is True

    @property
    def has_probabilities(self) -> bool:
        """Whether the answers say more than which label was chosen."""
        return any(answer.probabilities for answer in self.answers)

    def probability_matrix(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        """Give probabilities, shape (n, n_labels): NaN for labels a clip's corpus is not judged by, 0 for all
        others of a clip in which nobody was heard."""
        own: dict[str, set[str]] = {}
        for answer in self.answers:
            own.setdefault(answer.corpus, set()).update(answer.probabilities or ())
        return np.array(
            [
                [
                    (answer.probabilities or {}).get(label, 0.0 if label in own[answer.corpus] else math.nan)
                    for label in self.labels
                ]
                for answer in answers
            ],
            dtype=np.float64,
        ).reshape(len(answers), len(self.labels))


def read_judged(folders: Sequence[Path]) -> list[Judged]:
    """Read judged folders; their names are as short as tells them apart.

    Raises
    ------
    ReportError
        If one is not what ``emotrace evaluate`` writes.
    """
    return [_read(folder, name) for folder, name in zip(folders, _short_names(folders), strict=True)]


def _read(folder: Path, name: str) -> Judged:
    if not folder.is_dir():
        raise ReportError(f"{folder}: no such folder; give one that 'emotrace evaluate ... -o DIR' wrote")
    report = _read_json(folder / REPORT, "give a folder that 'emotrace evaluate ... -o DIR' wrote")
    _check_report(folder / REPORT, report)
    history = _read_json(folder / HISTORY, "") if (folder / HISTORY).exists() else []
    name = f"{name} (leaky)" if report.get("is_leaky") is True else name
    return Judged(
        name, report, tuple(_read_answers(folder / PREDICTIONS)), tuple(_read_steps(history, folder / HISTORY))
    )


def _read_json(path: Path, advice: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReportError(f"{path.parent}: holds no {path.name}; {advice}") from None
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ReportError(f"{path}: is no JSON: {' '.join(str(error).split())}") from None


def _check_report(path: Path, report: Any) -> None:
    pooled = report.get("pooled") if isinstance(report, dict) else None
    if not isinstance(pooled, dict):
        raise ReportError(f"{path}: has no scores under 'pooled'; it must be the report of 'emotrace evaluate'")
    missing = [key for key in _NEEDED_SCORES if key not in pooled]
    if missing:
        raise ReportError(f"{path}: 'pooled' lacks '{missing[0]}'; it must be the report of 'emotrace evaluate'")


def _read_answers(path: Path) -> list[Answer]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            columns = reader.fieldnames or []
            missing = [column for column in _NEEDED_COLUMNS if column not in columns]
            if missing:
                raise ReportError(f"{path}: has no column '{missing[0]}'; needed are {', '.join(_NEEDED_COLUMNS)}")
            answers = [_answer(row, f"{path}: line {reader.line_num}") for row in reader]
    except FileNotFoundError:
        raise ReportError(f"{path.parent}: holds no {path.name}; judge again with 'emotrace evaluate'") from None
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReportError(f"{path}: damaged table: {error}") from None
    if not answers:
        raise ReportError(f"{path}: holds no rows")
    return answers


def _answer(row: Mapping[str, str | None], where: str) -> Answer:
    def number(column: str) -> float | None:
        cell = row.get(column)
        if not cell:
            return None
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ReportError(f"{where}, column '{column}': '{cell}' is not a number")
        return value

    probabilities = {
        column.removeprefix(PROBABILITY_PREFIX): value
        for column in row
        if column is not None and column.startswith(PROBABILITY_PREFIX) and (value := number(column)) is not None
    }
    texts = {name: row.get(name) or "" for name in (*_NEEDED_COLUMNS, "corpus", "speaker", "sex", "intensity")}
    return Answer(
        **texts,
        confidence=number("confidence"),
        start=number("start"),
        end=number("end"),
        probabilities=None if texts["predicted"] == NO_SPEECH else probabilities,
    )


def _read_steps(entries: Any, path: Path) -> list[dict[str, float]]:
    """Give the epochs of a history, or the rounds of boosting: ``epoch`` or ``round`` and those of
    ``train_loss, validation_loss, train_accuracy, validation_accuracy, validation_uar`` that it has (``loss`` and
    ``accuracy`` are those of training).

    Raises
    ------
    ReportError
        If it is not a list of entries with numbers.
    """
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    step = "round" if is_list and entries and "round" in entries[0] else "epoch"
    if not is_list or not all(step in entry for entry in entries):
        raise ReportError(f"{path}: must be a list with one object per {step}, each with '{step}' and losses")
    epochs = []
    for entry in entries:
        found = {step: entry[step]}
        for ours, theirs in _HISTORY_KEYS.items():
            values = [entry[key] for key in theirs if entry.get(key) is not None]
            if values:
                found[ours] = values[0]
        bad = [
            key for key, value in found.items() if isinstance(value, bool) or not isinstance(value, int | float)
        ]
        if bad:
            raise ReportError(f"{path}: {step} {entry[step]}: '{bad[0]}' is {found[bad[0]]!r}, not a number")
        epochs.append(found)
    return epochs


def _short_names(folders: Sequence[Path]) -> list[str]:
    paths = [folder.resolve() for folder in folders]
    names = [path.name for path in paths]
    for depth in range(2, 12):
        if len(set(names)) == len(names):
            return names
        repeated = {name for name in names if names.count(name) > 1}
        names = ["/".join(p.parts[-depth:]) if n in repeated else n for p, n in zip(paths, names, strict=True)]
    # The same folder twice.
    return [f"{path.name} ({place})" for place, path in enumerate(paths, start=1)]
