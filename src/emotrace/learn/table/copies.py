"""How measured copies of clips, as plans of augmentation make them, are found again on the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from emotrace.features._feature_set import load_feature_set
from emotrace.learn import augment
from emotrace.learn.augment import Row
from emotrace.learn.table._cache import FeatureCache, hash_content
from emotrace.learn.table._fingerprint import fingerprint


def name_row(row: Row) -> str | None:
    """Name a row by the sound it is made from, what is done to it, and what is drawn for it.

    None if its file cannot be read.
    """
    content = hash_content(row.utterance.file)
    if content is None or not row.chain.steps:
        return content
    return f"{content} {row.chain!r} {row.rng().bit_generator.state['state']!r}"


def open_row_cache(root: Path, feature_set: str, trim_db: float | None, how: str = "") -> FeatureCache:
    """Open the cache of rows; beside what features depend on, the code of all augmentations counts.

    ``how`` says what else is done to a sound before it is measured.
    """
    found = load_feature_set(feature_set)
    whole = hashlib.sha256(f"{fingerprint(found, trim_db)}{how}".encode())
    for file in sorted(Path(augment.__file__).parent.glob("*.py")):
        whole.update(file.read_bytes())
    return FeatureCache(root, found.name, whole.hexdigest())
