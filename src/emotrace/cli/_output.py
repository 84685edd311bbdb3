"""Where results, warnings and errors go."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import typer

from emotrace.atomic import replacing
from emotrace.errors import AudioWarning, EmotraceError, UsageError


def tell(text: str) -> None:
    """Print one line on stderr; what does not print is escaped, so that no file name can steer a terminal."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    with contextlib.suppress(OSError):
        typer.echo(f"emotrace: {shown}", err=True)


@contextlib.contextmanager
def warn_in_one_line() -> Iterator[None]:
    """Print each warning about a recording as one line on stderr."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        tell(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", AudioWarning)
        warnings.showwarning = show
        yield


def escape_unprintable_output() -> None:
    r"""Write letters that standard output's encoding lacks (file names hold any) as ``\xe9``, not fail."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def abandon_lost_output() -> None:
    """Drop what standard output can no longer take, of which Python would complain when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Give standard output, or a file that appears under its name only when all of it is written.

    The file behind a link is replaced, not the link; a device or a pipe is written to as it is.
    """
    try:
        if path is None:
            yield sys.stdout
            sys.stdout.flush()
        elif path.exists() and not path.is_file() and not path.is_dir():
            with _opened(path) as stream:
                yield stream
        else:
            _require_writable(path)
            with replacing(path) as part, _opened(part) as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EmotraceError(f"cannot write {path or 'to standard output'}: {error.strerror or error}") from None


def refuse_to_overwrite(
    path: Path | None, recordings: Iterable[str | Path], what: str = "a recording to be heard"
) -> None:
    """Raise `UsageError` if the result would take the place of something that it comes from."""
    for recording in recordings if path is not None else ():
        with contextlib.suppress(OSError, ValueError):
            if path is not None and path.samefile(recording):
                raise UsageError(f"--output {path} is {what}; choose another name")


def require_folder(path: Path) -> None:
    """Raise `EmotraceError` unless ``path`` is a folder or can become one, before any work is done for it."""
    there = path.absolute()
    while not os.path.lexists(there):
        there = there.parent
    if not there.is_dir():
        raise EmotraceError(f"cannot write into {path}: {there} is not a folder; give another one")
    if not os.access(there, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise EmotraceError(f"cannot write into {path}: no permission to write in {there}")


def _require_writable(path: Path) -> None:
    if path.is_dir():
        raise EmotraceError(f"cannot write {path}: it is a folder; give a file name")
    if path.exists():
        # A file that may not be written to may not be replaced either; opening it says why and changes nothing.
        path.open("ab").close()


def _opened(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
