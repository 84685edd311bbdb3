"""What was heard of a clip before, kept under the content of its file and the code that listened.

It lies in the cache of features (`emotrace.learn.table`), so that an audit that was interrupted, or is made again
after some clips were moved, listens only to what is new.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import soundfile

import emotrace
from emotrace.errors import CacheWarning
from emotrace.learn._results import installed_version
from emotrace.learn.audit._heard import Heard
from emotrace.learn.evaluation.near_identical import Fingerprint
from emotrace.learn.table import cache_folder
from emotrace.learn.table._cache import FeatureCache, hash_content
from emotrace.types import Segment

_PACKAGE = Path(emotrace.__file__).parent
_SOURCES = (
    "audio",
    "learn/audit/_heard.py",
    "learn/audit/_kept.py",
    "learn/audit/listening.py",
    "learn/corpora/_measure.py",
    "learn/evaluation/_fingerprint.py",
)
_LIBRARIES = ("numpy", "soxr", "soundfile", "av")


def hash_sources() -> str:
    """Give the SHA-256 of the source files that take part in listening, as they are on the disk now."""
    whole = hashlib.sha256()
    for part in _SOURCES:
        place = _PACKAGE / part
        for file in [place] if place.is_file() else sorted(place.glob("*.py")):
            whole.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0")
            whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


SOURCES_AT_IMPORT = hash_sources()
"""Of the code that runs in this process."""


class KeptClips:
    """What was heard before, by the code of one process, and what is heard now.

    Parameters
    ----------
    root
        The folder of the cache.
    """

    def __init__(self, root: Path) -> None:
        facts = {
            "sources": SOURCES_AT_IMPORT,
            "libraries": {name: installed_version(name) or "not installed" for name in _LIBRARIES},
            "libsndfile": soundfile.__libsndfile_version__,
            "python": sys.version_info[:2],
        }
        key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        self._cache: FeatureCache | None = FeatureCache(root, "audit", key)
        self._sources = SOURCES_AT_IMPORT

    def get(self, content: str | None, segment: Segment | None) -> Heard | None:
        """Give what was heard of this stretch of a file with this content; None if nothing was kept."""
        cache = self._open()
        values = None if cache is None or content is None else cache.get(content, segment)
        return None if values is None else _unpack(np.asarray(values))

    def put(self, file: str, content: str | None, segment: Segment | None, heard: Heard) -> str:
        """Keep what was heard; give the trouble if that is not possible, after which nothing more is kept."""
        cache = self._open()
        # What was decoded may not be what was hashed.
        if cache is None or content is None or hash_content(file) != content:
            return ""
        try:
            cache.put(content, segment, _pack(heard))  # type: ignore[arg-type]
        except OSError as error:
            self._cache = None
            return f"{cache.folder}: {error.strerror or error}"
        return ""

    def _open(self) -> FeatureCache | None:
        # A process that was started after somebody edited the code runs other code than it was named by.
        return self._cache if self._sources == SOURCES_AT_IMPORT else None


def open_kept(cache: Path | bool) -> KeptClips | None:
    """Open the cache: a folder; True for the system's, False for none."""
    if cache is False:
        return None
    if hash_sources() != SOURCES_AT_IMPORT:
        warn_not_kept("the source code was edited since it was loaded")
        return None
    return KeptClips(cache_folder() if cache is True else cache)


def warn_not_kept(trouble: str) -> None:
    """Warn that the next audit will listen anew."""
    warnings.warn(f"fingerprints are not kept for the next time: {trouble}", CacheWarning, stacklevel=4)


def _pack(heard: Heard) -> np.ndarray[tuple[int, int], np.dtype[np.int8]]:
    """Give one matrix of both: the fingerprint under a row that begins with the checksum's 32 bytes."""
    ripple = heard.fingerprint.ripple
    head = np.zeros((1, ripple.shape[1]), dtype=np.int8)
    if heard.content is not None:
        head[0, 0] = 1
        head[0, 1:33] = np.frombuffer(bytes.fromhex(heard.content), dtype=np.int8)
    return np.concatenate([head, ripple])


def _unpack(values: np.ndarray[tuple[int, int], np.dtype[np.int8]]) -> Heard:
    content = values[0, 1:33].tobytes().hex() if values[0, 0] else None
    return Heard(content, Fingerprint(np.ascontiguousarray(values[1:])))
