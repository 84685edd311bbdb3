"""What all that is measured shares when it is written: whole files, and the versions it stands on."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from emotrace.atomic import replacing
from emotrace.errors import EmotraceError


def write_text(path: Path, text: str) -> None:
    """Write a file as UTF-8, whole or not at all; its folder is made if it is not there.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EmotraceError(f"cannot write {path}: {error.strerror or error}") from None


def installed_version(package: str) -> str | None:
    """Give the version of an installed package, None where it is not."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
