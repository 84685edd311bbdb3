"""Tables of features on disk: a manifest whose last columns are features.

Because it is a manifest, `emotrace.manifest.read_manifest` reads the labels of such a table too.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.atomic import replacing
from emotrace.errors import ManifestError, MissingExtraError
from emotrace.learn.table.extract import FeatureTable
from emotrace.manifest import COLUMNS
from emotrace.manifest.cells import Cells, utterance_to_cells, votes_as_text
from emotrace.manifest.columns import match_columns, our_name
from emotrace.manifest.encoding import decode
from emotrace.manifest.row import Row
from emotrace.manifest.utterance import row_to_utterance
from emotrace.types import Utterance

Matrix = NDArray[np.float32]

ENDINGS = (".parquet", ".csv")


def require_ending(path: Path) -> None:
    """Raise `ManifestError` unless a table can have this name, `MissingExtraError` where pyarrow is missing."""
    if path.suffix.lower() not in ENDINGS:
        raise ManifestError(f"{path}: a table of features ends in {' or '.join(ENDINGS)}, not in '{path.suffix}'")
    if path.suffix.lower() == ".parquet":
        _pyarrow()


def write_table(table: FeatureTable, path: str | Path) -> None:
    """Write a table of features; the file appears whole or not at all.

    Parameters
    ----------
    table
        With at least one row.
    path
        Ends in ``.parquet`` or ``.csv``. Audio files under its folder are named relative to it.

    Raises
    ------
    ManifestError
        If it cannot be written there, or a feature has the name of a manifest's column.
    MissingExtraError
        If a ``.parquet`` file is written without the extra ``parquet``.
    """
    path = Path(path)
    require_ending(path)
    taken = [name for name in table.names if our_name(name) in COLUMNS]
    if taken:
        raise ManifestError(f"{path}: feature '{taken[0]}' has the name of a manifest's column; rename it")
    if not path.parent.is_dir():
        raise ManifestError(f"{path}: there is no folder {path.parent}; create it first")
    rows = [votes_as_text(utterance_to_cells(utterance, path.parent)) for utterance in table.utterances]
    columns = [column for column in COLUMNS if any(row[column] is not None for row in rows)]
    write = _write_parquet if path.suffix.lower() == ".parquet" else _write_csv
    try:
        if path.is_dir():
            raise ManifestError(f"{path}: is a folder; give a file name")
        with replacing(path) as part:
            write(part, rows, columns, table)
    except UnicodeEncodeError as error:
        bad = error.object[max(0, error.start - 30) : error.start + 30]
        raise ManifestError(f"{path}: a table is UTF-8, which has no place for {bad!r}; rename it") from None
    except OSError as error:
        # Arrow wraps the system's words in its own.
        reason = os.strerror(error.errno) if error.errno else error
        raise ManifestError(f"{path}: cannot be written: {reason}") from None


def read_table(path: str | Path) -> FeatureTable:
    """Read a table of features, without any audio.

    All columns that a manifest does not have are taken to be features, in their order.

    Raises
    ------
    ManifestError
        Naming file, line and column, if it cannot be read or a feature is not a finite number.
    MissingExtraError
        If a ``.parquet`` file is read without the extra ``parquet``.
    """
    path = Path(path)
    require_ending(path)
    if not path.is_file():
        raise ManifestError(f"{path}: no such file; 'emotrace features extract' makes tables of features")
    read: Callable[[Path], tuple[tuple[str, ...], Matrix, list[Utterance]]]
    read = _read_parquet if path.suffix.lower() == ".parquet" else _read_csv
    try:
        names, matrix, utterances = read(path)
    except ManifestError as error:
        raise ManifestError(f"{path}: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not utterances or not names:
        raise ManifestError(f"{path}: holds no {'rows' if not utterances else 'features'}")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0].tolist()
        raise ManifestError(
            f"{path}: row {row + 1}, column '{names[column]}': {matrix[row, column]} is not finite"
        )
    return FeatureTable(names, matrix, tuple(utterances))


def _write_csv(part: Path, rows: Sequence[Cells], columns: Sequence[str], table: FeatureTable) -> None:
    with part.open("w", encoding="utf-8", newline="") as stream:
        plain = csv.writer(stream, lineterminator="\n")
        # Some Python versions do not see that a lone carriage return needs quotes.
        quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        plain.writerow([*columns, *table.names])
        for row, values in zip(rows, table.matrix, strict=True):
            cells = [row[column] for column in columns]
            has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            # Numbers as the shortest text that gives the same 32 bits again.
            (quoted if has_return else plain).writerow([*cells, *values.astype(str).tolist()])


def _read_csv(path: Path) -> tuple[tuple[str, ...], Matrix, list[Utterance]]:
    reader = csv.reader(io.StringIO(decode(path.read_bytes()), newline=""), strict=True)
    utterances: list[Utterance] = []
    matrix: list[Matrix] = []
    line = 1
    try:
        header = next(reader, [])
        columns, names, places = _divide(header)
        for cells in reader:
            line = reader.line_num
            if len(cells) != len(header):
                raise ManifestError(f"line {line}: {len(cells)} cells where the header has {len(header)}")
            record = {name: cells[header.index(name)] for name in columns.values()}
            utterances.append(row_to_utterance(Row(record, columns, f"line {line}"), path.parent))
            matrix.append(_numbers([cells[place] for place in places], names, line))
    except csv.Error as error:
        raise ManifestError(f"line {line}: damaged table: {error}") from None
    return names, np.array(matrix, dtype=np.float32).reshape(len(matrix), len(names)), utterances


def _numbers(cells: Sequence[str], names: Sequence[str], line: int) -> Matrix:
    try:
        # What is too large becomes infinite, which is told later.
        with np.errstate(over="ignore"):
            return np.array(cells, dtype=np.float64).astype(np.float32)
    except ValueError:
        bad = next(place for place, cell in enumerate(cells) if not _is_number(cell))
        raise ManifestError(f"line {line}, column '{names[bad]}': '{cells[bad]}' is not a number") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _divide(header: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...], list[int]]:
    """Give the manifest's columns, and the names and places of all others."""
    columns = match_columns(header)
    places = [place for place, name in enumerate(header) if name not in columns.values()]
    return columns, tuple(header[place] for place in places), places


