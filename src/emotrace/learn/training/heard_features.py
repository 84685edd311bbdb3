"""The features of clips and of their changed copies as a bundle will hear them: on all cores, kept on the disk.

Everything is read at the rate that bundles hear, whatever the feature set's own; see
`emotrace.features._front_end`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_segment
from emotrace.bundle.card import FrontEndFacts
from emotrace.errors import EmotraceError
from emotrace.features._front_end import HEARD_RATE, FrontEnd
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.augment import Row
from emotrace.learn.table import cache_folder
from emotrace.learn.table._cache import FeatureCache
from emotrace.learn.table.copies import name_row, open_row_cache

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
        clip, name = row.utterance, name_row(row)
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


def _open_cache(facts: FrontEndFacts) -> FeatureCache:
    return open_row_cache(cache_folder(), facts["set"], facts["trim_db"], f" heard at {HEARD_RATE}")
