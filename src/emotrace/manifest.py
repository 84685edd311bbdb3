"""Tables of utterances: CSV, JSONL and Parquet in and out, metadata of Hugging Face audio folders in.

One row is one `Utterance`. Needed are the columns ``file`` (or ``file_name``, ``path``) and ``emotion``
(or ``label``); all other fields of `Utterance` may follow, a segment as ``start`` and ``end`` in seconds,
votes as a JSON object. Columns with other names are ignored. Empty cells mean *unknown*. Relative paths
start at the manifest's folder.

Where no speaker is given, all such rows count as one and the same speaker, ``unknown``. Whoever does not know
who speaks cannot show that two sides of a split have no speaker in common; counting every file as a speaker
of its own would let any split through as speaker-independent.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from emotrace.errors import LabelError, ManifestError, MissingExtraError, suggest
from emotrace.labels import canonical
from emotrace.types import Segment, Utterance

UNKNOWN_SPEAKER = "unknown"
"""The one speaker of all rows whose speaker is not known."""

COLUMNS: tuple[str, ...] = (
    "file",
    "start",
    "end",
    "emotion",
    "speaker",
    "corpus",
    "sex",
    "source_label",
    "intensity",
    "sentence",
    "text",
    "language",
    "repetition",
    "recording",
    "twin_of",
    "content",
    "votes",
    "split",
)
"""The columns of a manifest, in the order in which they are written."""

ENDINGS = (".csv", ".jsonl", ".parquet")

_OTHER_NAMES = {
    "file_name": "file",
    "path": "file",
    "label": "emotion",
    "speaker_id": "speaker",
    "gender": "sex",
    "transcription": "text",
}
_SEXES = {"female": "female", "f": "female", "male": "male", "m": "male", "unknown": None}
_SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as read: cells by our column names, what the file calls the columns, and where it stands."""

    cells: Mapping[str, Any]
    names: Mapping[str, str]
    place: str

    def error(self, column: str, reason: str) -> ManifestError:
        return ManifestError(f"{self.place}, column '{self.names.get(column, column)}': {reason}")

    def text(self, column: str) -> str | None:
        value = self.cells.get(column)
        if value is None or value == "":
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            # Speakers and sentences are often mere numbers.
            return str(value)
        if not isinstance(value, str):
            raise self.error(column, f"{value!r} is not text")
        return value

    def word(self, column: str) -> str | None:
        text = self.text(column)
        return text.strip().lower() or None if text else None

    def number(self, column: str) -> float | None:
        value = self.cells.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise self.error(column, f"'{value}' is not a number")
        return number


def read_manifest(path: str | Path) -> list[Utterance]:
    """Read a table of utterances.

    Parameters
    ----------
    path
        A ``.csv`` (comma, semicolon or tab; UTF-8), ``.jsonl`` or ``.parquet`` file, or a folder that holds a
        ``metadata.csv``, ``metadata.jsonl`` or ``metadata.parquet`` (Hugging Face audio folder).

    Returns
    -------
    list of Utterance
        In the order of the rows; ``file`` is joined to the manifest's folder where it is relative.
        Aliases of emotions (``angry``) become emotions and are kept as ``source_label`` if that is empty.

    Raises
    ------
    ManifestError
        Naming file, line and column, if the table cannot be read, lacks a needed column or has a cell that
        makes no sense.
    MissingExtraError
        If a ``.parquet`` file is read without the extra ``parquet``.
    """
    path = _metadata_of(Path(path))
    rows = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".parquet": _parquet_rows}[_ending(path)]
    if not path.is_file():
        raise ManifestError(f"{path}: no such file; 'emotrace corpus scan NAME ROOT -o FILE' makes manifests")
    try:
        utterances = [_utterance(row, path.parent) for row in rows(path)]
    except ManifestError as error:
        raise ManifestError(f"{path}: {_one_line(str(error))}") from None
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: {_not_utf8(error)}") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {_one_line(error.strerror or str(error))}") from None
    if not utterances:
        raise ManifestError(f"{path}: holds no rows")
    return utterances


