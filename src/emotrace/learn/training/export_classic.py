"""From a fitted model of features to a bundle: calibrated, checked against the estimator, and written.

The bundle's graph begins at the features; its card names the feature set and how audio comes to it. So before
anything is written it is made sure that the features the model learned from are those that the bundle will hear,
and that the graph says what the estimator says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from emotrace.audio.load import load_segment
from emotrace.bundle import Bundle, Card, write_bundle
from emotrace.errors import TrainingError
from emotrace.features._front_end import HEARD_RATE, FrontEnd
from emotrace.labels import EMOTIONS
from emotrace.learn.evaluation.calibration import apply_temperature
from emotrace.learn.evaluation.split import Split
from emotrace.learn.models._build import export_model
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.training.calibrate import calibrate_logits
from emotrace.learn.training.card_facts import run_facts
from emotrace.learn.training.recipe_sections import Export
from emotrace.plural import plural
from emotrace.types import Utterance

MINIMUM_SECONDS = 0.1

_LEAST_PROBABILITY = 1e-6
"""Trees and neighbours give 0, which has no logarithm."""

_N_HEARD_AGAIN = 3
_TOLERANCE = 1e-3
_ANY_FRAMES = 100

Rows = NDArray[np.float32] | Sequence[NDArray[np.float32]]


def hear_features(front_end: FrontEnd, utterance: Utterance) -> NDArray[np.float32]:
    """Give the features of a clip as a bundle hears them: read at 16,000 Hz, then through the front end.

    Raises
    ------
    AudioError
        If the clip cannot be used.
    """
    signal = load_segment(utterance.file, utterance.segment, HEARD_RATE)
    return front_end.extract(signal, HEARD_RATE)


def write_classic_bundle(
    target: str | Path,
    estimator: Any,
    model: str,
    front_end: FrontEnd,
    split: Split,
    validation_features: Rows,
    export: Export,
    protocol: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> Bundle:
    """Calibrate a fitted estimator on validation speakers and write its bundle.

    Parameters
    ----------
    target
        Folder or zip; as for `emotrace.bundle.write_bundle`.
    estimator
        Fitted on features of ``split.train``; its ``classes_`` are emotions.
    model
        The name of its family, whose ``to_onnx`` writes the graph.
    front_end
        Through which the features came; see `hear_features`.
    split
        Speaker-independent; ``validation`` must not be empty.
    validation_features
        Of ``split.validation``, one row (or matrix) per clip.
    export
        Name, licence, default labels and window of the bundle.
    protocol
        How the split came about; default: its name.
    training
        Further facts for the card, for instance ``{"preset": "s4", "seed": 0}``.
    metrics
        Scores, if they are known already.

    Returns
    -------
    The bundle as it was written.

    Raises
    ------
    TrainingError
        If there is nobody to calibrate on, a validation clip has an emotion that the model does not know, the
        features are not those that the bundle would hear, or the graph does not say what the estimator says.
    BundleError
        As `write_bundle`.
    """
    labels = _labels(estimator)
    truth, allowed = _truth(split, labels)
    _require_same_features(front_end, split.validation, validation_features)
    columns = [list(estimator.classes_).index(label) for label in labels]
    raw = np.asarray(estimator.predict_proba(validation_features), dtype=np.float64)[:, columns]
    logits = np.log(np.maximum(raw, _LEAST_PROBABILITY))
    calibration = calibrate_logits(logits, truth, allowed, labels, [u.corpus for u in split.validation], export)
    shape = front_end.facts["shape"]
    graph = _finish(_export(model, estimator, shape), columns, calibration["temperature"], shape)
    card = Card(
        kind="emotion",
        labels=labels,
        default_labels=export.default_labels,
        sampling_rate=HEARD_RATE,
        minimum_seconds=MINIMUM_SECONDS,
        features=front_end.facts,
        calibration=calibration,
        training={"model": model, **(training or {})},
        metrics=metrics or {},
        **run_facts(
            export, split, {"protocol": split.name or "speaker-independent"} if protocol is None else protocol
        ),
    )
    model_bytes = graph.SerializeToString()
    unwritten = Bundle(card=card, model_bytes=model_bytes, path=Path(target))
    _require_parity(unwritten, validation_features, apply_temperature(logits, calibration["temperature"]))
    return write_bundle(target, card, model_bytes)


def _labels(estimator: Any) -> tuple[str, ...]:
    known = {str(label) for label in estimator.classes_}
    foreign = sorted(known - set(EMOTIONS))
    if foreign:
        raise TrainingError(
            f"the model names {', '.join(foreign)}, which are no emotions of emotrace; fit it on the emotions of "
            f"the utterances ({', '.join(EMOTIONS)})"
        )
    return tuple(emotion for emotion in EMOTIONS if emotion in known)


def _truth(split: Split, labels: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give the column of each validation clip's emotion, and the columns that its corpus has."""
    if not split.validation:
        raise TrainingError(
            f"split '{split.name}' has no validation speakers to calibrate on; hold some training speakers out"
        )
    own: dict[str, set[str]] = {}
    for utterance in (*split.train, *split.validation):
        own.setdefault(utterance.corpus, set()).add(utterance.emotion)
    for utterance in split.validation:
        if utterance.emotion not in labels:
            raise TrainingError(
                f"{utterance.file}: has the emotion '{utterance.emotion}', which the model was not trained on; "
                "add training clips of it, or leave this one out"
            )
    truth = np.array([labels.index(u.emotion) for u in split.validation], dtype=np.int64)
    allowed = np.array([[label in own[u.corpus] for label in labels] for u in split.validation])
    return truth, allowed


