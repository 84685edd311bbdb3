"""Turn an utterance into the cells of a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emotrace.manifest.columns import COLUMNS
from emotrace.manifest.utterance import UNKNOWN_SPEAKER
from emotrace.types import Utterance

Cells = dict[str, Any]
"""What stands in a row, by column; None where nothing is known."""


def utterance_to_cells(utterance: Utterance, folder: Path) -> Cells:
    """Give the cells of all `COLUMNS`; ``folder`` is the manifest's."""
    cells = {column: getattr(utterance, column, None) for column in COLUMNS}
    cells["file"] = _portable(utterance.file, folder)
    segment = utterance.segment
    cells["start"], cells["end"] = (None, None) if segment is None else (segment.start, segment.end)
    cells["votes"] = None if utterance.votes is None else dict(utterance.votes)
    # Not dropped even if empty: without it the reader would take an unknown speaker for granted.
    cells["speaker"] = utterance.speaker or UNKNOWN_SPEAKER
    return {column: None if value == "" else value for column, value in cells.items()}


def votes_as_text(cells: Cells) -> Cells:
    """Give the cells with votes as JSON text, for tables whose cells cannot hold a mapping."""
    return {column: json.dumps(value) if isinstance(value, dict) else value for column, value in cells.items()}


def _portable(file: str, folder: Path) -> str:
    absolute, folder = Path(file).absolute(), folder.absolute()
    return str(absolute.relative_to(folder)) if absolute.is_relative_to(folder) else str(absolute)
