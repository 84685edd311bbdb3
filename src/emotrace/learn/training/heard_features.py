"""The features of clips and of their changed copies as a bundle will hear them: on all cores, kept on the disk.

Everything is read at the rate that bundles hear, whatever the feature set's own; see
`emotrace.features._front_end`.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_segment
from emotrace.bundle.card import FrontEndFacts
from emotrace.errors import EmotraceError
from emotrace.features._feature_set import load_feature_set
from emotrace.features._front_end import HEARD_RATE, FrontEnd
from emotrace.learn import augment
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.augment import Row
from emotrace.learn.table import cache_folder
from emotrace.learn.table._cache import FeatureCache, hash_content
from emotrace.learn.table._fingerprint import fingerprint

Values = NDArray[np.float32]


def hear_rows(
    rows: Sequence[Row],
    facts: FrontEndFacts,
    *,
    n_jobs: int = 1,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[Values | str]:
    """Give the features of each row of an augmentation plan, or the reason why there are none.

    Parameters
    ----------
    rows
        Clips, and what is done to each before it is measured.
    facts
        Of the front end.
    n_jobs
        Processes.
    cache
        Whether features are looked for, and kept, in `emotrace.learn.table.cache_folder`.
    progress
        Called with the number of rows done and of all.
    """
    work = _Work(facts, _open_cache(facts) if cache else None)
    found: list[Values | str] = [""] * len(rows)
    for n_done, (place, values) in enumerate(run_tasks(work, rows, n_jobs), start=1):
        found[place] = f"the process that measured it {values.how}, twice" if isinstance(values, Death) else values
        if progress is not None:
            progress(n_done, len(rows))
    return found


@dataclass
class _Work:
    facts: FrontEndFacts
    cache: FeatureCache | None
    front_end: FrontEnd | None = None

    def __call__(self, row: Row) -> Values | str:
        clip, name = row.utterance, _name(row)
        kept = None if self.cache is None or name is None else self.cache.get(name, clip.segment)
        if kept is not None:
            return kept
        self.front_end = self.front_end or FrontEnd(self.facts)
        try:
            signal = load_segment(clip.file, clip.segment, HEARD_RATE)
            signal = row.apply(signal, HEARD_RATE) if row.chain.steps else signal
            values = self.front_end.extract(signal, HEARD_RATE)
        except EmotraceError as error:
            return str(error)
        if not values.size or not np.isfinite(values).all():
            return f"{clip.file}: some features are not finite numbers, or there are none"
        if self.cache is not None and name is not None:
            # What cannot be kept is computed again.
            with contextlib.suppress(OSError):
                self.cache.put(name, clip.segment, values)
        return values


def _name(row: Row) -> str | None:
    """Name a row by the sound it is made from, what is done to it, and what is drawn for it."""
    content = hash_content(row.utterance.file)
    if content is None or not row.chain.steps:
        return content
    return f"{content} {row.chain!r} {row.rng().bit_generator.state['state']!r}"


def _open_cache(facts: FrontEndFacts) -> FeatureCache:
    feature_set = load_feature_set(facts["set"])
    whole = hashlib.sha256(f"{fingerprint(feature_set, facts['trim_db'])} heard at {HEARD_RATE}".encode())
    for file in sorted(Path(augment.__file__).parent.glob("*.py")):
        whole.update(file.read_bytes())
    return FeatureCache(cache_folder(), feature_set.name, whole.hexdigest())