def _require_same_features(front_end: FrontEnd, utterances: Sequence[Utterance], rows: Rows) -> None:
    if len(rows) != len(utterances):
        given = f"{len(rows)} {plural(len(rows), 'clip')}"
        raise TrainingError(f"there are features of {given}, but {len(utterances)} validation clips")
    for utterance, given in zip(utterances[:_N_HEARD_AGAIN], rows, strict=False):
        heard = hear_features(front_end, utterance)
        margin = _TOLERANCE * (np.abs(heard) + 0.1 * np.abs(heard).max())
        if heard.shape != np.shape(given) or (np.abs(heard - given) > margin).any():
            raise TrainingError(
                f"{utterance.file}: the features given are not those that the bundle would hear "
                f"({front_end.facts['set']} of audio at {HEARD_RATE} Hz, trim_db {front_end.facts['trim_db']}); "
                "extract them with hear_features, and fit the model on such features"
            )


def _export(model: str, estimator: Any, shape: Sequence[int | None]) -> onnx.ModelProto:
    sizes = tuple(_ANY_FRAMES if length is None else length for length in shape)
    return export_model(model, estimator, sizes[0] if len(sizes) == 1 else sizes)


def _finish(
    model: onnx.ModelProto, columns: list[int], temperature: float, shape: Sequence[int | None]
) -> onnx.ModelProto:
    """Put the labels into the order of the card, and cool the probabilities by the temperature."""
    graph = Graph()
    ordered = graph.add("Gather", graph.embed(model), graph.constant(columns, np.int64), axis=1)
    floored = graph.add("Max", ordered, graph.constant(_LEAST_PROBABILITY, np.float32))
    cooled = graph.add("Div", graph.add("Log", floored), graph.constant(temperature, np.float32))
    return graph.finish(graph.add("Softmax", cooled, axis=1), shape, len(columns))


def _require_parity(bundle: Bundle, rows: Rows, expected: NDArray[np.float64]) -> None:
    given = np.concatenate([bundle.predict(np.asarray(row, dtype=np.float32)[np.newaxis]) for row in rows])
    worst = float(np.abs(given - expected).max())
    if worst > _TOLERANCE:
        raise TrainingError(
            f"the graph of the model '{bundle.card.training['model']}' differs from what was fitted by up to "
            f"{worst:.2g} on the validation clips; please report this with the versions of the libraries"
        )
