"""How good the judged runs are, alone or side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emotrace.learn.pictures.pages._parts import part, plate, section, table
from emotrace.learn.pictures.pages._words import NO_VALUE, count, percent
from emotrace.markup import Html, element

SCORES = {
    "unweighted_average_recall": "unweighted average recall",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "expected_calibration_error": "expected calibration error",
}
_IN_TABLES = ("unweighted_average_recall", "accuracy", "macro_f1")
# Of so few, resampling tells hardly more than how far they are apart (TESS has two, SAVEE four).
_FEW_SPEAKERS = 3
_AGREEMENT = ("both_right", "only_one", "only_other", "both_wrong")

Facts = Mapping[str, Any]


def draw_scores(runs: Sequence[Facts], comparison: Facts | None, picture: bytes | None) -> Html:
    """Give the section; ``comparison`` and its ``picture`` are of several runs."""
    if comparison is not None and picture is not None:
        shown: list[Html | None] = [
            _same_clips(comparison),
            plate(picture, "Scores of all runs with intervals."),
            _agreement(comparison),
        ]
    else:
        (run,) = runs
        shown = [_figures(run), _by_corpus(run) if len(run["corpora"]) > 1 else None]
    return section("scores", "How good is it?", *shown, lead=_lead(runs))


def number_with_interval(score: Facts) -> Html:
    """Write a score, and its interval where it has one."""
    interval = None if score["low"] is None else element("small", f" {score['low']:.2f}–{score['high']:.2f}")
    return element("span", _number(score["value"]), interval)


def n_emotions(run: Facts) -> int:
    """Count the emotions of which there are clips."""
    return sum(1 for scores in run["per_class"].values() if scores["support"])


def _lead(runs: Sequence[Facts]) -> str:
    best = max(runs, key=lambda run: float(run["scores"]["unweighted_average_recall"]["value"]))
    uar, n = best["scores"]["unweighted_average_recall"], n_emotions(best)
    alike = [run for run in runs if run["scores"]["unweighted_average_recall"]["value"] == uar["value"]]
    # Of one emotion nothing can be guessed right or wrong.
    guess = f"; guessing would give {percent(1 / n)}" if n > 1 else ""
    said = f"f {count(n, 'emotion')} it recognises on average {percent(uar['value'])}{guess}."
    if len(alike) > 1:
        said = f"{len(alike)} of {len(runs)} are alike: o{said}"
    else:
        said = f"Best is {best['name']}: o{said}" if len(runs) > 1 else f"O{said}"
    if best["is_leaky"]:
        said += " It has heard these speakers in training: this says nothing of voices that are new to it."
    elif uar["low"] is not None and best["n_speakers"] < _FEW_SPEAKERS:
        said += f" {best['n_speakers']} speakers are too few to tell how it might be with others."
    elif uar["low"] is not None:
        said += f" With other speakers it might be {percent(uar['low'])} to {percent(uar['high'])}."
    return said


def _figures(run: Facts) -> Html:
    boxes = [
        element(
            "div", element("b", _number(score["value"])), element("span", title), element("br"), _interval(score)
        )
        for key, title in SCORES.items()
        if (score := run["scores"].get(key)) is not None
    ]
    if run["curves"] is not None:
        area = element("b", _number(run["curves"]["macro_auc"]))
        boxes.append(element("div", area, element("span", "mean area under the ROC")))
    return element("div", *boxes, class_="figures")


def _same_clips(comparison: Facts) -> Html:
    n = comparison["n_common"]
    if comparison["same_clips"]:
        return element("p", f"All runs were judged on the same {count(n, 'clip')}.", class_="note")
    common = f"{count(n, 'clip')} in common" if n else "none in common"
    said = (
        f" The runs were judged on different clips ({common}): a difference between them may be one between "
        "the clips."
    )
    return element("div", element("p", element("strong", "Mind:"), said), class_="verdict is-warning")


def _agreement(comparison: Facts) -> Html | None:
    if not comparison["n_common"]:
        return None
    rows = [
        (pair["one"], pair["other"], *(percent(pair[key]) for key in _AGREEMENT))
        for pair in comparison["agreement"]
    ]
    heads = ("one", "other", "both right", "only one", "only the other", "both wrong")
    note = "Where many clips are right for only one of two, the two would help each other."
    return part("Two by two", table(heads, rows), note=note)


def _by_corpus(run: Facts) -> Html:
    rows = [
        (name, f"{scores['n']:,}", *(number_with_interval(scores[key]) for key in _IN_TABLES))
        for name, scores in run["corpora"].items()
    ]
    return part("By corpus", table(("corpus", "clips", *(SCORES[key] for key in _IN_TABLES)), rows))


def _number(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.3f}"


def _interval(score: Facts) -> Html | None:
    return None if score["low"] is None else element("span", f"{score['low']:.3f} to {score['high']:.3f}")
