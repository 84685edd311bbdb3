"""CREMA-D's listener votes: read from the tables that come with the corpus, voice-only rows."""

from __future__ import annotations

import csv
from pathlib import Path

from emotrace.errors import CorpusError

_TABLES = ("voice_votes.csv", "tabulatedVotes.csv")
# Where the tables lie beside the audio folder in the usual ways of unpacking.
_NEIGHBOURS = ("", "meta", "processedResults")
_COLUMNS = {
    "A": "anger",
    "D": "disgust",
    "F": "fear",
    "H": "happiness",
    "N": "neutral",
    "S": "sadness",
}


def find_votes_table(root: Path) -> Path | None:
    """Find a table of votes under ``root`` or beside it (in two parents at most)."""
    root = root.resolve()
    wanted = {name.lower() for name in _TABLES}
    inside = [path for path in root.rglob("*.csv") if path.name.lower() in wanted]
    near = [
        parent / folder / name
        for parent in (root.parent, root.parent.parent)
        for folder in _NEIGHBOURS
        for name in _TABLES
    ]
    candidates = [*sorted(inside, key=lambda path: (path.name.lower() != _TABLES[0], str(path))), *near]
    return next((path for path in candidates if path.is_file()), None)


def read_votes(table: Path) -> dict[str, dict[str, int]]:
    """Read the votes of listeners who heard a clip without seeing it.

    Takes upstream's ``processedResults/tabulatedVotes.csv``, in which rows numbered 1xxxxx are voice, 2xxxxx
    face and 3xxxxx both, or a table with only the voice rows (columns ``clip, A, D, F, H, N, S``).

    Returns
    -------
    dict
        Number of votes by emotion, by clip name in upper case.

    Raises
    ------
    CorpusError
        If it is no such table or a vote is not a number.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            votes = _read_rows(csv.DictReader(lines))
    except UnicodeDecodeError:
        raise CorpusError(f"{table}: not UTF-8; votes are left out") from None
    except csv.Error as error:
        raise CorpusError(f"{table}: damaged table: {error}; votes are left out") from None
    except CorpusError as error:
        raise CorpusError(f"{table}: {error}; votes are left out") from None
    return votes


def _read_rows(rows: csv.DictReader[str]) -> dict[str, dict[str, int]]:
    header = list(rows.fieldnames or [])
    clip_column = "clip" if "clip" in header else "fileName"
    missing = [column for column in (clip_column, *_COLUMNS) if column not in header]
    if missing:
        raise CorpusError(f"no column {', '.join(missing)}")
    votes: dict[str, dict[str, int]] = {}
    for row in rows:
        if clip_column == "fileName" and not _is_voice(row[header[0]]):
            continue
        try:
            counts = {emotion: int(row[column]) for column, emotion in _COLUMNS.items()}
        except (TypeError, ValueError):
            raise CorpusError(f"line {rows.line_num}: a vote is not a whole number") from None
        votes[row[clip_column].upper()] = counts
    if not votes:
        raise CorpusError("no rows of listeners who only heard the voice")
    return votes


def _is_voice(number: str) -> bool:
    return len(number) == 6 and number.startswith("1")
