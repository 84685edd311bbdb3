"""From labelled speech to features: parallel, cached, and with every clip that cannot be used told by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotrace import registry
from emotrace.audio.source import show_path
from emotrace.errors import AudioWarning, CacheWarning, EmotraceError, UsageError
from emotrace.features._feature_set import FeatureSet, load_feature_set
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.table._cache import FeatureCache, cache_folder
from emotrace.learn.table._compute import EDITED, FeatureWork, FileTask
from emotrace.learn.table._fingerprint import SOURCES_AT_IMPORT, fingerprint, hash_sources
from emotrace.types import Utterance

Progress = Callable[[int, int], None]
Values = NDArray[np.float32]


@dataclass(frozen=True)
class Unusable:
    """A clip without features, and why."""

    utterance: Utterance
    reason: str


@dataclass(frozen=True)
class Extraction:
    """The features of many utterances, one array each.

    Attributes
    ----------
    names
        Of the values along the last axis of every array.
    values
        One float32 array for each of ``utterances``: (n,) for sets of level ``functionals``, (n_frames, n) for
        ``lld``, (height, width, n) for ``image``.
    utterances
        Those that could be used, in their order.
    unusable
        The others.
    """

    names: tuple[str, ...]
    values: tuple[Values, ...]
    utterances: tuple[Utterance, ...]
    unusable: tuple[Unusable, ...]


@dataclass(frozen=True)
class FeatureTable:
    """Utterances and their features: one row each.

    Attributes
    ----------
    names
        Of the columns of ``matrix``.
    matrix
        Shape (n_utterances, n_features), float32.
    utterances
        Those that could be used, in their order.
    unusable
        The others; empty for a table that was read from a file.
    """

    names: tuple[str, ...]
    matrix: Values
    utterances: tuple[Utterance, ...]
    unusable: tuple[Unusable, ...] = ()


def extract_values(
    utterances: Sequence[Utterance],
    feature_set: str,
    *,
    trim_db: float | None = None,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
) -> Extraction:
    """Extract the features of utterances, of any level.

    Each file is decoded once. What was computed before for the same bytes, by the same code, comes from the cache.

    Parameters
    ----------
    utterances
        At least one; segments are cut out.
    feature_set
        A name, see ``emotrace features list``.
    trim_db
        Cut off the ends of every clip that lie this many dB below its loudest frame, above 0; None keeps them.
    n_jobs
        How many processes. More than one starts fresh ones: a script then needs ``if __name__ == "__main__"``.
    cache
        A folder; True for `cache_folder`, False for none.
    progress
        Called with the number of utterances done and of all.

    Raises
    ------
    UnknownNameError, UsageError, MissingExtraError
        As `load_feature_set`, and if a number is out of range.
    EmotraceError
        If not a single utterance can be used.

    Warns
    -----
    AudioWarning
        Of recordings that are damaged but can be read.
    CacheWarning
        If features cannot be kept, for instance because the disk is full. They are computed all the same.
    """
    if not utterances:
        raise UsageError("there are no utterances to extract features of")
    if n_jobs < 1 or not (trim_db is None or trim_db > 0):
        raise UsageError(f"n_jobs must be at least 1 and trim_db above 0, got {n_jobs} and {trim_db}")
    features = load_feature_set(feature_set)
    work = FeatureWork(features.name, trim_db, _open_cache(features, trim_db, cache))
    found: list[Values | str] = [""] * len(utterances)
    n_done = 0
    for rows, results in _run(work, utterances, n_jobs):
        for row, result in zip(rows, results, strict=True):
            found[row] = result
        n_done += len(rows)
        if progress is not None:
            progress(n_done, len(utterances))
    return _gather(features, utterances, found)


def extract_table(
    utterances: Sequence[Utterance],
    feature_set: str,
    *,
    trim_db: float | None = None,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
) -> FeatureTable:
    """Extract one row of features for each utterance, with a set of level ``functionals``.

    Parameters, errors and warnings are those of `extract_values`.

    Raises
    ------
    UsageError
        Also if the set gives sequences or pictures.
    """
    require_rows(feature_set)
    extraction = extract_values(
        utterances, feature_set, trim_db=trim_db, n_jobs=n_jobs, cache=cache, progress=progress
    )
    return FeatureTable(extraction.names, np.stack(extraction.values), extraction.utterances, extraction.unusable)


def require_rows(feature_set: str) -> None:
    """Raise `UsageError` unless the set gives one row per clip."""
    features = load_feature_set(feature_set)
    if features.level != "functionals":
        gives = {"lld": "a row per frame", "image": "a picture"}[features.level]
        raise UsageError(
            f"feature set '{features.name}' gives {gives}, not one row per clip; take one of level functionals "
            f"({', '.join(_plain_rows())}), or emotrace.learn.table.extract_values in Python"
        )


def _plain_rows() -> list[str]:
    modules = {name: registry.load("feature set", name) for name in registry.names("feature set")}
    return [name for name, module in modules.items() if getattr(module, "LEVEL", "") == "functionals"]


def _run(
    work: FeatureWork, utterances: Sequence[Utterance], n_jobs: int
) -> Iterator[tuple[list[int], list[Values | str]]]:
    """Do one file after another, and give the rows it stands in and what came of each."""
    rows_of: dict[str, list[int]] = {}
    for row, utterance in enumerate(utterances):
        rows_of.setdefault(utterance.file, []).append(row)
    tasks = [FileTask(file, tuple(utterances[row].segment for row in rows)) for file, rows in rows_of.items()]
    is_warned = False
    for place, result in run_tasks(work, tasks, n_jobs):
        file, rows = tasks[place].file, rows_of[tasks[place].file]
        if isinstance(result, Death):
            yield rows, [f"{show_path(file)}: the process that read it {result.how}, twice"] * len(rows)
            continue
        for message in result.warnings:
            warnings.warn(message, AudioWarning, stacklevel=3)
        if result.cache_trouble and not is_warned:
            is_warned = True
            _warn_not_kept(result.cache_trouble)
        yield rows, result.values


def _open_cache(features: FeatureSet, trim_db: float | None, cache: Path | bool) -> FeatureCache | None:
    if cache is False:
        return None
    if hash_sources() != SOURCES_AT_IMPORT:
        _warn_not_kept(EDITED)
        return None
    root = cache_folder() if cache is True else cache
    return FeatureCache(root, features.name, fingerprint(features, trim_db))


def _warn_not_kept(trouble: str) -> None:
    warnings.warn(f"features are not kept for the next time: {trouble}", CacheWarning, stacklevel=3)


def _gather(features: FeatureSet, utterances: Sequence[Utterance], found: Sequence[Values | str]) -> Extraction:
    pairs = list(zip(utterances, found, strict=True))
    unusable = tuple(Unusable(utterance, values) for utterance, values in pairs if isinstance(values, str))
    if len(unusable) == len(utterances):
        raise EmotraceError(f"none of the {len(utterances)} clips could be used; the first: {unusable[0].reason}")
    return Extraction(
        features.names,
        tuple(values for values in found if not isinstance(values, str)),
        tuple(utterance for utterance, values in pairs if not isinstance(values, str)),
        unusable,
    )
