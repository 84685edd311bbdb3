"""Read an utterance out of a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from emotrace.errors import LabelError, suggest
from emotrace.labels import canonical
from emotrace.manifest.row import Row
from emotrace.types import Segment, Utterance

UNKNOWN_SPEAKER = "unknown"
"""The one speaker of all rows whose speaker is not known."""

_SEXES = {"female": "female", "f": "female", "male": "male", "m": "male", "unknown": None}
_SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


def row_to_utterance(row: Row, folder: Path) -> Utterance:
    """Give the utterance that a row describes.

    Parameters
    ----------
    row
        As read.
    folder
        Where relative paths start: the manifest's folder.

    Raises
    ------
    ManifestError
        Naming line and column, if a cell makes no sense.
    """
    file = row.text("file")
    if file is None:
        raise row.error("file", "no file given")
    emotion, source_label = _emotion(row)
    return Utterance(
        file=str(folder / file),
        emotion=emotion,
        speaker=row.text("speaker") or UNKNOWN_SPEAKER,
        segment=_segment(row),
        corpus=row.text("corpus") or "",
        sex=_one_of(row, "sex", _SEXES),
        source_label=source_label,
        intensity=row.text("intensity"),
        sentence=row.text("sentence"),
        text=row.text("text"),
        language=row.text("language"),
        repetition=_repetition(row),
        recording=row.text("recording") or "",
        twin_of=row.text("twin_of"),
        content=row.text("content"),
        votes=_votes(row),
        split=_one_of(row, "split", _SPLITS),
    )


def _emotion(row: Row) -> tuple[str, str]:
    word = row.text("emotion")
    if word is None or not word.strip():
        raise row.error("emotion", "no emotion given")
    try:
        emotion = canonical(word)
    except LabelError as error:
        raise row.error("emotion", str(error)) from None
    # The user's own word is kept unless it is ours already or they say themselves what to keep.
    own = "" if word == emotion else word.strip()
    return emotion, row.text("source_label") or own


def _segment(row: Row) -> Segment | None:
    start, end = row.number("start"), row.number("end")
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise row.error("start" if start is None else "end", "a segment needs both start and end, in seconds")
    try:
        return Segment(start, end)
    except ValueError as error:
        raise row.error("start", str(error)) from None


def _repetition(row: Row) -> int | None:
    number = row.number("repetition")
    if number is not None and not number.is_integer():
        raise row.error("repetition", f"'{row.cell('repetition')}' is not a whole number")
    return None if number is None else int(number)


def _one_of(row: Row, column: str, words: Mapping[str, str | None]) -> str | None:
    word = row.word(column)
    if word is None:
        return None
    if word not in words:
        raise row.error(column, f"'{word}' is not understood; {suggest(word, words)}, or empty")
    return words[word]


def _votes(row: Row) -> dict[str, int] | None:
    cell = row.cell("votes")
    if cell is None or cell == "":
        return None
    try:
        # A Parquet map comes as a list of pairs.
        votes = json.loads(cell) if isinstance(cell, str) else dict(cell)
    except (TypeError, ValueError, RecursionError):
        votes = None
    if not isinstance(votes, dict) or not all(map(_is_vote, votes.items())):
        raise row.error("votes", 'expected numbers of listeners by emotion, such as {"anger": 7, "fear": 2}')
    try:
        # A Parquet struct has a field for every emotion that any row has; None is "not asked".
        return {canonical(emotion): count for emotion, count in votes.items() if count is not None}
    except LabelError as error:
        raise row.error("votes", str(error)) from None


def _is_vote(item: tuple[object, object]) -> bool:
    emotion, count = item
    is_count = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    return isinstance(emotion, str) and (count is None or is_count)
