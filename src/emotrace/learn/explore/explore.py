"""Look at labelled speech from all sides, in numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from emotrace.errors import EmotraceError
from emotrace.learn.corpora import Corpus
from emotrace.learn.corpora._check import check
from emotrace.learn.explore import feature_facts as features
from emotrace.learn.explore.boxes import box, boxes_by, histogram
from emotrace.learn.explore.clips import SILENCE_DB, ClipFacts, measure_clips
from emotrace.learn.explore.examples import Example, choose_examples, compare_intensities
from emotrace.learn.explore.groups import GROUPINGS, count_groups, cross_table, groups_of
from emotrace.learn.explore.mel_lesson import mel_lesson
from emotrace.learn.explore.sample import spread_sample
from emotrace.learn.explore.voices import pitch_facts, spectrum_facts
from emotrace.learn.table import FeatureTable, extract_table
from emotrace.learn.table.extract import Unusable
from emotrace.types import Utterance

Stage: TypeAlias = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Given the name of a piece of work, what tells of its progress."""

PAIR_FEATURES = (
    "mfcc_mean",
    "mfcc_delta_mean",
    "mfcc_delta2_mean",
    "mel_mean",
    "chroma_mean",
    "contrast_mean",
    "rms_mean",
    "roll_off_mean",
    "centroid_mean",
    "zero_crossing_rate_mean",
)
"""The means of the ten families of the feature set ``stats70``."""


@dataclass(frozen=True)
class Exploration:
    """What `explore` found.

    Attributes
    ----------
    facts
        All numbers, ready for JSON.
    means184, stats70
        The features of the clips that were sampled.
    examples
        Clips to look at: ``examples[emotion][voice]``.
    intensities
        An emotion at each intensity, and ``examples[intensity][voice]``; None where there is only one.
    """

    facts: dict[str, Any]
    means184: FeatureTable
    stats70: FeatureTable
    examples: dict[str, dict[str, Example]]
    intensities: tuple[str, dict[str, dict[str, Example]]] | None


def explore(
    utterances: Sequence[Utterance],
    corpora: Iterable[Corpus],
    *,
    sample: int,
    rng: np.random.Generator,
    stage: Stage,
    n_jobs: int = 1,
    cache: Path | bool = True,
) -> Exploration:
    """Count, check, measure and compare.

    Counts, checks, lengths and levels are taken of all clips; features, pitch and pace, which take longer, of at
    most ``sample`` of them, spread evenly over speakers and emotions.

    Parameters
    ----------
    utterances
        At least one.
    corpora
        Facts of the corpora they may come from.
    sample
        At least 1.
    rng
        Draws the sample.
    stage
        Tells of progress.
    n_jobs, cache
        As those of `emotrace.learn.table.extract_table`.

    Raises
    ------
    EmotraceError
        If not a single clip can be used.
    """
    known = list(corpora)
    with stage("checking") as progress:
        report = check(utterances, known, on_done=lambda n: progress(n, len(utterances)))
    sampled = set(spread_sample(utterances, sample, rng))
    with stage("measuring") as progress:
        measured = measure_clips(utterances, [n in sampled for n in range(len(utterances))], n_jobs, progress)
    usable = [n for n, clip in enumerate(measured) if isinstance(clip, ClipFacts)]
    if not usable:
        n = len(utterances)
        raise EmotraceError(
            f"the only clip cannot be used: {measured[0]}"
            if n == 1
            else f"none of the {n} clips can be used; the first: {measured[0]}"
        )
    clips = [clip for clip in measured if isinstance(clip, ClipFacts)]
    there = [utterances[n] for n in usable]
    heavy = [utterances[n] for n in usable if n in sampled] or there
    tables = {}
    for name in ("means184", "stats70"):
        with stage(f"extracting {name}") as progress:
            tables[name] = extract_table(heavy, name, n_jobs=n_jobs, cache=cache, progress=progress)
    means184, stats70 = tables["means184"], tables["stats70"]
    seconds = [clip.seconds for clip in clips]
    facts = {
        "n_clips": len(utterances),
        "n_usable": len(usable),
        "n_sampled": len(heavy),
        "seconds": math.fsum(seconds),
        "n_speakers": len({u.speaker for u in utterances}),
        "languages": sorted({u.language for u in utterances if u.language}),
        "corpora": [_corpus_facts(corpus) for corpus in known if any(u.corpus == corpus.name for u in utterances)],
        "counts": {by: count_groups(utterances, by) for by in GROUPINGS},
        "tables": {
            "emotion_by_sex": cross_table(utterances, "emotion", "sex"),
            "emotion_by_intensity": cross_table(utterances, "emotion", "intensity"),
            "emotion_by_corpus": cross_table(utterances, "emotion", "corpus"),
            "speaker_by_emotion": cross_table(utterances, "speaker", "emotion"),
        },
        "sex_of_speaker": {u.speaker: u.sex or "unknown" for u in utterances},
        "check": report.to_dict(),
        "unusable": [reason for reason in measured if isinstance(reason, str)],
        "durations": _spread(there, seconds),
        "levels": _level_facts(there, clips),
        "voices": {"pitch": pitch_facts(there, clips), **spectrum_facts(means184)},
        "features": {name: features.feature_facts(table) for name, table in tables.items()},
        "not_extracted": [_unusable(clip) for table in tables.values() for clip in table.unusable],
        "boxes": features.emotion_boxes(means184),
        "histograms": features.emotion_histograms(stats70, PAIR_FEATURES),
        "separation": features.rank_features([means184, stats70]),
        "correlation": features.correlation_facts(stats70),
        "outliers": features.outlier_facts(stats70, _clips_of(stats70, there, clips)),
        "pairs": [
            {"emotions": list(group), "ranked": features.best_in_group(stats70, PAIR_FEATURES, group)}
            for group in features.pair_groups([u.emotion for u in stats70.utterances])
        ],
        "mel_lesson": mel_lesson(),
    }
    return Exploration(
        facts, means184, stats70, choose_examples(there, seconds), compare_intensities(there, seconds)
    )


