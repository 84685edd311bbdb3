"""The features of one recording: decoded once, however many stretches of it are wanted."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_audio
from emotrace.audio.source import show_path
from emotrace.audio.trim import trim
from emotrace.errors import AudioError, AudioWarning, MissingExtraError
from emotrace.features._feature_set import FeatureSet, load_feature_set
from emotrace.learn.table._cache import FeatureCache, hash_content
from emotrace.learn.table._fingerprint import SOURCES_AT_IMPORT, hash_sources
from emotrace.types import Segment

Values = NDArray[np.float32]

EDITED = "the source of emotrace was edited since this process started; start it anew"


@dataclass(frozen=True)
class FileTask:
    """The stretches of one file that are wanted; None means all of it."""

    file: str
    segments: tuple[Segment | None, ...]


@dataclass
class FileResult:
    """What came of a task: for every stretch its features, or the reason why there are none."""

    values: list[Values | str]
    warnings: list[str] = field(default_factory=list)
    cache_trouble: str = ""


@dataclass
class FeatureWork:
    """What a worker needs to know to do tasks; nothing heavy, because it is sent to other processes.

    ``cache`` is None where nothing is to be kept. After the first trouble with it nothing is kept any more.
    ``sources`` is the hash of the code that the cache counts on: a worker may start after an edit.
    """

    set_name: str
    trim_db: float | None
    cache: FeatureCache | None
    sources: str = SOURCES_AT_IMPORT
    is_checked: bool = False

    def __call__(self, task: FileTask) -> FileResult:
        """Find or compute the features of one file."""
        content = None if self.cache is None else hash_content(task.file)
        kept: list[Values | None] = [None] * len(task.segments)
        if self.cache is not None and content is not None:
            kept = [self.cache.get(content, segment) for segment in task.segments]
        missing = [segment for segment, values in zip(task.segments, kept, strict=True) if values is None]
        if not missing:
            return FileResult([values for values in kept if values is not None])
        feature_set = load_feature_set(self.set_name)
        trouble = self._check_sources()
        result = compute_file(feature_set, self.trim_db, task.file, missing)
        # A damaged file is read again each time, so that its warning is given each time.
        if content is not None and not result.warnings:
            trouble = trouble or self._keep(task.file, content, missing, result.values)
        computed = iter(result.values)
        whole = [next(computed) if values is None else values for values in kept]
        return FileResult(whole, result.warnings, trouble)

    def _check_sources(self) -> str:
        # After the set was imported: what is edited later does not run in this process.
        if self.is_checked or self.cache is None:
            return ""
        self.is_checked = True
        if self.sources == SOURCES_AT_IMPORT == hash_sources():
            return ""
        self.cache = None
        return EDITED

    def _keep(
        self, file: str, content: str, segments: Sequence[Segment | None], results: Sequence[Values | str]
    ) -> str:
        # What was decoded may not be what was hashed.
        if self.cache is None or hash_content(file) != content:
            return ""
        try:
            for segment, values in zip(segments, results, strict=True):
                if not isinstance(values, str):
                    self.cache.put(content, segment, values)
        except OSError as error:
            trouble = f"{self.cache.folder}: {error.strerror or error}"
            self.cache = None
            return trouble
        return ""


def compute_file(
    feature_set: FeatureSet, trim_db: float | None, file: str, segments: Sequence[Segment | None]
) -> FileResult:
    """Decode a file and extract the features of its stretches.

    Each is cut out, then trimmed (`emotrace.audio.trim.trim`, where ``trim_db`` is given), then extracted.
    """
    rate = feature_set.sampling_rate
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", AudioWarning)
        try:
            signal = load_audio(file, rate)
        except (AudioError, MissingExtraError) as error:
            return FileResult([str(error)] * len(segments))
    values = [_extract(feature_set, trim_db, signal, segment, file) for segment in segments]
    return FileResult(values, [str(w.message) for w in heard if issubclass(w.category, AudioWarning)])


def _extract(
    feature_set: FeatureSet, trim_db: float | None, signal: Values, segment: Segment | None, file: str
) -> Values | str:
    name, rate = show_path(file), feature_set.sampling_rate
    if segment is not None:
        # As in `emotrace.audio.load.load_segment`, which would decode anew for each.
        signal = signal[round(segment.start * rate) : round(segment.end * rate)]
        if not signal.size:
            return f"{name}: ends before {segment.start:g} s, where the segment starts"
        name = f"{name} from {segment.start:g} s"
    if trim_db is not None:
        signal = trim(signal, trim_db)[0]
    try:
        values = feature_set.extract(signal, rate)
    except ValueError as error:
        return f"{name}: {error}"
    if not values.size:
        return f"{name}: too short for a single frame of {feature_set.name}"
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values.reshape(-1, values.shape[-1])).all(axis=0))
        return f"{name}: {bad.size} features are not finite, first {feature_set.names[bad[0]]}"
    return values
