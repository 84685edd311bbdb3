"""Turn an utterance into the cells of a row."""

from __future__ import annotations

import json
from pathlib import Path, PurePath
from typing import Any

from emotrace.manifest.columns import COLUMNS
from emotrace.manifest.utterance import UNKNOWN_SPEAKER
from emotrace.types import Utterance

Cells = dict[str, Any]
"""What stands in a row, by column; None where nothing is known."""


def utterance_to_cells(utterance: Utterance, folder: Path) -> Cells:
    """Give the cells of all `COLUMNS`; ``folder`` is the manifest's."""
    cells = {column: getattr(utterance, column, None) for column in COLUMNS}
    cells["file"] = portable_path(Path(utterance.file).absolute(), folder.absolute())
    segment = utterance.segment
    cells["start"], cells["end"] = (None, None) if segment is None else (segment.start, segment.end)
    cells["votes"] = None if utterance.votes is None else dict(utterance.votes)
    # Not dropped even if empty: without it the reader would take an unknown speaker for granted.
    cells["speaker"] = utterance.speaker or UNKNOWN_SPEAKER
    return {column: None if value == "" else value for column, value in cells.items()}


def votes_as_text(cells: Cells) -> Cells:
    """Give the cells with votes as JSON text, for tables whose cells cannot hold a mapping."""
    return {column: json.dumps(value) if isinstance(value, dict) else value for column, value in cells.items()}


def portable_path(file: PurePath, folder: PurePath) -> str:
    """Give the path of ``file`` as seen from ``folder``, or the whole of it if it lies elsewhere; both absolute.

    Every system reads the forward slashes of a relative path; backslashes only Windows does.
    """
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)
