"""One judged fold as a file: what its model is, whom it knew, and what it said of every held-out clip."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotrace.atomic import replacing
from emotrace.errors import EmotraceError, ReportError
from emotrace.labels import NO_SPEECH
from emotrace.learn.evaluation.predictions import Heard
from emotrace.types import Prediction, Segment, Utterance

ANSWERS = "answers.json"
"""Its name in the folder of a run."""

_UTTERANCE = ("file", "emotion", "speaker", "corpus", "sex", "intensity")
_PREDICTION = ("emotion", "confidence", "uncertain", "speech_seconds")


@dataclass(frozen=True)
class JudgedFold:
    """What one model said of the speakers that were held out from it.

    Attributes
    ----------
    seed, fold
        Of the training.
    identity
        See `emotrace.learn.benchmark.plan.Plan.identity`.
    labels, own
        All labels of the model, and by corpus those that it is judged by.
    known_speakers
        Everybody it was trained or tuned on.
    heard
        The clips, files named as of `relative_name`, and what was heard in them.
    unusable
        Files that could not be judged.
    facts
        Of the training and the machine, ready for JSON.
    """

    seed: int
    fold: int
    identity: str
    labels: tuple[str, ...]
    own: Mapping[str, tuple[str, ...]]
    known_speakers: frozenset[str]
    heard: tuple[Heard, ...]
    unusable: tuple[str, ...]
    facts: Mapping[str, Any]


def write_fold(fold: JudgedFold, folder: Path) -> None:
    """Write ``answers.json`` into the folder of a run, all of it or nothing.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    """
    plain = {field.name: getattr(fold, field.name) for field in dataclasses.fields(fold)}
    plain["known_speakers"] = sorted(fold.known_speakers)
    plain["heard"] = [_to_dict(utterance, prediction) for utterance, prediction in fold.heard]
    path = folder / ANSWERS
    try:
        with replacing(path) as part:
            part.write_text(json.dumps(plain, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise EmotraceError(f"cannot write {path}: {error.strerror or error}") from None


def read_fold(path: Path) -> JudgedFold:
    """Read what `write_fold` wrote.

    Raises
    ------
    ReportError
        If it cannot be read, or is something else.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return JudgedFold(
            seed=int(plain["seed"]),
            fold=int(plain["fold"]),
            identity=str(plain["identity"]),
            labels=tuple(plain["labels"]),
            own={corpus: tuple(labels) for corpus, labels in plain["own"].items()},
            known_speakers=frozenset(plain["known_speakers"]),
            heard=tuple(_from_dict(row) for row in plain["heard"]),
            unusable=tuple(plain["unusable"]),
            facts=dict(plain["facts"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"{path}: cannot be read ({type(error).__name__}); remove it, and its fold is judged anew"
        ) from None


def _to_dict(utterance: Utterance, prediction: Prediction) -> dict[str, Any]:
    return {
        **{key: getattr(utterance, key) for key in _UTTERANCE},
        "segment": _ends(utterance.segment),
        "prediction": {
            **{key: getattr(prediction, key) for key in _PREDICTION},
            "segment": _ends(prediction.segment),
            "probabilities": dict(prediction.probabilities),
        },
    }


def _from_dict(row: Mapping[str, Any]) -> Heard:
    said = row["prediction"]
    segment, stretch = (None if ends is None else Segment(*ends) for ends in (row["segment"], said["segment"]))
    probabilities = {str(label): float(value) for label, value in said["probabilities"].items()}
    if stretch is None or bool(probabilities) == (said["emotion"] == NO_SPEECH):
        raise ValueError
    return (
        Utterance(segment=segment, **{key: row[key] for key in _UTTERANCE}),
        Prediction(segment=stretch, probabilities=probabilities, **{key: said[key] for key in _PREDICTION}),
    )


def _ends(segment: Segment | None) -> list[float] | None:
    return None if segment is None else [segment.start, segment.end]
