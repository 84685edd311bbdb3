"""The formats of manifests, told by a file's ending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from emotrace.errors import ManifestError
from emotrace.manifest import csv, jsonl, parquet
from emotrace.manifest.cells import Cells
from emotrace.manifest.row import Row


class Format(Protocol):
    """What the module of a format does."""

    def read_rows(self, path: Path) -> Iterator[Row]:
        """Read the rows one by one; raise `ManifestError` naming the place of a mistake."""
        ...

    def encode_rows(self, rows: Sequence[Cells]) -> bytes:
        """Give the bytes of a file with these rows, at least one, all with the same columns."""
        ...


FORMATS: Mapping[str, Format] = {".csv": csv, ".jsonl": jsonl, ".parquet": parquet}
ENDINGS = tuple(FORMATS)


def format_of(path: Path) -> Format:
    """Give the format of a manifest of this name; raise `ManifestError` if its ending is none of `ENDINGS`."""
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ManifestError(f"{path}: a manifest ends in {', '.join(ENDINGS)}, not in '{path.suffix}'")
    return FORMATS[ending]
