"""Forget a person: recordings, rows, agreement."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from emotrace.app.collection.clips import CORPUS, update_clips
from emotrace.app.collection.consent import FILE
from emotrace.app.collection.folder import Collection
from emotrace.errors import ManifestError, UsageError
from emotrace.types import Utterance

_FOLDER_NAME = re.compile(r"[a-z0-9-]+")


class Erased(NamedTuple):
    """What was deleted: recordings, rows of the manifest, whether there was an agreement, and other files."""

    n_recordings: int
    n_rows: int
    had_consent: bool
    n_others: int


def erase_person(collection: Collection, name: str) -> Erased:
    """Delete everything of the person whose folder has this name.

    Rows go first, so that nothing is trained on that is about to go; the agreement goes last, so that somebody
    half forgotten, after a power cut, is still seen and can be forgotten again.

    Raises
    ------
    UsageError
        If there is no such person, or the folder holds a folder, which is not emotrace's.
    ManifestError
        If something cannot be deleted.
    """
    folder = collection.people / name
    if not _FOLDER_NAME.fullmatch(name) or collection.people.is_symlink() or folder.is_symlink():
        raise UsageError(f"{name}: there is no such person here")
    if not folder.is_dir():
        raise UsageError(f"{name}: there is no such person here; they may have been deleted in another window")
    files = sorted(folder.iterdir(), key=lambda file: (file.name == FILE, file.name))
    strange = [file for file in files if file.is_dir() and not file.is_symlink()]
    if strange:
        raise UsageError(f"{strange[0]}: is a folder that emotrace did not make; move it elsewhere first")
    n_rows = _drop_rows(collection, folder)
    try:
        for file in files:
            file.unlink(missing_ok=True)
        folder.rmdir()
    except OSError as error:
        raise ManifestError(
            f"{folder}: cannot be deleted: {error.strerror or error}; nothing is kept in the table "
            "of clips, but look into that folder"
        ) from None
    n_recordings = sum(file.suffix == ".flac" for file in files)
    had_consent = any(file.name == FILE for file in files)
    return Erased(n_recordings, n_rows, had_consent, len(files) - n_recordings - had_consent)


def _drop_rows(collection: Collection, folder: Path) -> int:
    n_rows = 0

    def drop(clips: list[Utterance]) -> list[Utterance]:
        nonlocal n_rows
        kept = [clip for clip in clips if not _is_of(clip, folder)]
        n_rows = len(clips) - len(kept)
        return kept

    update_clips(collection, drop)
    return n_rows


def _is_of(clip: Utterance, folder: Path) -> bool:
    return clip.speaker == f"{CORPUS}:{folder.name}" or Path(clip.file).parent == folder
