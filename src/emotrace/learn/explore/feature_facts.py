"""What the tables of features say: distributions, gaps, what tells emotions apart, what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.labels import EMOTIONS
from emotrace.learn.explore.boxes import bin_edges, box, boxes_by, histogram
from emotrace.learn.explore.clips import ClipFacts
from emotrace.learn.explore.correlation import correlate
from emotrace.learn.explore.groups import group_order
from emotrace.learn.explore.names import title_of
from emotrace.learn.explore.outliers import find_outliers
from emotrace.learn.explore.scale import to_scale
from emotrace.learn.explore.separation import share_explained, without_speakers
from emotrace.learn.table import FeatureTable

PAIR_GROUPS = (
    ("neutral", "calm", "happiness", "sadness"),
    ("happiness", "sadness", "anger", "fear"),
    ("anger", "fear", "disgust", "surprise"),
    ("disgust", "surprise", "neutral", "calm"),
    ("happiness", "sadness", "disgust", "surprise"),
    ("neutral", "calm", "anger", "fear"),
)
"""Emotions that are looked at together: the six groups of the call-centre project."""

Facts = dict[str, Any]

# Not the slopes, which lie so close around zero that many a clip is far, nor what says how crooked or peaked.
_COMPARED = ("mfcc", "mel", "chroma", "contrast", "roll_off", "centroid", "zero_crossing_rate")
_MEASURED = {
    "length": "seconds",
    "level": "level_dbfs",
    "silence before": "leading_seconds",
    "silence after": "trailing_seconds",
    "pitch": "pitch_hz",
    "pitch range": "pitch_range_semitones",
    "pace": "syllables_per_second",
}


def feature_facts(table: FeatureTable) -> Facts:
    """Describe one table: gaps, constant columns, a box of every column.

    ``n_missing`` and ``n_infinite`` count values; a clip with such values has no row, and stands in ``unusable``.
    """
    matrix = table.matrix.astype(np.float64)
    return {
        "n_clips": len(matrix),
        "n_features": len(table.names),
        "n_missing": int(np.isnan(matrix).sum()),
        "n_infinite": int(np.isinf(matrix).sum()),
        "n_zero": int((matrix == 0.0).sum()),
        # One clip cannot vary.
        "constant": [
            name
            for name, spread in zip(table.names, np.ptp(matrix, axis=0), strict=True)
            if spread == 0 and len(matrix) > 1
        ],
        "unusable": [clip.reason for clip in table.unusable],
        "features": {
            name: {**_short(box(column)), "n_outliers": len(box(column)["outliers"])}
            for name, column in zip(table.names, matrix.T, strict=True)
        },
    }


def emotion_boxes(table: FeatureTable) -> dict[str, dict[str, Facts]]:
    """Give a box by emotion of every column: ``boxes[feature][emotion]``, levels and powers in decibels."""
    emotions = [utterance.emotion for utterance in table.utterances]
    boxes = {}
    for name, column in zip(table.names, table.matrix.T, strict=True):
        found = boxes_by(to_scale(name, column), emotions)
        boxes[name] = {emotion: _short(values) for emotion, values in found.items()}
    return boxes


def emotion_histograms(table: FeatureTable, names: Sequence[str]) -> dict[str, Facts]:
    """Count each feature in common bins by emotion: ``{"edges", "counts": {emotion: [...]}}``."""
    emotions = np.array([utterance.emotion for utterance in table.utterances])
    found = {}
    for name in names:
        column = to_scale(name, table.matrix[:, table.names.index(name)])
        edges = bin_edges(column)
        counts = {e: histogram(column[emotions == e], edges)["counts"] for e in group_order(emotions.tolist())}
        found[name] = {"edges": edges.tolist(), "counts": counts}
    return found


def rank_features(tables: Sequence[FeatureTable]) -> Facts:
    """Say of every feature how much of it emotion, speaker and sex explain.

    Returns
    -------
    dict
        ``chance``: what a feature that has nothing to do with the groups would have on average, (groups - 1) /
        (clips - 1), for ``emotion`` and ``speaker``. ``ranked``: of every feature ``emotion``, the share as it is;
        ``emotion_within_speakers``, once every speaker's own level is taken away, by which the list is sorted;
        ``speaker`` and ``sex``. None: the column is constant, or there are no two groups.
    """
    rows: list[Facts] = []
    chance = {}
    for table in tables:
        who = [utterance.speaker for utterance in table.utterances]
        emotions = [utterance.emotion for utterance in table.utterances]
        sexes = [utterance.sex or "unknown" for utterance in table.utterances]
        n = max(len(who) - 1, 1)
        chance = {"emotion": (len(set(emotions)) - 1) / n, "speaker": (len(set(who)) - 1) / n}
        columns = {
            "emotion": _shares(table.matrix, emotions),
            "emotion_within_speakers": _shares(without_speakers(table.matrix, who), emotions),
            "speaker": _shares(table.matrix, who),
            "sex": _shares(table.matrix, sexes),
        }
        rows += [
            {"name": name, **{key: shares[place] for key, shares in columns.items()}}
            for place, name in enumerate(table.names)
        ]
    ranked = sorted(rows, key=lambda row: -(row["emotion_within_speakers"] or 0.0))
    return {"chance": chance, "ranked": ranked}


def pair_groups(emotions: Sequence[str]) -> list[tuple[str, ...]]:
    """Give the groups of emotions to draw pairs of features for: at least two in each, none twice.

    Emotions that the six groups do not know form a group of their own with neutral.

    >>> pair_groups(["neutral", "anger", "sleepiness"])
    [('neutral', 'anger'), ('neutral', 'sleepiness')]
    """
    there = set(emotions)
    groups = [tuple(emotion for emotion in group if emotion in there) for group in PAIR_GROUPS]
    known = {emotion for group in PAIR_GROUPS for emotion in group}
    others = [emotion for emotion in EMOTIONS if emotion in there - known]
    if others:
        groups.append(tuple(e for e in ("neutral", *others) if e in there))
    groups = [group for group in dict.fromkeys(groups) if len(group) > 1]
    # What is part of a larger group is seen there.
    return [group for group in groups if not any(set(group) < set(other) for other in groups)]


def best_in_group(table: FeatureTable, columns: Sequence[str], group: Sequence[str]) -> list[Facts]:
    """Rank the columns by how well they tell the emotions of a group apart, within speakers."""
    rows = [row for row, utterance in enumerate(table.utterances) if utterance.emotion in group]
    places = [table.names.index(name) for name in columns]
    matrix = table.matrix[np.ix_(rows, places)]
    utterances = [table.utterances[row] for row in rows]
    shares = _shares(without_speakers(matrix, [u.speaker for u in utterances]), [u.emotion for u in utterances])
    ranked = sorted(zip(columns, shares, strict=True), key=lambda pair: -(pair[1] or 0.0))
    return [{"name": name, "share": share} for name, share in ranked]


def correlation_facts(table: FeatureTable) -> Facts:
    """Give the correlation of all columns of a table of at least two clips."""
    return correlate(table.matrix, table.names)


def outlier_facts(table: FeatureTable, clips: Sequence[ClipFacts]) -> Facts:
    """Find the clips that are unlike the others.

    Parameters
    ----------
    table
        Of ``stats70``.
    clips
        What was measured of each of its clips: length, level, pitch, pace count as features too.
    """
    columns = {
        title_of(name): to_scale(name, table.matrix[:, table.names.index(name)])
        for name in (f"{family}_{statistic}" for family in _COMPARED for statistic in ("median", "std"))
    }
    for title, attribute in _MEASURED.items():
        values = np.array([getattr(clip, attribute) for clip in clips], dtype=np.float64)
        # Where there is no pitch it is not far from anybody's.
        known = values[np.isfinite(values)]
        columns[title] = np.where(np.isfinite(values), values, np.median(known) if known.size else 0.0)
    files = [utterance.file for utterance in table.utterances]
    return find_outliers(np.stack(list(columns.values()), axis=1), list(columns), files)


def _shares(matrix: NDArray[np.floating], groups: Sequence[str]) -> list[float | None]:
    if len(set(groups)) < 2:
        return [None] * matrix.shape[1]
    return [round(v, 4) if np.isfinite(v) else None for v in share_explained(matrix, groups).tolist()]


def _short(found: Mapping[str, Any]) -> Facts:
    return {key: value for key, value in found.items() if key != "outliers"}
