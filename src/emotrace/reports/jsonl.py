"""JSON lines: one record per prediction and line, as in ``emotrace/assets/prediction.schema.json``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from emotrace.reports._records import to_json
from emotrace.types import Prediction, Timeline

SUFFIX = ".jsonl"
DESCRIPTION = "one JSON record per line and prediction"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write every prediction of every timeline, one channel after the other."""
    write_predictions((p for timeline in timelines for p in timeline.predictions), stream)


def write_predictions(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """Write each prediction as it comes."""
    for prediction in predictions:
        stream.write(to_json(prediction.to_dict(), stream) + "\n")
        stream.flush()
