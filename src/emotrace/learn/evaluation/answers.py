"""The table of single answers, ``predictions.csv``: what each clip is, and what was said of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from emotrace.types import Utterance


def answer_row(
    utterance: Utterance,
    predicted: str,
    probabilities: Mapping[str, float],
    labels: Sequence[str],
    speech_seconds: float | None = None,
) -> dict[str, Any]:
    """Give one clip's row of the table.

    Parameters
    ----------
    utterance
        The clip.
    predicted
        What was said of it: a label, or *no speech*.
    probabilities
        By label, among those the clip is judged by; empty where nobody was heard or they are not known.
    labels
        Of all rows: each has a column.
    speech_seconds
        How much of the clip is speech; None where nobody asked.
    """
    return {
        "file": utterance.file,
        "corpus": utterance.corpus,
        "speaker": utterance.speaker,
        "sex": utterance.sex or "",
        "intensity": utterance.intensity or "",
        "emotion": utterance.emotion,
        "predicted": predicted,
        "confidence": round(probabilities[predicted], 4) if probabilities else "",
        "speech_seconds": "" if speech_seconds is None else round(speech_seconds, 3),
        "start": "" if utterance.segment is None else utterance.segment.start,
        "end": "" if utterance.segment is None else utterance.segment.end,
        # Empty for labels that the clip is not judged by.
        **{f"p_{label}": round(probabilities[label], 6) if label in probabilities else "" for label in labels},
    }


def write_answers(rows: Sequence[Mapping[str, Any]], stream: TextIO) -> None:
    """Write rows of `answer_row`, at least one, as CSV."""
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
