"""A folder of results that changes at once: an interrupted report leaves the earlier one, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emotrace.atomic import sibling
from emotrace.errors import EmotraceError


@contextmanager
def replacing_contents(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into; when the block ends well, what is in it moves to ``folder``.

    What is there under the same names is replaced; anything else in ``folder`` stays. If the block fails, or is
    interrupted, ``folder`` is as it was.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    """
    target = Path(os.path.realpath(folder))
    made: Path | None = None
    try:
        # Within the folder if there is one: its parent may belong to somebody else.
        made = sibling(target / "report" if target.is_dir() else target)
        made.mkdir(parents=True)
        yield made
        if target.is_dir():
            for entry in sorted(made.iterdir()):
                _move(entry, target / entry.name)
        else:
            made.rename(target)
    except OSError as error:
        raise EmotraceError(f"cannot write into {folder}: {error.strerror or error}") from None
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def _move(new: Path, place: Path) -> None:
    if not place.is_dir() or place.is_symlink():
        new.replace(place)
        return
    old = sibling(place)
    place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)
