"""Features that were computed before, one file per clip, named by all that they depend on.

The name is a hash of the content of the audio file, the stretch of it, and the fingerprint of everything that
computes (`emotrace.learn.table._fingerprint`): where anything differs another file is looked for, so that nothing
stale is ever found. Files begin with the hash of the rest: one that was damaged, or cut off by a power failure,
counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotrace.atomic import sibling
from emotrace.errors import UsageError
from emotrace.types import Segment

VARIABLE = "EMOTRACE_CACHE"
_N_HASH_BYTES = 32


def cache_folder() -> Path:
    """Give ``$EMOTRACE_CACHE``, or the folder ``emotrace`` in which the system keeps caches.

    Raises
    ------
    UsageError
        If there is neither.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given)
    try:
        home = Path.home()
    except RuntimeError:
        raise UsageError(f"no folder for the cache: set {VARIABLE} to one, or go without the cache") from None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "emotrace" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "emotrace"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "emotrace"


class FeatureCache:
    """The features of one set, computed by one state of the code.

    Parameters
    ----------
    root
        The folder of the cache; made when the first features are kept.
    set_name
        Named in the folder's name for people who look into it.
    fingerprint
        See `emotrace.learn.table._fingerprint.fingerprint`.
    """

    def __init__(self, root: Path, set_name: str, fingerprint: str) -> None:
        self.folder = root / "features" / f"{set_name.partition(':')[0]}-{fingerprint[:32]}"

    def get(self, content: str, segment: Segment | None) -> NDArray[np.float32] | None:
        """Give what was kept for a file of this content; None if there is nothing, or nothing readable."""
        try:
            stored = self._path(content, segment).read_bytes()
        except OSError:
            return None
        checksum, payload = stored[:_N_HASH_BYTES], stored[_N_HASH_BYTES:]
        if hashlib.sha256(payload).digest() != checksum:
            return None
        values: NDArray[np.float32] = np.load(io.BytesIO(payload), allow_pickle=False)
        return values

    def put(self, content: str, segment: Segment | None, values: NDArray[np.float32]) -> None:
        """Keep ``values``; raise `OSError` if that is not possible, leaving nothing behind.

        The disk is not waited for: the checksum tells what a power failure has left.
        """
        payload = io.BytesIO()
        np.save(payload, values, allow_pickle=False)
        path = self._path(content, segment)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = sibling(path)
        try:
            part.write_bytes(hashlib.sha256(payload.getbuffer()).digest() + payload.getvalue())
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def _path(self, content: str, segment: Segment | None) -> Path:
        stretch = "whole" if segment is None else f"{segment.start!r}-{segment.end!r}"
        name = hashlib.sha256(f"{content} {stretch}".encode()).hexdigest()
        # Large folders are slow on some systems.
        return self.folder / name[:2] / name[2:]


def hash_content(file: str) -> str | None:
    """Give the SHA-256 of a file's bytes; None if it is no file that can be read."""
    path = Path(file)
    whole = hashlib.sha256()
    try:
        # A pipe would be waited for, and is no recording anyway.
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                whole.update(block)
    except (OSError, ValueError):
        return None
    return whole.hexdigest()
