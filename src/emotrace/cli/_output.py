"""Where results and warnings go."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import typer

from emotrace.errors import AudioWarning, EmotraceError


@contextlib.contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Give standard output, or a file that appears under its name only when all of it is written."""
    if path is None:
        yield sys.stdout
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise EmotraceError(f"cannot write {path}: {error.strerror}") from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        # mkstemp makes files for their owner alone; a result is an ordinary file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise EmotraceError(f"cannot write {path}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def warn_in_one_line() -> Iterator[None]:
    """Print each warning about a recording as one line on stderr."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        typer.echo(f"emotrace: warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", AudioWarning)
        warnings.showwarning = show
        yield
