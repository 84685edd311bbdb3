"""Open the folder of a collection; refuse every other one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from emotrace.atomic import replacing
from emotrace.errors import ManifestError, UsageError

MARKER = "emotrace-collection.json"
"""The file by which a folder is known to be a collection."""

_FORMAT = 1
# What systems leave in folders by themselves.
_NOTHING = (".DS_Store", "desktop.ini", "Thumbs.db")
_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Collection:
    """A folder of clips, which may not exist yet.

    Attributes
    ----------
    root
        Absolute.
    corpora
        Folder with one sub-folder per corpus, to train on with the clips; None for the clips alone.
    """

    root: Path
    corpora: Path | None = None

    @property
    def people(self) -> Path:
        """Where each person has a folder."""
        return self.root / "people"

    @property
    def manifest(self) -> Path:
        """The table of all clips; not there as long as there are none."""
        return self.root / "manifest.csv"

    def exists(self) -> bool:
        """Say whether anything has been written yet."""
        return (self.root / MARKER).is_file()

    def create(self) -> None:
        """Make the folder, unless it is there; raise `ManifestError` if that cannot be."""
        try:
            self.people.mkdir(parents=True, exist_ok=True)
            if not self.exists():
                with replacing(self.root / MARKER) as part:
                    part.write_text(json.dumps({"format": _FORMAT}) + "\n", encoding="utf-8")
        except OSError as error:
            raise ManifestError(f"{self.root}: cannot be written to: {error.strerror or error}") from None


def open_collection(text: str, corpora: Path | None = None) -> Collection:
    """Give the collection in the folder that somebody typed; nothing is written.

    Raises
    ------
    UsageError
        If it is no full path, lies nowhere, or the folder holds something else.
    """
    text = text.strip()
    if not text or len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise UsageError("say in which folder the clips should lie, such as ~/emotrace-clips")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise UsageError(f"{text}: nobody here goes by that name; give the whole path of the folder") from None
    if not path.is_absolute():
        raise UsageError(f"{text}: give the whole path of the folder, such as ~/{path.name}")
    root = Path(os.path.realpath(path))
    try:
        _check(root)
    except OSError as error:
        raise UsageError(f"{root}: cannot be looked at: {error.strerror or error}") from None
    return Collection(root, corpora)


def _check(root: Path) -> None:
    if not os.path.lexists(root):
        if not root.parent.is_dir():
            raise UsageError(f"{root}: there is no folder {root.parent}; create it first")
        return
    if not root.is_dir():
        raise UsageError(f"{root}: is a file; give a folder")
    marker = root / MARKER
    if marker.is_file():
        _check_format(marker)
        return
    others = sorted(each.name for each in root.iterdir() if each.name not in _NOTHING)
    if others:
        raise UsageError(
            f"{root}: holds something else ({', '.join(others[:3])}{' ...' if len(others) > 3 else ''}); give an "
            "empty or new folder, so that nothing of yours is mixed up or deleted"
        )


def _check_format(marker: Path) -> None:
    try:
        record = json.loads(marker.read_text("utf-8"))
        found = record["format"]
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{marker}: damaged; it should hold {json.dumps({'format': _FORMAT})}") from None
    if found != _FORMAT:
        raise UsageError(f"{marker.parent}: made by another version of emotrace (format {found}); use that one")