def _corpus_facts(corpus: Corpus) -> dict[str, Any]:
    return {
        "name": corpus.name,
        "title": corpus.title,
        "licence": corpus.licence,
        "licence_url": corpus.licence_url,
        "allows_commercial_use": corpus.allows_commercial_use,
        "citation": corpus.citation,
    }


def _spread(utterances: Sequence[Utterance], values: Sequence[float]) -> dict[str, Any]:
    """Give a quantity's box and histogram, and its boxes by each grouping that has more than one group."""
    found = {by: boxes_by(values, groups_of(utterances, by)) for by in GROUPINGS}
    return {"all": box(values), "histogram": histogram(values), **found}


def _level_facts(utterances: Sequence[Utterance], clips: Sequence[ClipFacts]) -> dict[str, Any]:
    return {
        "silence_db": SILENCE_DB,
        "level_dbfs": _spread(utterances, [clip.level_dbfs for clip in clips]),
        "peak_dbfs": {
            "all": box([c.peak_dbfs for c in clips]),
            "histogram": histogram([c.peak_dbfs for c in clips]),
        },
        "rms_dbfs": {"all": box([c.rms_dbfs for c in clips])},
        "leading_seconds": _ends([clip.leading_seconds for clip in clips]),
        "trailing_seconds": _ends([clip.trailing_seconds for clip in clips]),
        "silent_share": box([(c.leading_seconds + c.trailing_seconds) / c.seconds for c in clips]),
    }


def _ends(seconds: Sequence[float]) -> dict[str, Any]:
    return {"all": box(seconds), "histogram": histogram(seconds, np.linspace(0.0, max(0.1, *seconds), 33))}


def _clips_of(table: FeatureTable, utterances: Sequence[Utterance], clips: Sequence[ClipFacts]) -> list[ClipFacts]:
    """Give what was measured of the clips that have a row in the table."""
    measured = {(u.file, u.segment): clip for u, clip in zip(utterances, clips, strict=True)}
    return [measured[utterance.file, utterance.segment] for utterance in table.utterances]


def _unusable(clip: Unusable) -> dict[str, str]:
    return {"file": clip.utterance.file, "reason": clip.reason}
