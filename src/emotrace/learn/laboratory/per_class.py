"""Precision, recall and F1 of every label: ours, the published ones, and both side by side on the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from emotrace.learn.evaluation.metrics import macro_f1, score_classes
from emotrace.learn.laboratory.recipe import Published

Facts = Mapping[str, Any]

_MEASURES = ("precision", "recall", "f1")
_HEAD = """## Per class

Precision / recall / F1 of each label, where the claim gives any of them; ours are of the predictions of all
divisions together. Those of all other claims are in `reproduction.json`.

| claim | model | group | label | published | ours as claimed | ours speaker-independent |
|---|---|---|---|---|---|---|
"""


def class_figures(truth: Sequence[str], prediction: Sequence[str]) -> dict[str, Any]:
    """Give ``macro_f1`` and, by label, ``per_class``, ready for JSON.

    ``precision``, ``recall`` and ``f1`` are in [0, 1], 0 where they are not defined: of a label that is never
    predicted, or never true, as ``n_predicted`` and ``support`` say.
    """
    scores = {score.label: dataclasses.asdict(score) for score in score_classes(truth, prediction)}
    return {
        "macro_f1": round(macro_f1(truth, prediction), 4),
        "per_class": {
            label: {
                **{measure: round(score[measure], 4) for measure in _MEASURES},
                "support": score["support"],
                "n_predicted": score["n_predicted"],
            }
            for label, score in scores.items()
        },
    }


def published_classes(figure: Published) -> dict[str, Any]:
    """Give the same keys of a published figure; of these, and of each label, only what is published."""
    told: dict[str, Any] = {} if figure.macro_f1 is None else {"macro_f1": figure.macro_f1}
    if figure.per_class:
        told["per_class"] = {
            label: {key: value for key, value in dataclasses.asdict(found).items() if value is not None}
            for label, found in figure.per_class.items()
        }
    return told


def render_classes(summaries: Sequence[Facts]) -> str:
    """Give the section of the page; an empty text where no claim has published figures of its labels."""
    rows = [
        _row(summary, result, figure)
        for summary in summaries
        for result in summary["results"]
        for figure in result["published"]
        if figure.get("per_class")
    ]
    return _HEAD + "".join(rows) if rows else ""


def _row(summary: Facts, result: Facts, figure: Facts) -> str:
    labels = list(figure["per_class"])
    mark = " leaky" if summary["is_leaky"] else ""
    cells = [
        summary["claim"],
        result["model"],
        result["group"],
        "<br>".join([*labels, "macro F1"]),
        _cell(figure, labels, mark),
        _cell(result["as_claimed"], labels, mark),
        _cell(result["speaker_independent"], labels, ""),
    ]
    return "| " + " | ".join(cells) + " |\n"


def _cell(side: Facts | None, labels: Sequence[str], mark: str) -> str:
    if side is None:
        return "not run yet"
    lines = [[_number(side["per_class"].get(label, {}).get(key), 2) for key in _MEASURES] for label in labels]
    told = [" / ".join(line) for line in lines] + [_number(side.get("macro_f1"), 3)]
    return "<br>".join(f"{line}{mark if any(c.isdigit() for c in line) else ''}" for line in told)


def _number(value: float | None, n_digits: int) -> str:
    return "–" if value is None else f"{value:.{n_digits}f}"
