"""One's own pictures: a folder per emotion, named by it. They are looked at in the browser and never sent.

Only their names, sizes and first bytes come here, to be checked.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from emotrace.errors import LabelError, UsageError
from emotrace.labels import canonical

MOST_PICTURES = 60
"""A session of more would take a quarter of an hour."""

MOST_BYTES = 20 * 1024**2
"""Of one picture."""

HEAD_BYTES = 16
"""How many of a file's first bytes are needed to know what it is."""

MOST_FILES = 2000
"""In the chosen folder, pictures or not."""

_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """A picture of the chosen folder: its place in the list of files, the emotion expected, its name."""

    index: int
    expected: str
    title: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The pictures of a folder, and a line on each file that was left out."""

    pictures: tuple[OwnPicture, ...]
    left_out: tuple[str, ...]


def choose_pictures(files: Sequence[Any]) -> Choice:
    """Choose the pictures among the files of a folder with one sub-folder per emotion.

    Parameters
    ----------
    files
        For each: ``path`` from the chosen folder on (``pictures/angry/bike.png``), ``n_bytes``, and ``head``, the
        first `HEAD_BYTES` in base64.

    Raises
    ------
    LabelError
        If a folder with pictures is not named by an emotion.
    UsageError
        If there is no picture, there are too many, or the list itself makes no sense.
    """
    if len(files) > MOST_FILES:
        raise UsageError(
            f"the folder holds {len(files):,} files; choose one that holds nothing but a sub-folder of pictures "
            "per emotion"
        )
    pictures: list[OwnPicture] = []
    left_out: list[str] = []
    for index, file in enumerate(files):
        path, n_bytes, head = _read(file)
        if any(part.startswith(".") for part in path.parts):
            continue
        reason = _why_not(n_bytes, head)
        if reason is None:
            pictures.append(OwnPicture(index, _emotion_of(path), path.stem[:120]))
        elif path.suffix.lower() in (".png", ".jpg", ".jpeg") or len(path.parts) > 2:
            left_out.append(f"{path}: {reason}")
    if not pictures:
        more = f" ({left_out[0]})" if left_out else ""
        raise UsageError(
            f"no pictures there{more}; choose a folder that has a sub-folder per emotion, such as anger and "
            "happiness, with PNG or JPEG pictures in each"
        )
    if len(pictures) > MOST_PICTURES:
        raise UsageError(f"{len(pictures)} pictures are too many for one session; at most {MOST_PICTURES}")
    return Choice(tuple(pictures), tuple(left_out))


def _read(file: Any) -> tuple[PurePosixPath, int, bytes]:
    try:
        path = PurePosixPath(str(file["path"])[:1000])
        return path, int(file["n_bytes"]), base64.b64decode(str(file["head"])[:64], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise UsageError("the list of pictures could not be read; load the page anew and choose again") from None


def _why_not(n_bytes: int, head: bytes) -> str | None:
    if not any(head.startswith(signature) for signature in _SIGNATURES):
        return f"neither {' nor '.join(_SIGNATURES.values())}, whatever its name says" if n_bytes else "empty"
    if n_bytes > MOST_BYTES:
        return f"{n_bytes / 1024**2:.0f} MiB; a picture may have {MOST_BYTES // 1024**2}"
    return None


def _emotion_of(path: PurePosixPath) -> str:
    folder = path.parent.name
    if len(path.parts) < 2:
        raise UsageError(
            f"{path}: lies in no folder; its folder's name is the emotion that it is meant to call up"
        )
    try:
        return canonical(folder)
    except LabelError as error:
        raise LabelError(f"{path}: its folder's name should be the emotion expected; {error}") from None
