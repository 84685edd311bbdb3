"""Read a manifest."""

from __future__ import annotations

from pathlib import Path

from emotrace.errors import ManifestError
from emotrace.manifest.audiofolder import find_metadata
from emotrace.manifest.formats import format_of
from emotrace.manifest.utterance import row_to_utterance
from emotrace.types import Utterance


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
    path = Path(path)
    if path.is_dir():
        path = find_metadata(path)
    rows = format_of(path).read_rows
    if not path.is_file():
        raise ManifestError(f"{path}: no such file; 'emotrace corpus scan NAME ROOT -o FILE' makes manifests")
    try:
        utterances = [row_to_utterance(row, path.parent) for row in rows(path)]
    except ManifestError as error:
        raise ManifestError(f"{path}: {_one_line(str(error))}") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {_one_line(error.strerror or str(error))}") from None
    if not utterances:
        raise ManifestError(f"{path}: holds no rows")
    return utterances


def _one_line(reason: str) -> str:
    return " ".join(reason.split())
