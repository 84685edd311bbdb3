"""The numbers behind the pictures of judging: everything that the report does not hold already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from emotrace.learn.evaluation.curves import one_vs_rest
from emotrace.learn.evaluation.reliability import N_BINS, reliability_bins
from emotrace.learn.explore.groups import UNKNOWN
from emotrace.learn.explore.judged import Answer, Judged
from emotrace.learn.training.data import is_sung

_SCORES = ("unweighted_average_recall", "accuracy", "macro_f1", "log_loss", "brier_score")

Facts = dict[str, Any]


def judged_facts(judged: Judged) -> Facts:
    """Give the numbers of one run, ready for JSON.

    ``curves`` is None where the probabilities are not known, ``reliability`` where not even the confidences are.
    Songs play no part in what is pooled, as in the report (unless there is nothing else).
    """
    pooled = judged.report["pooled"]
    answers = pooled_answers(judged)
    sure = [answer for answer in answers if answer.confidence is not None]
    return {
        "name": judged.name,
        "bundle": judged.report.get("bundle", ""),
        # Of a run of ``emotrace reproduce``.
        "claim": judged.report.get("claim", ""),
        "is_small": judged.report.get("is_small") is True,
        "is_leaky": judged.is_leaky,
        "n": pooled["n"],
        "n_speakers": pooled.get("n_speakers"),
        "n_answers": len(judged.answers),
        "n_wrong": sum(not answer.is_right for answer in judged.answers),
        "labels": list(judged.labels),
        "scores": {key: pooled[key] for key in (*_SCORES, "expected_calibration_error") if key in pooled},
        "corpora": {
            name: {"n": scores["n"], **{key: scores[key] for key in _SCORES[:3]}}
            for name, scores in judged.report.get("corpora", {}).items()
        },
        "per_class": pooled["per_class"],
        "confusion": pooled["confusion"],
        "reliability": None if not sure else _reliability(sure),
        # Of reports of earlier versions not known.
        "risk_coverage": pooled.get("risk_coverage"),
        "uncertain": pooled.get("uncertain"),
        "worst_speaker": pooled.get("worst_speaker"),
        "curves": None
        if not judged.has_probabilities
        else one_vs_rest([a.emotion for a in answers], judged.probability_matrix(answers), judged.labels),
        "per_speaker": pooled.get("per_speaker", {}),
        "per_sex": pooled.get("per_sex", {}),
        "recall_by_sex": recalls_by(answers, [answer.sex for answer in answers], judged.labels),
        "recall_by_intensity": recalls_by(answers, [answer.intensity for answer in answers], judged.labels),
        "history": [dict(epoch) for epoch in judged.history],
    }


def compare_runs(runs: Sequence[Judged], facts: Sequence[Facts]) -> Facts:
    """Give the scores of several runs side by side.

    ``same_clips`` says whether all were judged on the very same clips; if not, their figures are no comparison of
    models. ``n_common`` counts the clips that all share; ``agreement`` of two runs is the share of common clips of
    which both are right, both wrong, or only one is right.
    """
    clips = [_right_by_clip(pooled_answers(run)) for run in runs]
    common = set(clips[0]).intersection(*clips[1:])
    return {
        "runs": [
            {
                "name": f["name"],
                "n": f["n"],
                "n_speakers": f["n_speakers"],
                **f["scores"],
                "per_class": f["per_class"],
            }
            for f in facts
        ],
        "same_clips": all(set(run) == common for run in clips),
        "n_common": len(common),
        "agreement": [
            _agreement(runs[i].name, runs[j].name, clips[i], clips[j], common)
            for i in range(len(runs))
            for j in range(i + 1, len(runs))
        ],
    }


def wrong_answers(judged: Judged) -> list[Answer]:
    """List the misclassified clips, the surest mistake first; those in which nobody was heard come last."""
    wrong = [answer for answer in judged.answers if not answer.is_right]
    return sorted(wrong, key=lambda answer: -(answer.confidence or 0.0))


def pooled_answers(judged: Judged) -> list[Answer]:
    """Leave out songs, unless there is nothing else."""
    sung = {corpus for corpus in {answer.corpus for answer in judged.answers} if is_sung(corpus)}
    return [answer for answer in judged.answers if answer.corpus not in sung] or list(judged.answers)


def recalls_by(
    answers: Sequence[Answer], groups: Sequence[str], labels: Sequence[str]
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Give the recall of each label in each group, ``{group: {label: {"n", "recall"}}}``; None without clips."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for group in sorted(set(groups), key=lambda name: (not name, name)):
        own = [answer for answer, name in zip(answers, groups, strict=True) if name == group]
        found[group or UNKNOWN] = {label: _recall([a for a in own if a.emotion == label]) for label in labels}
    return found


def _recall(answers: Sequence[Answer]) -> Facts:
    n = len(answers)
    return {"n": n, "recall": sum(answer.is_right for answer in answers) / n if n else None}


def _reliability(answers: Sequence[Answer]) -> Facts:
    confidences = [answer.confidence or 0.0 for answer in answers]
    bins = reliability_bins(confidences, [answer.is_right for answer in answers], N_BINS)
    return {
        "n": len(answers),
        "mean_confidence": sum(confidences) / len(answers),
        "accuracy": sum(answer.is_right for answer in answers) / len(answers),
        "bins": [asdict(found) for found in bins],
    }


def _right_by_clip(answers: Sequence[Answer]) -> dict[tuple[Any, ...], bool]:
    """Say of each clip whether its answer is right; copies of one, of which each was judged, are counted."""
    found: dict[tuple[Any, ...], bool] = {}
    n_seen: Counter[tuple[Any, ...]] = Counter()
    for answer in answers:
        clip = (answer.file, answer.start, answer.end)
        found[(*clip, n_seen[clip])] = answer.is_right
        n_seen[clip] += 1
    return found


def _agreement(
    one: str,
    other: str,
    right_of_one: Mapping[Any, bool],
    right_of_other: Mapping[Any, bool],
    common: set[Any],
) -> Facts:
    n = max(len(common), 1)
    pairs = [(right_of_one[key], right_of_other[key]) for key in common]
    return {
        "one": one,
        "other": other,
        "both_right": sum(a and b for a, b in pairs) / n,
        "only_one": sum(a and not b for a, b in pairs) / n,
        "only_other": sum(b and not a for a, b in pairs) / n,
        "both_wrong": sum(not a and not b for a, b in pairs) / n,
    }
