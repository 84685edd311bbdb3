"""CSV (RFC 4180, but lines end with a newline alone): one row per turn.

The columns are those of a turn in the call's JSON; the probabilities follow, one column per label
(``probability_anger``), then what is derived of them (``derived_valence``, ``derived_arousal``). Cells of what was
not judged or could not be measured are empty.
"""

from __future__ import annotations

import csv
from typing import TextIO

from emotrace.calls.call import Call
from emotrace.reports._columns import DERIVED, flatten, probability_columns

SUFFIX = ".csv"

_COLUMNS = (
    *("file", "turn", "party", "start", "end", "speech_seconds", "emotion", "confidence", "uncertain"),
    *("level_dbfs", "level_change_db", "syllables_per_second", "pitch_median_hz", "pitch_low_hz", "pitch_high_hz"),
    *("pitch_range_semitones", "interrupts", "text"),
)


def write_call(call: Call, stream: TextIO) -> None:
    """Write every turn."""
    columns = [*_COLUMNS, *probability_columns(call.labels), *DERIVED]
    # Before Python 3.13 a lone carriage return in a name is not quoted by itself, and would end the row.
    careful = csv.DictWriter(stream, columns, restval="", lineterminator="\n", quoting=csv.QUOTE_ALL)
    sparing = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer = careful if "\r" in call.file else sparing
    writer.writeheader()
    for turn in call.turns:
        writer.writerow({"file": call.file, **flatten(turn.to_dict())})
