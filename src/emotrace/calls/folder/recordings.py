"""The calls of a folder: its recordings, and the files with turns that lie beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from emotrace.audio.source import show_path
from emotrace.errors import EmotraceError

_KINDS = (
    *(
        "wav",
        "wave",
        "w64",
        "rf64",
        "flac",
        "ogg",
        "oga",
        "opus",
        "mp3",
        "m4a",
        "mp4",
        "aac",
        "webm",
        "mka",
        "mkv",
    ),
    *("aif", "aiff", "aifc", "au", "snd", "amr", "wma", "caf", "3gp"),
)

SUFFIXES = frozenset(f".{kind}" for kind in _KINDS)
"""Endings of the files that are taken for recordings."""

TURNS_SUFFIXES = (".rttm", ".json")
"""Endings of a file with turns that has the recording's name; the first that is there is read."""


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A recording, its path within the folder, and the file with turns beside it, if there is one."""

    path: Path
    name: Path
    turns: Path | None = None


def find_calls(folder: Path) -> list[FoundCall]:
    """Find all recordings in a folder and the folders in it, sorted; hidden ones and links to folders are passed
    over.

    Raises
    ------
    EmotraceError
        If there is none, or a folder cannot be read.
    """

    def stop(error: OSError) -> None:
        raise EmotraceError(f"cannot read {show_path(error.filename)}: {error.strerror}") from None

    found = []
    for parent, folders, files in os.walk(folder, onerror=stop):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            # A pipe of such a name would be waited for.
            if path.suffix.lower() in SUFFIXES and not name.startswith(".") and path.is_file():
                found.append(FoundCall(path, path.relative_to(folder), _turns_beside(path)))
    if not found:
        raise EmotraceError(
            f"{show_path(folder)}: no recordings in this folder; looked for are names that end in wav, flac, "
            "mp3, ogg, m4a and the like"
        )
    return found


def _turns_beside(path: Path) -> Path | None:
    return next((turns for suffix in TURNS_SUFFIXES if (turns := path.with_suffix(suffix)).is_file()), None)