def write_manifest(utterances: Iterable[Utterance], path: str | Path) -> None:
    """Write a table of utterances; the file appears whole or not at all.

    Files under the manifest's folder are written relative to it, so that the folder can be moved as a whole,
    others with their absolute path. Columns that no utterance fills are left out.

    Parameters
    ----------
    utterances
        At least one.
    path
        Ends in ``.csv``, ``.jsonl`` or ``.parquet``. An existing file is replaced.

    Raises
    ------
    ManifestError
        If there is nothing to write or it cannot be written there.
    MissingExtraError
        If a ``.parquet`` file is written without the extra ``parquet``.
    """
    path = Path(path)
    encode = {".csv": _to_csv, ".jsonl": _to_jsonl, ".parquet": _to_parquet}[_ending(path)]
    rows = [_cells(utterance, path.parent) for utterance in utterances]
    if not rows:
        raise ManifestError(f"{path}: there are no utterances to write")
    for column, row in ((column, row) for row in rows for column in COLUMNS):
        if isinstance(row[column], str) and "\0" in row[column]:
            raise ManifestError(f"{path}: column '{column}': {row[column]!r} holds a zero byte")
    columns = [column for column in COLUMNS if any(row[column] is not None for row in rows)]
    try:
        _write_whole(path, encode([{column: row[column] for column in columns} for row in rows]))
    except UnicodeEncodeError as error:
        bad = error.object[max(0, error.start - 30) : error.start + 30]
        raise ManifestError(f"{path}: a manifest is UTF-8, which has no place for {bad!r}; rename it") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be written: {error.strerror or error}") from None


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ManifestError(f"{path}: a manifest ends in {', '.join(ENDINGS)}, not in '{path.suffix}'")
    return ending


def _metadata_of(path: Path) -> Path:
    if not path.is_dir():
        return path
    for ending in ENDINGS:
        if (path / f"metadata{ending}").is_file():
            return path / f"metadata{ending}"
    raise ManifestError(f"{path}: a folder without metadata.csv; give the manifest itself")


def _one_line(reason: str) -> str:
    return " ".join(reason.split())


def _not_utf8(error: UnicodeDecodeError) -> str:
    line = error.object[: error.start].count(b"\n") + 1
    return f"line {line}: not UTF-8; save the table with UTF-8 encoding"


# -- rows in ------------------------------------------------------------------------------------------


def _csv_rows(path: Path) -> Iterator[_Row]:
    text = path.read_bytes().decode("utf-8-sig")
    _refuse_nul(text)
    line = 1
    try:
        delimiter = max(_DELIMITERS, key=lambda mark: _n_known_columns(text, mark))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = next(reader, [])
        columns = _our_columns([name.strip() for name in header])
        line = reader.line_num + 1
        for cells in reader:
            if any(cells):
                if len(cells) != len(header):
                    raise ManifestError(
                        f"line {line}: {len(cells)} cells where the header has {len(header)}; "
                        f"put values that contain '{delimiter}' in double quotes"
                    )
                values = {ours: cells[header_index] for ours, (header_index, _) in columns.items()}
                yield _Row(values, {ours: name for ours, (_, name) in columns.items()}, f"line {line}")
            line = reader.line_num + 1
    except csv.Error as error:
        raise ManifestError(f"line {line}: damaged table: {error}") from None


def _refuse_nul(text: str) -> None:
    # Not left to the csv module: some Python versions refuse such text, others read it.
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ManifestError(f"line {line}: holds a zero byte; this is not a text table in UTF-8")


def _n_known_columns(text: str, delimiter: str) -> int:
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return sum(_our_name(name) in COLUMNS for name in header)


def _our_name(name: str) -> str:
    name = name.strip().lower()
    return _OTHER_NAMES.get(name, name)


def _our_columns(header: list[str]) -> dict[str, tuple[int, str]]:
    """Give position and name in the file of each of our columns; our own names win over aliases."""
    found: dict[str, tuple[int, str]] = {}
    for index, name in enumerate(header):
        ours = _our_name(name)
        if ours not in COLUMNS:
            continue
        if ours in found and name.lower() == found[ours][1].lower():
            raise ManifestError(f"two columns are called '{name}'")
        if ours not in found or name.lower() == ours:
            found[ours] = (index, name)
    _require_columns(found, header)
    return found


def _require_columns(found: Iterable[str], header: list[str]) -> None:
    for needed, aliases in (("file", "'file' or 'file_name'"), ("emotion", "'emotion' or 'label'")):
        if needed not in found:
            there = ", ".join(name for name in header if name) or "none"
            raise ManifestError(f"no column {aliases}; columns here: {there}")


def _jsonl_rows(path: Path) -> Iterator[_Row]:
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, start=1):
            place = f"line {number}"
            try:
                line = raw.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ManifestError(f"{place}: not UTF-8; save the table with UTF-8 encoding") from None
            if line.strip():
                yield _json_row(line, place)


def _json_row(line: str, place: str) -> _Row:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{place}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ManifestError(f'{place}: each line must be a JSON object such as {{"file": ..., "emotion": ...}}')
    try:
        columns = _our_columns(list(record))
    except ManifestError as error:
        raise ManifestError(f"{place}: {error}") from None
    names = {ours: name for ours, (_, name) in columns.items()}
    return _Row({ours: record[name] for ours, name in names.items()}, names, place)


