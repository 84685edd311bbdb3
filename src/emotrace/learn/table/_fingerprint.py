"""What features depend on beside the sound, in one text: the code, libraries and weights that compute them.

Nobody has to remember to count a version up. Every source file of the rooms ``audio`` and ``features`` counts
(and those of feature sets in `learn`), whether or not the set at hand uses it: too much is computed anew after a
change elsewhere in these rooms, but nothing stale is kept. Of a feature set from another package, all files of
that package and the versions of everything that is installed count.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import soundfile

import emotrace
from emotrace.features._feature_set import FeatureSet

_LIBRARIES = ("numpy", "scipy", "soxr", "soundfile", "av")
_PACKAGE = Path(emotrace.__file__).parent
_OUR_SOURCES = ("audio", "features", "learn/features", "learn/table/_cache.py", "learn/table/_compute.py")


def _hash_files(roots: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for root in roots:
        for file in [root] if root.is_file() else sorted(root.rglob("*")):
            # Editors put hidden files beside the one that they have open.
            if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith("."):
                whole.update(file.relative_to(root.parent).as_posix().encode() + b"\0")
                whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def hash_sources() -> str:
    """Give the SHA-256 of our source files that take part, as they are on the disk now."""
    return _hash_files(_PACKAGE / part for part in _OUR_SOURCES)


SOURCES_AT_IMPORT = hash_sources()
"""Of the code that runs in this process; where the files have been edited since, `hash_sources` gives another."""


def fingerprint(feature_set: FeatureSet, trim_db: float | None) -> str:
    """Give a text of 64 characters that is another one whenever the values may be."""
    facts = {
        "set": feature_set.name,
        "trim_db": trim_db,
        "sources": SOURCES_AT_IMPORT,
        "libraries": {name: _version(name) for name in (*_LIBRARIES, *feature_set.libraries)},
        "libsndfile": soundfile.__libsndfile_version__,
        "python": sys.version_info[:2],
        "foreign": _foreign(feature_set),
        "data": feature_set.data_fingerprint(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _foreign(feature_set: FeatureSet) -> object:
    module = feature_set.module
    top = module.__name__.partition(".")[0] if module is not None else "emotrace"
    if top == "emotrace" or module is None:
        return None
    package = sys.modules[top]
    roots = [Path(part) for part in getattr(package, "__path__", None) or [package.__file__ or ""]]
    installed = sorted({(d.name, d.version) for d in importlib.metadata.distributions()})
    return [_hash_files(roots), installed]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
