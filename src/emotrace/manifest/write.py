"""Write a manifest, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from emotrace.atomic import replacing
from emotrace.errors import ManifestError
from emotrace.manifest.cells import utterance_to_cells
from emotrace.manifest.columns import COLUMNS
from emotrace.manifest.formats import format_of
from emotrace.types import Utterance


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
    encode = format_of(path).encode_rows
    rows = [utterance_to_cells(utterance, path.parent) for utterance in utterances]
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


def _write_whole(path: Path, content: bytes) -> None:
    if path.is_dir():
        raise ManifestError(f"{path}: is a folder; give a file name")
    if not path.parent.is_dir():
        raise ManifestError(f"{path}: there is no folder {path.parent}; create it first")
    with replacing(path) as part:
        part.write_bytes(content)