def _parquet_rows(path: Path) -> Iterator[_Row]:
    pyarrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
        header = list(file.schema_arrow.names)
        names = {ours: name for ours, (_, name) in _our_columns(header).items()}
        number = 0
        for batch in file.iter_batches(columns=list(names.values())):
            for record in batch.to_pylist():
                number += 1
                cells = {ours: record[name] for ours, name in names.items()}
                yield _Row(cells, names, f"row {number}")
    except pyarrow.ArrowException as error:
        raise ManifestError(f"not a readable Parquet file: {error or type(error).__name__}") from None


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("a Parquet manifest", "parquet") from None
    return pyarrow, pyarrow.parquet


# -- row to utterance -------------------------------------------------------------------------------------


def _utterance(row: _Row, folder: Path) -> Utterance:
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


def _emotion(row: _Row) -> tuple[str, str]:
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


def _segment(row: _Row) -> Segment | None:
    start, end = row.number("start"), row.number("end")
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise row.error("start" if start is None else "end", "a segment needs both start and end, in seconds")
    try:
        return Segment(start, end)
    except ValueError as error:
        raise row.error("start", str(error)) from None


def _repetition(row: _Row) -> int | None:
    number = row.number("repetition")
    if number is not None and not number.is_integer():
        raise row.error("repetition", f"'{row.cells['repetition']}' is not a whole number")
    return None if number is None else int(number)


def _one_of(row: _Row, column: str, words: Mapping[str, str | None]) -> str | None:
    word = row.word(column)
    if word is None:
        return None
    if word not in words:
        raise row.error(column, f"'{word}' is not understood; {suggest(word, words)}, or empty")
    return words[word]


def _votes(row: _Row) -> dict[str, int] | None:
    votes = row.cells.get("votes")
    if votes is None or votes == "":
        return None
    if isinstance(votes, str):
        try:
            votes = json.loads(votes)
        except (ValueError, RecursionError):
            votes = None
    elif isinstance(votes, list):
        # A Parquet map comes as pairs.
        votes = dict(votes)
    if not isinstance(votes, dict) or not all(_is_count(count) for count in votes.values()):
        raise row.error("votes", 'expected numbers of listeners by emotion, such as {"anger": 7, "fear": 2}')
    try:
        # A Parquet struct has a field for every emotion that any row has; None is "not asked".
        return {canonical(emotion): count for emotion, count in votes.items() if count is not None}
    except LabelError as error:
        raise row.error("votes", str(error)) from None


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


# -- utterance to row ---------------------------------------------------------------------------------


def _cells(utterance: Utterance, folder: Path) -> dict[str, Any]:
    """Give the cells of all columns; None where nothing is known."""
    cells = {column: getattr(utterance, column, None) for column in COLUMNS}
    cells["file"] = _portable(utterance.file, folder)
    segment = utterance.segment
    cells["start"], cells["end"] = (None, None) if segment is None else (segment.start, segment.end)
    cells["votes"] = None if utterance.votes is None else dict(utterance.votes)
    # Not dropped even if empty: without it the reader would take an unknown speaker for granted.
    cells["speaker"] = utterance.speaker or UNKNOWN_SPEAKER
    return {column: None if value == "" else value for column, value in cells.items()}


def _portable(file: str, folder: Path) -> str:
    absolute, folder = Path(file).absolute(), folder.absolute()
    return str(absolute.relative_to(folder)) if absolute.is_relative_to(folder) else str(absolute)


def _to_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    plain = csv.writer(text, lineterminator="\n")
    # Some Python versions do not see that a lone carriage return needs quotes.
    quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(rows[0])
    for row in rows:
        cells = [_as_text_votes(value) for value in row.values()]
        has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoted if has_return else plain).writerow(cells)
    return text.getvalue().encode()


def _to_jsonl(rows: list[dict[str, Any]]) -> bytes:
    lines = (
        json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _to_parquet(rows: list[dict[str, Any]]) -> bytes:
    pyarrow, parquet = _pyarrow()
    kinds = {"start": pyarrow.float64(), "end": pyarrow.float64(), "repetition": pyarrow.int64()}
    columns = {
        name: pyarrow.array([_as_text_votes(row[name]) for row in rows], kinds.get(name, pyarrow.string()))
        for name in rows[0]
    }
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _as_text_votes(value: Any) -> Any:
    # In Parquet too: in a struct, every emotion that any row has would appear in all rows.
    return json.dumps(value) if isinstance(value, dict) else value


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside the target and move into place, so that an interruption leaves the old file."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise ManifestError(f"{path}: is a folder; give a file name")
    if not target.parent.is_dir():
        raise ManifestError(f"{path}: there is no folder {path.parent}; create it first")
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        # "x": never through a link that someone else has put there.
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
