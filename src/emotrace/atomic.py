"""Files that appear whole or not at all: written beside the target, then moved into place in one step."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a file to write, which takes the place of ``path`` when the block ends well.

    If the block or the move fails, what was at ``path`` is left as it was, and nothing beside it. A file that is
    replaced keeps its rights. A link stays: the file behind it is replaced.

    Raises
    ------
    OSError
        If the new file cannot be flushed to the disk or moved.
    """
    target = Path(os.path.realpath(path))
    part = sibling(target)
    try:
        yield part
        flush_to_disk(part)
        if target.exists():
            part.chmod(target.stat().st_mode & 0o777)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def sibling(path: Path) -> Path:
    """Give an unused name beside ``path``: on the same disk, so that it can be moved into place.

    It tells whose it is if the power fails, is no longer than a name may be, and cannot be guessed, so that nobody
    has put a link there.
    """
    return path.with_name(f".{path.name[:32]}.{os.urandom(8).hex()}.part")


def is_part(file: Path) -> bool:
    """Say whether a file has a name as `sibling` gives: its writer was ended before it could remove it.

    >>> is_part(Path("a/.index.html.0123456789abcdef.part")), is_part(Path("a/movie.part"))
    (True, False)
    """
    return re.fullmatch(r"\..*\.[0-9a-f]{16}\.part", file.name) is not None


def flush_to_disk(file: Path) -> None:
    """Wait until the disk has it: after a power cut, a file that was only moved into place may be empty."""
    # Windows flushes only what is open for writing.
    with file.open("rb+") as written:
        os.fsync(written.fileno())
