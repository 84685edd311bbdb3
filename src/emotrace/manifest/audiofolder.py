"""Hugging Face audio folders: the manifest lies among the recordings and is called ``metadata``."""

from __future__ import annotations

from pathlib import Path

from emotrace.errors import ManifestError
from emotrace.manifest.formats import ENDINGS


def find_metadata(folder: Path) -> Path:
    """Give the manifest of an audio folder; raise `ManifestError` if it has none."""
    for ending in ENDINGS:
        if (folder / f"metadata{ending}").is_file():
            return folder / f"metadata{ending}"
    raise ManifestError(f"{folder}: a folder without metadata.csv; give the manifest itself")
