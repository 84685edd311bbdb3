"""From runs to figures: what was claimed, ours as claimed, ours on unheard speakers, and the gap between."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from emotrace.learn.evaluation.bootstrap import speaker_bootstrap
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.laboratory.per_class import class_figures, published_classes
from emotrace.learn.laboratory.recipe import Claim, Published
from emotrace.learn.laboratory.reproduce import Record
from emotrace.learn.laboratory.run import AS_CLAIMED, TWIN

NOTABLE = 0.03
"""A difference from the published figure that calls for an explanation."""

Run = Mapping[str, Any]


def summarise(record: Record) -> dict[str, Any]:
    """Give the figures of a claim, ready for JSON.

    ``results`` has an entry for every group and model that was run. Accuracies are in [0, 1]. ``mean`` and ``sd``
    are over divisions (``sd`` None for one), ``low`` and ``high`` the ends of the 95 % interval of the pooled
    predictions by a bootstrap over speakers; ``macro_f1`` and ``per_class`` are of the pooled predictions too, see
    `class_figures`, and stand in ``published`` where they were published. ``leak_gap`` is as claimed minus
    speaker-independent, in accuracy, where the claim is leaky.
    """
    claim = record.claim
    results = [
        _result(claim, model.name, group, list(record.runs.values()))
        for group in claim.groups
        for model in claim.models_of(group)
    ]
    return {
        "claim": claim.claim,
        "fingerprint": claim.fingerprint,
        "project": claim.project,
        "title": claim.title,
        "is_leaky": claim.as_claimed.is_leaky,
        "not_measured": record.not_measured or ("" if record.runs else "not run yet"),
        "remark": claim.remark,
        "published": [_told(figure) for figure in claim.published],
        "results": [result for result in results if result["as_claimed"] or result["speaker_independent"]],
        "minutes": round(sum(run["seconds"] for run in record.runs.values()) / 60.0, 1),
    }


def summarise_or_keep(record: Record, earlier: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the figures of a claim; where no run of it is left, those that were told ``earlier`` of this recipe."""
    told = summarise(record)
    if (
        record.runs
        or not earlier
        or not earlier.get("results")
        or earlier.get("fingerprint") != told["fingerprint"]
    ):
        return told
    return {**earlier, **{key: told[key] for key in ("project", "title", "remark")}}


def _result(claim: Claim, model: str, group: str, runs: Sequence[Run]) -> dict[str, Any]:
    own = [run for run in runs if (run["model"], run["group"]) == (model, group)]
    claimed = [run for run in own if run["variant"] == AS_CLAIMED]
    twin = [run for run in own if run["variant"] == TWIN]
    as_claimed = _figures(claimed) if claimed else None
    honest = {**_figures(twin), **_intervals(twin)} if twin else None
    gap = None
    if claim.as_claimed.is_leaky and as_claimed and honest:
        gap = _rounded(as_claimed["accuracy"]["mean"] - honest["accuracy"]["mean"])
    figures = [f for f in claim.published if (f.model, f.group) == (model, group)]
    return {
        "model": model,
        "group": group,
        "as_claimed": as_claimed,
        "speaker_independent": honest,
        "leak_gap": gap,
        "published": [_beside(figure, claimed, gap) for figure in figures],
    }


def _figures(runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "is_leaky": runs[0]["is_leaky"],
        "n_runs": len(runs),
        "n_train": runs[0]["n_train"],
        "n_test": runs[0]["n_test"],
        "accuracy": _spread([run["accuracy"] for run in runs]),
        "unweighted_average_recall": _spread([run["unweighted_average_recall"] for run in runs]),
        "training_accuracy": _spread([run["training_accuracy"] for run in runs]),
        "cross_validated": _spread([run["search"]["value"] for run in runs if run["search"]]),
        "minutes": round(sum(run["seconds"] for run in runs) / 60.0, 2),
        **class_figures(*_pooled(runs)[:2]),
    }


def _intervals(runs: Sequence[Run]) -> dict[str, Any]:
    truth, prediction, speakers = _pooled(runs)
    bounds = {
        "accuracy_interval": speaker_bootstrap(truth, prediction, speakers, accuracy),
        "unweighted_average_recall_interval": speaker_bootstrap(
            truth, prediction, speakers, unweighted_average_recall
        ),
    }
    told = {
        name: None if bound.low is None or bound.high is None else [_rounded(bound.low), _rounded(bound.high)]
        for name, bound in bounds.items()
    }
    return {"n_speakers": len(set(speakers)), **told}


def _pooled(runs: Sequence[Run]) -> tuple[list[str], list[str], list[str]]:
    truth = [run["labels"][i] for run in runs for i in run["truth"]]
    prediction = [run["labels"][i] for run in runs for i in run["prediction"]]
    speakers = [run["test_speakers"][i] for run in runs for i in run["speaker_of"]]
    return truth, prediction, speakers


def _beside(figure: Published, claimed: Sequence[Run], gap: float | None) -> dict[str, Any]:
    """Put our figure, measured the same way, beside a published one."""
    ours = gap if figure.measure == "leak gap" else _mean([_measure(run, figure.measure) for run in claimed])
    difference = None if ours is None else _rounded(ours - figure.value)
    return {
        **_told(figure),
        "ours": None if ours is None else _rounded(ours),
        "difference": difference,
        "is_notable": difference is not None and abs(difference) > NOTABLE,
    }


def _measure(run: Run, measure: str) -> float | None:
    if measure == "accuracy":
        return float(run["accuracy"])
    if measure == "cross-validated accuracy":
        return float(run["search"]["value"]) if run["search"] else None
    part = {"sex accuracy": 0, "emotion accuracy": -1}[measure]
    truth, prediction, _ = _pooled([run])
    return accuracy([label.split()[part] for label in truth], [label.split()[part] for label in prediction])


def _told(figure: Published) -> dict[str, Any]:
    return {
        "model": figure.model,
        "group": figure.group,
        "measure": figure.measure,
        "value": figure.value,
        "n": figure.n,
        "note": figure.note,
        **published_classes(figure),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"mean": None, "sd": None}
    sd = _rounded(statistics.stdev(values)) if len(values) > 1 else None
    return {"mean": _rounded(statistics.fmean(values)), "sd": sd}


def _rounded(value: float) -> float:
    return round(value, 4)
