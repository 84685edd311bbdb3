"""How much of a score is left under a condition, and whether that is enough: pure numbers.

A change is that of the very same clips, so that its interval is the paired one: the same speakers are drawn for
both, and what they have in common cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError
from emotrace.labels import NO_SPEECH
from emotrace.learn.evaluation.bootstrap import SpeakerDraw, draw_speakers
from emotrace.learn.evaluation.confusion import encode, mean_recall, share_correct

FloatArray = npt.NDArray[np.float64]
Facts = dict[str, Any]

TELEPHONE_LIMIT, GAIN_LIMIT, FALSE_EMOTION_LIMIT = 0.04, 0.01, 0.01
"""What the shipped models are to reach: UAR lost by telephone, UAR changed by gain, emotions in no speech."""


def score_conditions(
    truth: Sequence[str],
    speakers: Sequence[str],
    predictions: Mapping[str, Sequence[str]],
    clean: str,
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Facts]:
    """Score the same clips under every condition.

    Parameters
    ----------
    truth
        True labels, (n,).
    speakers
        Speaker of each clip, (n,); empty where unknown (then there are no intervals).
    predictions
        What was heard, (n,) by condition; `emotrace.labels.NO_SPEECH` is always wrong.
    clean
        The condition that the others are compared with, a key of ``predictions``.
    n_resamples, seed, level
        Of the bootstrap over speakers.

    Returns
    -------
    dict
        By condition: ``n, n_no_speech``, and as ``{"value", "low", "high"}``: ``unweighted_average_recall,
        accuracy``, and ``change``, the recall less that of ``clean``, in [-1, 1].

    Raises
    ------
    UsageError
        For lists of different lengths or nothing in them, or if ``clean`` is not among the conditions.
    LabelError
        For a truth of *no speech*.
    """
    if clean not in predictions:
        raise UsageError(f"nothing was heard under '{clean}', which the other conditions are compared with")
    labels = sorted({*truth, *(p for heard in predictions.values() for p in heard)} - {NO_SPEECH})
    draw = draw_speakers(speakers, n_resamples, seed, level)
    counts = {name: _count(draw, truth, heard, labels) for name, heard in predictions.items()}
    return {
        name: {
            "n": len(truth),
            "n_no_speech": sum(label == NO_SPEECH for label in predictions[name]),
            "unweighted_average_recall": draw.bound(counts[name], mean_recall).to_dict(),
            "accuracy": draw.bound(counts[name], share_correct).to_dict(),
            "change": draw.bound(np.stack([counts[clean], counts[name]], axis=1), _gain_in_recall).to_dict(),
        }
        for name in predictions
    }


def _count(draw: SpeakerDraw, truth: Sequence[str], heard: Sequence[str], labels: Sequence[str]) -> FloatArray:
    truths, predictions, known = encode(truth, heard, labels)
    if len(draw.speaker_of) != len(truths):
        raise UsageError(
            f"truth has {len(truths)} labels but there are {len(draw.speaker_of)} speakers; give one each"
        )
    return draw.count_confusions(truths, predictions, len(known))


def _gain_in_recall(pairs: FloatArray) -> FloatArray:
    return np.asarray(mean_recall(pairs[..., 1, :, :]) - mean_recall(pairs[..., 0, :, :]))


def sum_false_emotions(windows: Mapping[str, Sequence[Mapping[str, int]]]) -> Facts:
    """Give the share of windows without speech in which an emotion was named.

    Parameters
    ----------
    windows
        By kind of sound, for each sound ``{"n", "n_emotions", "n_certain"}``: its windows, those of them named as
        an emotion, and those of these not marked uncertain.

    Returns
    -------
    dict
        ``n_windows, share_with_emotion, share_with_certain_emotion`` of all windows together, and by kind, in
        ``kinds``, with ``n_sounds`` and ``n_sounds_with_emotion``.

    Raises
    ------
    UsageError
        If there is not one window.
    """
    kinds = {kind: _sum_sounds(sounds) for kind, sounds in windows.items() if sounds}
    whole = _sum_sounds([sound for sounds in windows.values() for sound in sounds])
    return {**whole, "kinds": kinds}


def _sum_sounds(sounds: Sequence[Mapping[str, int]]) -> Facts:
    n = sum(sound["n"] for sound in sounds)
    if not n:
        raise UsageError("there is not one window to listen to; give longer sounds")
    return {
        "n_sounds": len(sounds),
        "n_sounds_with_emotion": sum(sound["n_emotions"] > 0 for sound in sounds),
        "n_windows": n,
        "share_with_emotion": sum(sound["n_emotions"] for sound in sounds) / n,
        "share_with_certain_emotion": sum(sound["n_certain"] for sound in sounds) / n,
    }


def judge_targets(conditions: Mapping[str, Facts], share_with_emotion: float | None) -> list[Facts]:
    """Say of every target whether it is met; ``is_met`` is None where it was not measured.

    A target is met by the figure itself, whatever its interval. Those of gain are of the clips that it does not
    drive beyond full scale (``uncut``, where some are): to be cut is another condition.
    """
    changes = {name: facts.get("uncut", facts)["change"]["value"] for name, facts in conditions.items()}
    loss = -changes["telephone"] if "telephone" in changes else None
    targets = [_target("telephone loses at most 4 points of UAR", loss, TELEPHONE_LIMIT)]
    for name in ("gain-30", "gain-10", "gain+10"):
        moved = abs(changes[name]) if name in changes else None
        what = f"{name} dB moves UAR by at most 1 point" + (", where it cuts nothing off" if "+" in name else "")
        targets.append(_target(what, moved, GAIN_LIMIT))
    what = "an emotion is named in at most 1 % of windows without speech"
    return [*targets, _target(what, share_with_emotion, FALSE_EMOTION_LIMIT)]


def _target(what: str, value: float | None, limit: float) -> Facts:
    # Floats: a loss of four points is to be four points.
    return {
        "what": what,
        "value": value,
        "limit": limit,
        "is_met": None if value is None else value <= limit + 1e-9,
    }
