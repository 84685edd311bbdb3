"""JSON: one document with everything.

A timeline is described by the JSON Schema ``emotrace/assets/timeline.schema.json``: one document per
recording, with its channels and in them every prediction. Predictions of clips are an array of records as
in ``emotrace/assets/prediction.schema.json``. Records stand one on a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from emotrace.reports._intervals import one_recording
from emotrace.reports._parse import parse_document
from emotrace.reports._records import finite_or_none, to_json
from emotrace.types import Prediction, Timeline

SUFFIX = ".json"
DESCRIPTION = "one JSON document with every prediction and its probabilities"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write the channels of one recording as one document.

    Raises
    ------
    UsageError
        If ``timelines`` are of several recordings, or there is none.
    """
    file, first = one_recording(timelines, "json"), timelines[0]
    settings = {name: finite_or_none(value) for name, value in first.settings.items()}
    head = {"file": file, "model": first.model, "labels": list(first.labels), "settings": settings}
    lines = [f" {to_json(key, stream)}: {to_json(value, stream)},\n" for key, value in head.items()]
    stream.write("{\n" + "".join(lines) + ' "channels": [\n')
    for number, timeline in enumerate(timelines):
        stream.write(",\n" if number else "")
        _write_channel(timeline, stream)
    stream.write("\n ]\n}\n")


def read_timelines(document: object) -> list[Timeline]:
    """Give the channels of a document that `write_timelines` wrote, as ``json.load`` gives it.

    Times come back to the millisecond and probabilities to four digits, as they were written; a setting that was
    written as null comes back as NaN.

    Raises
    ------
    ReportError
        If the document is not such a one; the line names the place.
    """
    return parse_document(document)


def write_predictions(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """Write all predictions as one array."""
    stream.write("[")
    _write_records(predictions, stream, margin=" ")
    stream.write("]\n")


def _write_channel(timeline: Timeline, stream: TextIO) -> None:
    head = {
        "channel": timeline.channel,
        "duration": round(timeline.duration, 3),
        "speech_seconds": round(timeline.speech_seconds, 3),
        "speech": [[round(stretch.start, 3), round(stretch.end, 3)] for stretch in timeline.speech],
    }
    stream.write("  " + to_json(head, stream)[:-1] + ',\n   "predictions": [')
    _write_records(timeline.predictions, stream, margin="    ")
    stream.write("]}")


def _write_records(predictions: Iterable[Prediction], stream: TextIO, margin: str) -> None:
    separator = "\n"
    for prediction in predictions:
        stream.write(f"{separator}{margin}{to_json(prediction.to_dict(), stream)}")
        separator = ",\n"
    if separator != "\n":
        stream.write("\n" + margin[:-1])
