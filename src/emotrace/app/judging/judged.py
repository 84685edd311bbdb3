"""A judged folder, cell by cell: which clips were taken for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotrace import registry
from emotrace.app.exploring.shelf import Shelf, checked_path, read_file
from emotrace.errors import UsageError
from emotrace.labels import EMOTIONS, NO_SPEECH
from emotrace.learn.explore.judged import Answer, Judged, read_judged
from emotrace.types import Segment, Utterance

ALL_SPEECH = "all speech"


@dataclass(frozen=True, slots=True)
class Confusion:
    """What was taken for what, among some of a folder's clips.

    Attributes
    ----------
    title
        Which clips.
    rows, columns
        True labels, and labels that were said; the last column may be `NO_SPEECH`.
    cells
        The answers, by (true, said).
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], tuple[Answer, ...]]

    @property
    def answers(self) -> list[Answer]:
        """All of them."""
        return [answer for cell in self.cells.values() for answer in cell]

    def counts(self) -> list[list[int]]:
        """Count the answers, row by row."""
        return [[len(self.cells.get((true, said), ())) for said in self.columns] for true in self.rows]

    def cell(self, number: object) -> tuple[Answer, ...]:
        """Give the answers of a cell, counted row by row from 0; the surest first."""
        if (
            isinstance(number, bool)
            or not isinstance(number, int)
            or not 0 <= number < len(self.rows) * len(self.columns)
        ):
            raise UsageError("there is no such cell any more; choose one of the table")
        row, column = divmod(number, len(self.columns))
        return self.cells.get((self.rows[row], self.columns[column]), ())


def open_judged(text: str) -> Judged:
    """Read the judged folder that somebody typed; raise `EmotraceError` if it is none."""
    path = checked_path(text, "a folder that 'emotrace evaluate ... -o DIR' wrote")
    return read_judged([path if path.is_dir() else path.parent])[0]


def list_parts(judged: Judged) -> list[str]:
    """Name what can be looked at: all speech together, and each corpus."""
    corpora = sorted({answer.corpus for answer in judged.answers} - {""})
    return [ALL_SPEECH, *(corpora if len(corpora) > 1 else [])]


def confuse(judged: Judged, part: str) -> Confusion:
    """Sort the answers of a part into cells; songs play no part in all speech, unless there is nothing else."""
    if part == ALL_SPEECH:
        sung = {corpus for corpus in {answer.corpus for answer in judged.answers} if _is_sung(corpus)}
        chosen = [answer for answer in judged.answers if answer.corpus not in sung] or list(judged.answers)
    else:
        chosen = [answer for answer in judged.answers if answer.corpus == part]
    cells: dict[tuple[str, str], list[Answer]] = {}
    for answer in sorted(chosen, key=lambda answer: -(answer.confidence or 0.0)):
        cells.setdefault((answer.emotion, answer.predicted), []).append(answer)
    true, said = {answer.emotion for answer in chosen}, {answer.predicted for answer in chosen}
    rows = _ordered(true)
    columns = _ordered((true | said) - {NO_SPEECH})
    return Confusion(
        part,
        tuple(rows),
        (*columns, *([NO_SPEECH] if NO_SPEECH in said else [])),
        {key: tuple(found) for key, found in cells.items()},
    )


def shelve(answers: tuple[Answer, ...], title: str) -> Shelf:
    """Give a shelf of the clips of a cell, to be listed and heard."""
    return Shelf(title, tuple(_utterance(answer) for answer in answers), read_file)


def name_mistake(answer: Answer) -> str:
    """Say what was heard, and how surely."""
    sure = "" if answer.confidence is None else f", {100 * answer.confidence:.0f} % sure"
    return f"heard as {answer.predicted}{sure}"


def _utterance(answer: Answer) -> Utterance:
    segment = None if answer.start is None or answer.end is None else Segment(answer.start, answer.end)
    facts: dict[str, Any] = {name: getattr(answer, name) or None for name in ("sex", "intensity")}
    return Utterance(
        file=str(Path(answer.file).absolute()),
        emotion=answer.emotion,
        speaker=answer.speaker,
        segment=segment,
        corpus=answer.corpus,
        **facts,
    )


def _ordered(labels: set[str]) -> list[str]:
    ranks = {emotion: rank for rank, emotion in enumerate(EMOTIONS)}
    return sorted(labels, key=lambda label: (ranks.get(label, len(ranks)), label))


def _is_sung(corpus: str) -> bool:
    return corpus in registry.names("corpus") and bool(registry.load("corpus", corpus).CORPUS.is_sung)
