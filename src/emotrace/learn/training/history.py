"""How a fit went: a line for each epoch of a network, or for rounds of boosting; `emotrace report` draws them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emotrace.atomic import replacing
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.models._build import load_model

HISTORY_FILE = "history.json"
MOST_ROUNDS = 50
"""More points than this make no better picture."""

Side: TypeAlias = tuple[ArrayLike, Sequence[str]]
"""Features, a row per clip, and labels."""


def history_of(model: str, estimator: Any, train: Side, validation: Side | None = None) -> list[dict[str, Any]]:
    """Tell how the fit of an estimator went.

    Parameters
    ----------
    model
        The family, for instance ``light-gbm``.
    estimator
        Fitted on ``train``.
    train, validation
        What it was fitted on, and clips that it has not seen.

    Returns
    -------
    One dict for each epoch of a network (its own ``history_``); for each of up to 50 rounds of boosting, from the
    first to the last: ``round, loss, accuracy`` and, with ``validation``, ``validation_loss, validation_accuracy,
    validation_uar``. Nothing of a family that is not fitted step by step.
    """
    module = load_model(model)
    if not hasattr(module, "staged_probabilities"):
        return list(getattr(estimator, "history_", ()))
    n_rounds = module.count_rounds(estimator)
    rounds = sorted({round(place) for place in np.linspace(1, n_rounds, min(n_rounds, MOST_ROUNDS))})
    lines: list[dict[str, Any]] = [{"round": number} for number in rounds]
    for prefix, side in (("", train), ("validation_", validation)):
        if side is not None:
            features, truth = side
            staged = module.staged_probabilities(estimator, features, rounds)
            for line, probabilities in zip(lines, staged, strict=True):
                line.update(_figures(prefix, estimator.classes_, probabilities, truth))
    return lines


def _figures(
    prefix: str, classes: NDArray[Any], probabilities: NDArray[np.float64], truth: Sequence[str]
) -> dict[str, float]:
    places = {str(label): place for place, label in enumerate(classes)}
    said = [str(classes[place]) for place in probabilities.argmax(axis=1)]
    # Nothing can be said of labels that were not learnt but that they were not recognised.
    given = [float(row[places[label]]) for row, label in zip(probabilities, truth, strict=True) if label in places]
    figures = {"accuracy": accuracy(truth, said)}
    if given:
        figures["loss"] = float(-np.log(np.clip(given, 1e-15, 1.0)).mean())
    if prefix:
        figures["uar"] = unweighted_average_recall(truth, said)
    return {f"{prefix}{name}": round(value, 6) for name, value in figures.items()}


def history_of_log(path: Path) -> list[dict[str, Any]]:
    """Read the log that `emotrace.learn.training.fit` writes, a line of JSON per epoch; nothing if there is none.

    An epoch that was begun again after an interruption counts as it was the last time; a line that a process was
    killed over is left out.
    """
    if not path.exists():
        return []
    epochs = {}
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            line = json.loads(text)
            epochs[line["epoch"]] = {key: line[key] for key in ("epoch", "loss", "validation_uar")}
    return [epochs[number] for number in sorted(epochs)]


def network_seconds(folder: Path) -> float:
    """Tell how long the network whose run is kept in a folder has been trained so far."""
    return float(sum(line.get("seconds", 0.0) for line in read_history(folder)))


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Read what `write_history` wrote into a folder; nothing if there is none."""
    path = folder / HISTORY_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def write_history(history: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write ``history.json``; where there is nothing to tell, that of an earlier training goes."""
    path = folder / HISTORY_FILE
    if not history:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as part:
        part.write_text(json.dumps(list(history), indent=1) + "\n", encoding="utf-8")
