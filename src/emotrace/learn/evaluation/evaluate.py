"""All scores of one set of predictions as one plain table, ready for JSON, cards and plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.errors import LabelError, UsageError
from emotrace.learn.evaluation.bootstrap import Interval, SpeakerDraw, draw_speakers
from emotrace.learn.evaluation.calibration import restrict_probabilities
from emotrace.learn.evaluation.confusion import (
    check_labels,
    f1s,
    index_truth,
    mean_f1,
    mean_recall,
    precisions,
    recalls,
    share_correct,
)
from emotrace.learn.evaluation.metrics import (
    brier_scores,
    check_probabilities,
    judge_top,
    log_losses,
)
from emotrace.learn.evaluation.reliability import N_BINS, calibration_error, sum_bins
from emotrace.learn.evaluation.selective import tell_risk_coverage, tell_uncertain
from emotrace.types import Utterance

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

UNKNOWN = "unknown"
"""What stands in the tables for a sex, corpus or intensity that is not given."""

LEAST_CLIPS = 10
"""Of fewer clips of a speaker it is not said that nobody is understood worse."""

_HEADLINES: tuple[tuple[str, Callable[[FloatArray], FloatArray]], ...] = (
    ("unweighted_average_recall", mean_recall),
    ("accuracy", share_correct),
    ("macro_f1", mean_f1),
)


def evaluate(
    truth: Sequence[str],
    probabilities: npt.ArrayLike,
    labels: Sequence[str],
    speakers: Sequence[str],
    *,
    utterances: Sequence[Utterance] | None = None,
    mask: npt.ArrayLike | None = None,
    is_no_speech: npt.ArrayLike | None = None,
    is_uncertain: npt.ArrayLike | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Any]:
    """Score predictions, with intervals over speakers.

    Parameters
    ----------
    truth
        True labels, (n,).
    probabilities
        (n, n_labels), rows sum to 1.
    labels
        What the columns stand for.
    speakers
        Speaker of each utterance, (n,); empty where unknown (then there are no intervals).
    utterances
        The utterances themselves, (n,), for the tables per sex, speaker, corpus and intensity.
    mask
        Labels allowed in each row, (n, n_labels) or (n_labels,), bool: probabilities are restricted to
        them first, so that each corpus is judged by its own labels.
    is_no_speech
        Rows (n,) in which the model heard nobody speak: wrong in every score of decisions, left out of
        log-loss, Brier score, calibration error and risk over coverage, whose probabilities do not exist.
    is_uncertain
        Rows (n,) which the product itself marks as uncertain.
    n_resamples, seed, level
        Of the bootstrap.

    Returns
    -------
    dict
        Plain numbers, lists and dicts; scores are ``{"value", "low", "high"}`` with None for an end that
        cannot be had. Keys: ``n, n_speakers, n_no_speech, labels, bootstrap, unweighted_average_recall,
        accuracy, macro_f1, per_class, confusion, log_loss, brier_score, expected_calibration_error,
        risk_coverage`` (see `tell_risk_coverage`; None where nobody spoke), given ``is_uncertain``
        ``uncertain`` (see `tell_uncertain`), and given utterances ``per_sex, per_speaker, per_corpus,
        per_intensity`` and ``worst_speaker``, the one of at least `LEAST_CLIPS` clips with the lowest recall,
        or None. The same input gives the same dict.

    Raises
    ------
    UsageError
        For lists of different lengths, wrong shapes, numbers that are not probabilities.
    LabelError
        For a truth not among the labels or not allowed by the mask.
    """
    known = check_labels(labels)
    truths = index_truth(truth, known)
    n = len(truths)
    _require_lengths(
        n, speakers=speakers, utterances=utterances, is_no_speech=is_no_speech, is_uncertain=is_uncertain
    )
    is_silent = np.zeros(n, bool) if is_no_speech is None else np.asarray(is_no_speech, dtype=bool)
    checked = _restrict(probabilities, mask, truths, is_silent, known)
    predictions = np.where(is_silent, len(known), checked.argmax(axis=1))
    draw = draw_speakers(speakers, n_resamples, seed, level)
    counts = draw.count_confusions(truths, predictions, len(known))
    scores: dict[str, Any] = {
        "n": n,
        "n_speakers": draw.n_speakers,
        "n_no_speech": int(is_silent.sum()),
        "labels": list(known),
        "bootstrap": {"unit": "speaker", "n_resamples": n_resamples, "seed": seed, "level": level},
        **_score_headlines(draw, counts),
        "per_class": _score_classes(draw, counts, known),
        "confusion": _tell_confusion(counts, known),
    }
    heard = np.flatnonzero(~is_silent).tolist()
    scores |= _score_probabilities(
        truths[heard], checked[heard], [speakers[i] for i in heard], n_resamples, seed, level
    )
    scores["risk_coverage"] = (
        tell_risk_coverage([known[truths[i]] for i in heard], checked[heard], known) if heard else None
    )
    if is_uncertain is not None and heard:
        is_correct = predictions[heard] == truths[heard]
        scores["uncertain"] = tell_uncertain(is_correct, np.asarray(is_uncertain, dtype=bool)[heard])
    if utterances is not None:
        scores |= _score_groups(truths, predictions, speakers, utterances, known, (n_resamples, seed, level))
        scores["worst_speaker"] = _find_worst(scores["per_speaker"])
    return scores


def _find_worst(per_speaker: dict[str, Any]) -> dict[str, Any] | None:
    """Find the named speaker who is understood worst, beside the mean over speakers."""
    recalls = {
        speaker: scores["unweighted_average_recall"]["value"]
        for speaker, scores in per_speaker.items()
        if speaker != UNKNOWN and scores["n"] >= LEAST_CLIPS
    }
    if not recalls:
        return None
    worst = min(recalls, key=lambda speaker: (recalls[speaker], speaker))
    return {
        "speaker": worst,
        "n": per_speaker[worst]["n"],
        "unweighted_average_recall": recalls[worst],
        "mean_of_speakers": sum(recalls.values()) / len(recalls),
    }


def _require_lengths(n: int, **columns: Any) -> None:
    for name, column in columns.items():
        if column is not None and len(column) != n:
            raise UsageError(f"truth has {n} entries but {name} has {len(column)}; give one per utterance")


def _restrict(
    probabilities: npt.ArrayLike,
    mask: npt.ArrayLike | None,
    truths: IntArray,
    is_silent: npt.NDArray[np.bool_],
    labels: tuple[str, ...],
) -> FloatArray:
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape == (len(truths), len(labels)):
        # Nobody spoke: whatever stands there is not a distribution, and is not looked at again.
        array = np.where(is_silent[:, None], 1.0 / len(labels), array)
    checked = check_probabilities(array, len(truths), len(labels))
    if mask is None:
        return checked
    restricted = restrict_probabilities(checked, mask)
    is_allowed = np.broadcast_to(np.asarray(mask, dtype=bool), checked.shape)
    forbidden = np.flatnonzero(~is_allowed[np.arange(len(truths)), truths])
    if forbidden.size:
        row = int(forbidden[0])
        raise LabelError(
            f"truth number {row} is '{labels[truths[row]]}', which the mask does not allow in its row; "
            "allow it or leave the utterance out"
        )
    return restricted


def _score_headlines(draw: SpeakerDraw, counts: FloatArray) -> dict[str, Any]:
    return {name: draw.bound(counts, score).to_dict() for name, score in _HEADLINES}


def _score_classes(draw: SpeakerDraw, counts: FloatArray, labels: tuple[str, ...]) -> dict[str, Any]:
    total = counts.sum(axis=0)
    return {
        label: {
            "precision": _defined(draw.bound(counts, _column(precisions, i))),
            "recall": _defined(draw.bound(counts, _column(recalls, i))),
            "f1": _defined(draw.bound(counts, _column(f1s, i))),
            "support": int(total[i].sum()),
            "n_predicted": int(total[:, i].sum()),
        }
        for i, label in enumerate(labels)
    }


def _column(score: Callable[[FloatArray], FloatArray], index: int) -> Callable[[FloatArray], FloatArray]:
    def of_one(counts: FloatArray) -> FloatArray:
        column: FloatArray = score(counts)[..., index]
        return column

    return of_one


def _defined(interval: Interval) -> dict[str, float | None]:
    # JSON knows no NaN; a precision without predictions is nothing, not zero.
    if not np.isfinite(interval.value):
        return {"value": None, "low": None, "high": None}
    return interval.to_dict()


def _tell_confusion(counts: FloatArray, labels: tuple[str, ...]) -> dict[str, Any]:
    total = counts.sum(axis=0).astype(np.int64)
    return {
        "labels": list(labels),
        "counts": total[:, :-1].tolist(),
        "no_speech": total[:, -1].tolist(),
    }


def _score_probabilities(
    truths: IntArray,
    probabilities: FloatArray,
    speakers: Sequence[str],
    n_resamples: int,
    seed: int,
    level: float,
) -> dict[str, Any]:
    if not len(truths):
        nothing = {"value": None, "low": None, "high": None}
        return {
            "log_loss": nothing,
            "brier_score": dict(nothing),
            "expected_calibration_error": {**nothing, "n_bins": N_BINS},
        }
    draw = draw_speakers(speakers, n_resamples, seed, level)
    confidence, is_correct = judge_top(truths, probabilities)
    bins = np.stack(
        [
            sum_bins(confidence[draw.speaker_of == row], is_correct[draw.speaker_of == row])
            for row in range(draw.n_rows)
        ]
    )
    return {
        "log_loss": _bound_mean(draw, log_losses(truths, probabilities)),
        "brier_score": _bound_mean(draw, brier_scores(truths, probabilities)),
        "expected_calibration_error": {**draw.bound(bins, calibration_error).to_dict(), "n_bins": N_BINS},
    }


def _bound_mean(draw: SpeakerDraw, losses: FloatArray) -> dict[str, float | None]:
    sums = draw.sum_by_speaker(np.stack([losses, np.ones_like(losses)], axis=1))
    return draw.bound(sums, lambda total: np.asarray(total[..., 0] / total[..., 1])).to_dict()


def _score_groups(
    truths: IntArray,
    predictions: IntArray,
    speakers: Sequence[str],
    utterances: Sequence[Utterance],
    labels: tuple[str, ...],
    settings: tuple[int, int, float],
) -> dict[str, Any]:
    columns: dict[str, list[str | None]] = {
        "per_sex": [u.sex for u in utterances],
        "per_speaker": list(speakers),
        "per_corpus": [u.corpus for u in utterances],
        "per_intensity": [u.intensity for u in utterances],
    }
    tables: dict[str, Any] = {}
    for name, column in columns.items():
        groups = np.array([value or UNKNOWN for value in column])
        tables[name] = {}
        for group in sorted(set(groups.tolist())):
            rows = np.flatnonzero(groups == group).tolist()
            draw = draw_speakers([speakers[i] for i in rows], *settings)
            counts = draw.count_confusions(truths[rows], predictions[rows], len(labels))
            tables[name][group] = {
                "n": len(rows),
                "n_speakers": draw.n_speakers,
                **_score_headlines(draw, counts),
            }
    return tables
