"""Intervals that say how a score would move with other speakers.

Clips of one person are alike, so drawing clips again gives intervals that are far too narrow; whole
speakers are drawn, with replacement (the percentile bootstrap over clusters; Bisani & Ney, Bootstrap
Estimates for Confidence Intervals in ASR Performance Evaluation, ICASSP 2004).

With **one** speaker, or where a speaker is unknown, nothing can be said of other speakers: the interval
is None, never a clip bootstrap in disguise. With **two to about five** speakers (TESS, SAVEE) the
interval hardly says more than how far they are apart; ``n_speakers`` stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError
from emotrace.learn.evaluation.confusion import (
    encode,
    mean_f1,
    mean_recall,
    share_correct,
)
from emotrace.learn.evaluation.metrics import accuracy, macro_f1, unweighted_average_recall

FloatArray = npt.NDArray[np.float64]
Metric = Callable[[Sequence[Any], Sequence[Any]], float]


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its interval.

    Attributes
    ----------
    value
        The score of all utterances as they are.
    low, high
        Ends of the interval; None where there is none (one speaker, or unknown ones).
    level
        Share of resamples within the interval, for instance 0.95.
    n_speakers
        How many speakers were drawn from.
    """

    value: float
    low: float | None
    high: float | None
    level: float = 0.95
    n_speakers: int = 0

    def to_dict(self) -> dict[str, float | None]:
        """Give value, low and high, ready for JSON."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class SpeakerDraw:
    """How often each speaker was drawn in each resample, and which utterances are his.

    Attributes
    ----------
    speaker_of
        Index of each utterance's speaker, (n,).
    n_rows
        How many indices there are: the speakers, and one row for utterances without a speaker.
    n_speakers
        How many known speakers there are.
    weights
        (n_resamples, n_speakers), rows sum to n_speakers; None where there can be no interval.
    level
        Of the intervals.
    """

    speaker_of: npt.NDArray[np.int64]
    n_rows: int
    n_speakers: int
    weights: FloatArray | None
    level: float = 0.95

    def sum_by_speaker(self, values: FloatArray) -> FloatArray:
        """Add up the values (n, ...) of each speaker's utterances: (n_rows, ...)."""
        sums = np.zeros((self.n_rows, *values.shape[1:]))
        np.add.at(sums, self.speaker_of, values)
        return sums

    def count_confusions(
        self, truth: npt.NDArray[np.int64], prediction: npt.NDArray[np.int64], n_labels: int
    ) -> FloatArray:
        """Count each speaker's pairs of label indices: (n_rows, n_labels, n_labels + 1)."""
        counts = np.zeros((self.n_rows, n_labels, n_labels + 1))
        np.add.at(counts, (self.speaker_of, truth, prediction), 1.0)
        return counts

    def bound(self, by_speaker: FloatArray, score: Callable[[FloatArray], FloatArray]) -> Interval:
        """Score sums over speakers.

        Parameters
        ----------
        by_speaker
            What the score needs, summed over each speaker's utterances, (n_rows, ...).
        score
            Sums (..., *rest) -> scores (...).
        """
        value = float(score(by_speaker.sum(axis=0)))
        if self.weights is None:
            return Interval(value, None, None, self.level, self.n_speakers)
        flat = self.weights @ by_speaker.reshape(self.n_rows, -1)
        resampled = score(flat.reshape(len(flat), *by_speaker.shape[1:]))
        return _bound(value, resampled, self.level, self.n_speakers)


def draw_speakers(
    speakers: Sequence[str], n_resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> SpeakerDraw:
    """Draw whole speakers with replacement, as many as there are.

    Raises
    ------
    UsageError
        If there are no utterances, fewer than one resample, or a level outside (0, 1).
    """
    if n_resamples < 1 or not 0.0 < level < 1.0:
        raise UsageError(
            f"a bootstrap needs at least 1 resample and a level between 0 and 1, not {n_resamples} and {level}"
        )
    if seed < 0:
        raise UsageError(f"a seed is a whole number from 0, not {seed}")
    if len(speakers) == 0:
        raise UsageError("a bootstrap got no utterances; give at least one")
    names = [str(speaker).strip() for speaker in speakers]
    known = sorted(set(names))
    index = {name: i for i, name in enumerate(known)}
    speaker_of = np.array([index[name] for name in names], dtype=np.int64)
    n_speakers = len(known) - ("" in index)
    weights = None
    if n_speakers == len(known) > 1:
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(n_speakers, [1.0 / n_speakers] * n_speakers, size=n_resamples)
        weights = drawn.astype(np.float64)
    return SpeakerDraw(speaker_of, len(known), n_speakers, weights, level)


def speaker_bootstrap(
    truth: Sequence[Any],
    prediction: Sequence[Any],
    speakers: Sequence[str],
    metric: Metric = unweighted_average_recall,
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Give a score with its interval over speakers.

    Parameters
    ----------
    truth, prediction
        What the metric takes, (n,) each (or (n, ...) arrays for a metric of your own).
    speakers
        Speaker of each utterance, (n,).
    metric
        ``(truth, prediction) -> float``. `unweighted_average_recall`, `accuracy` and `macro_f1` are
        computed from each speaker's confusion counts, all resamples at once; any other function is
        called once per resample.
    n_resamples, seed, level
        Of the bootstrap.

    Returns
    -------
    Interval
        ``low`` and ``high`` are None with one speaker or an unknown one.

    Raises
    ------
    UsageError
        For lists of different lengths or none, or settings out of range.
    LabelError
        As the metric.
    """
    if not len(truth) == len(prediction) == len(speakers):
        raise UsageError(
            f"truth, prediction and speakers have {len(truth)}, {len(prediction)} and {len(speakers)} "
            "entries; give one of each per utterance"
        )
    draw = draw_speakers(speakers, n_resamples, seed, level)
    if metric in _FROM_COUNTS:
        truth_indices, prediction_indices, labels = encode(truth, prediction)
        counts = draw.count_confusions(truth_indices, prediction_indices, len(labels))
        return draw.bound(counts, _FROM_COUNTS[metric])
    return _bound_by_calling(truth, prediction, metric, draw)


_FROM_COUNTS: Mapping[Metric, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {unweighted_average_recall: mean_recall, accuracy: share_correct, macro_f1: mean_f1}
)


def _bound_by_calling(
    truth: Sequence[Any], prediction: Sequence[Any], metric: Metric, draw: SpeakerDraw
) -> Interval:
    value = float(metric(truth, prediction))
    if draw.weights is None:
        return Interval(value, None, None, draw.level, draw.n_speakers)
    truths, predictions = np.asarray(truth), np.asarray(prediction)
    resampled = []
    for weights in draw.weights.astype(np.int64):
        rows = np.repeat(np.arange(len(truths)), weights[draw.speaker_of])
        resampled.append(float(metric(truths[rows], predictions[rows])))  # type: ignore[arg-type]
    return _bound(value, np.array(resampled), draw.level, draw.n_speakers)


def _bound(value: float, resampled: FloatArray, level: float, n_speakers: int) -> Interval:
    # A resample may lack all that a score needs (a precision without predictions): it has no say.
    defined = resampled[np.isfinite(resampled)]
    if not defined.size:
        return Interval(value, None, None, level, n_speakers)
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0]).tolist()
    return Interval(value, low, high, level, n_speakers)
