"""What all tabs share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emotrace.server.service import Service

PATH = "/app"
"""Where the app stands under its server's address."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The server that the tabs work with, and where they may look and write.

    Attributes
    ----------
    service
        Models, workers for uploads, places for streams.
    temporary
        Folder for what lives as long as the app does; it is gone afterwards.
    corpora
        Folder with one sub-folder per corpus for *Explore*, or None.
    """

    service: Service
    temporary: Path
    corpora: Path | None = None
