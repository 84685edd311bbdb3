"""Tables as CSV: separated by commas, semicolons or tabs when read, by commas when written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from emotrace.errors import ManifestError
from emotrace.manifest.cells import Cells, votes_as_text
from emotrace.manifest.columns import COLUMNS, match_columns, our_name
from emotrace.manifest.encoding import decode
from emotrace.manifest.row import Row

_DELIMITERS = ",;\t"


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows one by one, without the empty ones; `ManifestError` names the line of a mistake."""
    text = decode(path.read_bytes())
    _refuse_zero_bytes(text)
    line = 1
    try:
        delimiter = max(_DELIMITERS, key=lambda mark: _n_known_columns(text, mark))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = [name.strip() for name in next(reader, [])]
        names = match_columns(header)
        line = reader.line_num + 1
        for cells in reader:
            if any(cells):
                if len(cells) != len(header):
                    raise ManifestError(
                        f"line {line}: {len(cells)} cells where the header has {len(header)}; "
                        f"put values that contain '{delimiter}' in double quotes"
                    )
                yield Row(dict(zip(header, cells, strict=True)), names, f"line {line}")
            line = reader.line_num + 1
    except csv.Error as error:
        raise ManifestError(f"line {line}: damaged table: {error}") from None


def encode_rows(rows: Sequence[Cells]) -> bytes:
    """Give the bytes of a file with these rows, at least one, all with the same columns."""
    text = io.StringIO(newline="")
    plain = csv.writer(text, lineterminator="\n")
    # Some Python versions do not see that a lone carriage return needs quotes.
    quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(rows[0])
    for row in rows:
        cells = votes_as_text(row).values()
        has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoted if has_return else plain).writerow(cells)
    return text.getvalue().encode()


def _refuse_zero_bytes(text: str) -> None:
    # Not left to the csv module: some Python versions refuse such text, others read it.
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ManifestError(f"line {line}: holds a zero byte; this is not a text table in UTF-8")


def _n_known_columns(text: str, delimiter: str) -> int:
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return sum(our_name(name) in COLUMNS for name in header)