def _write_parquet(part: Path, rows: Sequence[Cells], columns: Sequence[str], table: FeatureTable) -> None:
    pyarrow, parquet = _pyarrow()
    kinds = {"start": pyarrow.float64(), "end": pyarrow.float64(), "repetition": pyarrow.int64()}
    arrays: dict[str, Any] = {
        column: pyarrow.array([row[column] for row in rows], kinds.get(column, pyarrow.string()))
        for column in columns
    }
    arrays |= {
        name: pyarrow.array(np.ascontiguousarray(values))
        for name, values in zip(table.names, table.matrix.T, strict=True)
    }
    parquet.write_table(pyarrow.table(arrays), part)


def _read_parquet(path: Path) -> tuple[tuple[str, ...], Matrix, list[Utterance]]:
    pyarrow, parquet = _pyarrow()
    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowException as error:
        raise ManifestError(f"not a readable Parquet file: {error or type(error).__name__}") from None
    columns, names, places = _divide(table.column_names)
    records: list[Mapping[str, Any]] = table.select(list(columns.values())).to_pylist()
    utterances = [
        row_to_utterance(Row(record, columns, f"row {number}"), path.parent)
        for number, record in enumerate(records, start=1)
    ]
    matrix = np.empty((len(records), len(names)), dtype=np.float32)
    for column, (name, place) in enumerate(zip(names, places, strict=True)):
        values = table.column(place)
        kind = pyarrow.types
        if not (kind.is_floating(values.type) or kind.is_integer(values.type)):
            raise ManifestError(f"column '{name}': holds {values.type}, not numbers")
        if values.null_count:
            row = values.is_null().to_pylist().index(True) + 1
            raise ManifestError(f"row {row}, column '{name}': must be a number, but the cell is empty")
        matrix[:, column] = values.to_numpy()
    return names, matrix, utterances


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    # Slow to import.
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("a Parquet table", "parquet") from None
    return pyarrow, pyarrow.parquet
