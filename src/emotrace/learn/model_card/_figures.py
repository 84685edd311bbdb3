"""The sections of a model card that are made of figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emotrace.bundle import Card
from emotrace.learn.model_card._front_matter import value_of
from emotrace.learn.model_card._tables import percent, points, table

Facts = Mapping[str, Any]

_COVERAGES = (1.0, 0.8, 0.6, 0.4, 0.2)
_GROUPS = {"per_sex": "sex", "per_intensity": "intensity", "per_corpus": "corpus"}


def tell_scores(card: Card, corpora: Facts, pooled: Facts | None) -> Iterator[str]:
    """Tell how good it is, by corpus."""
    yield "## How good it is"
    if not corpora:
        yield "Not judged: `emotrace evaluate` does that, on speakers it has never heard."
        return
    split = card.split
    sides = [
        f"{len(split[f'{side}_speakers'])} {words}"
        for side, words in _SIDES.items()
        if split.get(f"{side}_speakers")
    ]
    protocol = " ".join(str(part) for part in (split.get("protocol", ""), _fold(split)) if part)
    among = "both" if card.kind == "sex" else "its own"
    yield (
        "On speakers who had no part in training or tuning"
        + (f", protocol {protocol}" if protocol else "")
        + (f" ({', '.join(sides)})" if sides else "")
        + f". Each corpus is judged among {among} labels, through the path that users' recordings take. In per "
        "cent; intervals are 95 % of what drawing the speakers again gives, and with one speaker there is none."
    )
    shown = {**corpora, **({"all speech together": pooled} if pooled is not None else {})}
    yield table(
        ("corpus", "clips (speakers)", "UAR [95 %]", "accuracy", "macro F1", "calibration error (ECE)"),
        [
            (
                name,
                f"{scores.get('n', '-')} ({scores.get('n_speakers', '-')})",
                percent(scores.get("unweighted_average_recall")),
                percent(value_of(scores.get("accuracy"))),
                percent(value_of(scores.get("macro_f1"))),
                percent(value_of(scores.get("expected_calibration_error"))),
            )
            for name, scores in shown.items()
        ],
    )


_SIDES = {"train": "speakers to train", "validation": "to tune", "test": "held out"}


def _fold(split: Facts) -> str:
    return f"fold {split['fold']}" if "fold" in split else ""


def tell_confidence(card: Card, pooled: Facts | None) -> Iterator[str]:
    """Tell what its confidence is worth."""
    yield "## How sure it is"
    calibration = card.calibration
    yield (
        f"Probabilities are calibrated by one temperature ({calibration['temperature']:g}), inside the graph. "
        f"Below a confidence of {calibration['uncertain_below']:g} an answer is marked *uncertain*"
        + (
            f": the threshold that keeps {percent(calibration['coverage'])} % of the answers on validation "
            "speakers."
            if "coverage" in calibration
            else "."
        )
    )
    curve = pooled.get("risk_coverage") if pooled is not None else None
    if not curve:
        return
    marked = pooled.get("uncertain") if pooled is not None else None
    if marked and marked["accuracy_if_certain"] is not None:
        yield (
            f"On held-out speakers {percent(1.0 - marked['coverage'])} % of the answers are marked uncertain; "
            f"{percent(marked['accuracy_if_uncertain'])} % of these are right, and "
            f"{percent(marked['accuracy_if_certain'])} % of the others. If only the surest answers are kept:"
        )
    places = [_nearest(curve["coverage"], coverage) for coverage in _COVERAGES]
    yield table(
        ("answers kept", "wrong", "least confidence"),
        [
            (
                f"{percent(curve['coverage'][i])} %",
                f"{percent(curve['risk'][i])} %",
                f"{curve['threshold'][i]:.2f}",
            )
            for i in places
        ],
    )


def _nearest(values: Sequence[float], wanted: float) -> int:
    return min(range(len(values)), key=lambda place: abs(values[place] - wanted))


def tell_fairness(pooled: Facts | None) -> Iterator[str]:
    """Tell for whom it works, and for whom less."""
    yield "## For whom it works"
    if pooled is None or "per_speaker" not in pooled:
        yield "Not known: give the report of `emotrace evaluate`."
        return
    rows = [
        (title, name, str(scores["n"]), str(scores["n_speakers"]), percent(scores["unweighted_average_recall"]))
        for key, title in _GROUPS.items()
        for name, scores in pooled.get(key, {}).items()
    ]
    yield (
        "All speech together, by who speaks and how; differences between corpora are also those of their labels, "
        "languages and microphones, and what is *unknown* is what a corpus does not tell."
    )
    yield table(("by", "group", "clips", "speakers", "UAR [95 %]"), rows)
    worst = pooled.get("worst_speaker")
    if worst:
        recalls = sorted(
            scores["unweighted_average_recall"]["value"]
            for scores in pooled["per_speaker"].values()
            if scores["n"]
        )
        yield (
            f"The speaker understood worst, {worst['speaker']}, has a UAR of "
            f"{percent(worst['unweighted_average_recall'])} % in {worst['n']} clips, where the mean over "
            f"speakers is {percent(worst['mean_of_speakers'])} % and the best has {percent(recalls[-1])} %. "
            "Expect the like among your own speakers."
        )
    yield "Age, accent, skin colour and health of the speakers are not known, so that nothing can be said of them."


def tell_robustness(robustness: Facts | None) -> Iterator[str]:
    """Tell what noise, rooms and lines cost, and where a target is missed."""
    yield "## What noise, rooms and lines cost"
    if robustness is None:
        yield "Not measured: `emotrace robustness` does that."
        return
    clips = ", ".join(f"{facts['n']} of {name}" for name, facts in robustness["corpora"].items())
    yield (
        f"{robustness['n_clips']} clips of {robustness['n_speakers']} held-out speakers ({clips}), each beside "
        "its altered copy. UAR in per cent, changes in points."
    )
    yield table(
        ("condition", "UAR [95 %]", "change [95 %]", "uncertain"),
        [
            (
                entry["title"],
                percent(entry["unweighted_average_recall"]),
                points(entry["change"]) if place else "",
                f"{100 * entry['share_uncertain']:.0f} %",
            )
            for place, entry in enumerate(robustness["conditions"])
        ],
    )
    sounds = robustness["non_speech"]
    if sounds is not None:
        yield (
            f"In {sounds['n_windows']} windows of {len(sounds['kinds'])} kinds of sound in which nobody speaks "
            f"(noises, tones, music made by code, silence) an emotion is named in "
            f"{100 * sounds['share_with_emotion']:.2f} %."
        )
    missed = [target for target in robustness["targets"] if target["is_met"] is False]
    met = [target for target in robustness["targets"] if target["is_met"]]
    if met:
        yield "Targets that are met: " + "; ".join(_tell_target(target) for target in met) + "."
    if missed:
        yield "**Targets that are missed**: " + "; ".join(_tell_target(target) for target in missed) + "."


def _tell_target(target: Facts) -> str:
    return f"{target['what']} (measured: {100 * target['value']:.2f})"
