"""The features of clips and of their augmented copies: computed once, kept on the disk."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_segment
from emotrace.audio.trim import trim
from emotrace.errors import EmotraceError, TrainingError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.augment import Chain, Row
from emotrace.learn.table import cache_folder, extract_values
from emotrace.learn.table._cache import FeatureCache
from emotrace.learn.table.copies import name_row, open_row_cache
from emotrace.types import Segment, Utterance

Values = NDArray[np.float32]
Progress = Callable[[int, int], None]
Key = tuple[str, Segment | None, int]


@dataclass(frozen=True)
class Measured:
    """Features of clips and copies, by file, segment and number of the copy (-1 is the clip itself)."""

    values: dict[Key, Values]

    def clips(self, utterances: Sequence[Utterance]) -> Values:
        """Give the features of clips as they are, (n, ...); frames that differ in number as an array of arrays."""
        return _together([self.values[u.file, u.segment, -1] for u in utterances])

    def rows(self, rows: Sequence[Row]) -> Values:
        """Give the features of rows of an augmentation plan, as `clips` does."""
        return _together([self.values[_key(row)] for row in rows])


def measure(
    utterances: Sequence[Utterance],
    feature_set: str,
    trim_db: float | None,
    rows: Sequence[Row] = (),
    *,
    pad_seconds: float | None = None,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
) -> tuple[Measured, list[Utterance]]:
    """Extract the features of clips, and of the rows of an augmentation plan.

    With ``pad_seconds``, silence is added to segments that are shorter (and to their copies, before they are
    changed). The other parameters are those of `emotrace.learn.table.extract_values`.

    Returns
    -------
    The features, and those of the clips that can be used.

    Raises
    ------
    EmotraceError
        As `emotrace.learn.table.extract_values`.
    TrainingError
        If a copy of a clip that can be used cannot.
    """
    rate = load_feature_set(feature_set).sampling_rate
    short = [u for u in utterances if pad_seconds is not None and _n_samples(u, rate) < round(pad_seconds * rate)]
    padded = {(u.file, u.segment) for u in short}
    as_they_are = [u for u in utterances if (u.file, u.segment) not in padded]
    found: dict[Key, Values] = {}
    if as_they_are or not short:
        plain = extract_values(
            as_they_are, feature_set, trim_db=trim_db, n_jobs=n_jobs, cache=cache, progress=progress
        )
        found = {(u.file, u.segment, -1): values for u, values in zip(plain.utterances, plain.values, strict=True)}
    usable = [u for u in utterances if (u.file, u.segment) in padded or (u.file, u.segment, -1) in found]
    keys = {(u.file, u.segment) for u in usable}
    changed = [Row(u, Chain(()), -1, 0) for u in short]
    changed += [row for row in rows if row.chain.steps and (row.utterance.file, row.utterance.segment) in keys]
    work = _CopyWork(feature_set, trim_db, pad_seconds, _open_cache(feature_set, trim_db, cache))
    for n_done, (place, values) in enumerate(run_tasks(work, changed, n_jobs), start=1):
        if isinstance(values, Death):
            raise TrainingError(
                f"{changed[place].utterance.file}: the process that changed it {values.how}, twice"
            )
        found[_key(changed[place])] = values
        if progress is not None:
            progress(n_done, len(changed))
    return Measured(found), usable


def _n_samples(utterance: Utterance, rate: int) -> float:
    """Count the samples of a segment; a clip that is heard as a whole counts as endless."""
    segment = utterance.segment
    return math.inf if segment is None else round(segment.end * rate) - round(segment.start * rate)


def _together(values: Sequence[Values]) -> NDArray[Any]:
    if len({own.shape for own in values}) == 1:
        return np.stack(values)
    apart = np.empty(len(values), dtype=object)
    for place, own in enumerate(values):
        apart[place] = own
    return apart


def _key(row: Row) -> Key:
    return row.utterance.file, row.utterance.segment, row.copy if row.chain.steps else -1


@dataclass
class _CopyWork:
    """Makes one copy, or a clip that silence is added to, and measures it, unless that was done before."""

    set_name: str
    trim_db: float | None
    pad_seconds: float | None
    cache: FeatureCache | None

    def __call__(self, row: Row) -> Values:
        name = self._name(row)
        kept = None if self.cache is None or name is None else self.cache.get(name, row.utterance.segment)
        if kept is not None:
            return kept
        features = load_feature_set(self.set_name)
        clip, rate = row.utterance, features.sampling_rate
        try:
            signal = load_segment(clip.file, clip.segment, rate)
            signal = signal if self.trim_db is None else trim(signal, self.trim_db)[0]
            if self.pad_seconds is not None:
                signal = np.pad(signal, (0, max(0, round(self.pad_seconds * rate) - signal.size)))
            values = features.extract(row.apply(signal, rate), rate)
        except (EmotraceError, ValueError) as error:
            what = f"copy {row.copy} of {clip.file}" if row.chain.steps else clip.file
            raise TrainingError(f"{what} cannot be used: {error}") from None
        if self.cache is not None and name is not None:
            # What cannot be kept is computed again.
            with contextlib.suppress(OSError):
                self.cache.put(name, clip.segment, values)
        return values

    def _name(self, row: Row) -> str | None:
        name = name_row(row)
        return name if name is None or self.pad_seconds is None else f"{name} of {self.pad_seconds!r} s"


def _open_cache(feature_set: str, trim_db: float | None, cache: Path | bool) -> FeatureCache | None:
    if cache is False:
        return None
    return open_row_cache(cache_folder() if cache is True else cache, feature_set, trim_db)
