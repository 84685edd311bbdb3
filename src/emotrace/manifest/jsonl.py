"""Tables as JSON lines: one object per row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from emotrace.errors import ManifestError
from emotrace.manifest.cells import Cells
from emotrace.manifest.columns import match_columns
from emotrace.manifest.encoding import decode
from emotrace.manifest.row import Row


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows one by one, without the empty ones; `ManifestError` names the line of a mistake."""
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, start=1):
            line = decode(raw, number)
            if line.strip():
                yield _row(line, f"line {number}")


def encode_rows(rows: Sequence[Cells]) -> bytes:
    """Give the bytes of a file with these rows; what is not known is left out of a row's object."""
    lines = (
        json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _row(line: str, place: str) -> Row:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{place}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ManifestError(f'{place}: each line must be a JSON object such as {{"file": ..., "emotion": ...}}')
    try:
        # Every row may have columns of its own.
        return Row(record, match_columns(list(record)), place)
    except ManifestError as error:
        raise ManifestError(f"{place}: {error}") from None
