"""CSV (RFC 4180, but lines end with a newline alone): one row per prediction.

The columns are those of the JSON record; the probabilities follow, one column per label
(``probability_anger``), and what is derived from them (``derived_valence``, ``derived_arousal``, from -1 to
1). All of these are empty where nobody speaks. Where the speaker's sex was asked for, its probabilities come last
(``speaker_sex_female``, ``speaker_sex_male``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TextIO

from emotrace.labels import SEXES
from emotrace.reports._columns import DERIVED, flatten, probability_columns
from emotrace.types import Prediction, Timeline

SUFFIX = ".csv"
DESCRIPTION = "one row per prediction, with a column per label"

_COLUMNS = ("file", "channel", "start", "end", "emotion", "confidence", "uncertain", "speech_seconds")
_SEXES = tuple(f"speaker_sex_{sex}" for sex in SEXES)


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write every prediction of every timeline, one channel after the other."""
    predictions = [p for timeline in timelines for p in timeline.predictions]
    named = chain.from_iterable(timeline.labels for timeline in timelines)
    heard = chain.from_iterable(p.probabilities for p in predictions)
    has_sex = any(p.speaker_sex is not None for p in predictions)
    _write_rows(predictions, list(dict.fromkeys(chain(named, heard))), has_sex, stream)


def write_predictions(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """Write each prediction as it comes.

    The first that has probabilities tells which columns there are; what comes before it (clips in which
    nobody speaks) waits for it. All predictions must be of one model, all with the speaker's sex or all without.
    """
    coming = iter(predictions)
    waiting: list[Prediction] = []
    for prediction in coming:
        waiting.append(prediction)
        if prediction.probabilities:
            break
    labels = list(waiting[-1].probabilities) if waiting else []
    has_sex = bool(waiting) and waiting[0].speaker_sex is not None
    _write_rows(chain(waiting, coming), labels, has_sex, stream)


def _write_rows(predictions: Iterable[Prediction], labels: Sequence[str], has_sex: bool, stream: TextIO) -> None:
    sexes = _SEXES if has_sex else ()
    columns = [*_COLUMNS, *probability_columns(labels), *DERIVED, *sexes]
    sparing = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    # Before Python 3.13 a lone carriage return in a name is not quoted by itself, and would end the row.
    careful = csv.DictWriter(stream, columns, restval="", lineterminator="\n", quoting=csv.QUOTE_ALL)
    sparing.writeheader()
    for prediction in predictions:
        writer = careful if "\r" in prediction.file else sparing
        writer.writerow(flatten(prediction.to_dict()))
        stream.flush()
