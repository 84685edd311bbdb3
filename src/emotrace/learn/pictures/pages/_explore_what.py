"""What the corpus is: how many clips, by whom, how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.learn.pictures.pages._explore_view import ExploreView
from emotrace.learn.pictures.pages._parts import part, section
from emotrace.learn.pictures.pages._words import count, duration, listed, percent, sentence_case
from emotrace.markup import Html, element
from emotrace.plural import plural

_FEW = 4


def draw_what(view: ExploreView) -> Html:
    """Give the section."""
    facts = view.facts
    return section(
        "what",
        "What is this corpus?",
        _figures(view),
        part("How many clips", view.plate("counts", "Bars: clips by emotion, sex, intensity and corpus.")),
        part(
            "Who says what",
            view.plate("speakers", "A table of clips by speaker and emotion."),
            note=_evenness(facts["tables"]["speaker_by_emotion"]),
        ),
        part(
            "How long",
            view.plate("durations", "Boxes: length of clips by emotion, corpus and sex."),
            note=_lengths(facts["durations"]),
        ),
        lead=_lead(facts["counts"]["emotion"]),
    )


def _figures(view: ExploreView) -> Html:
    facts = view.facts
    shown = [
        _counted(facts["n_clips"], "clip"),
        (duration(facts["seconds"]), "of sound"),
        _counted(facts["n_speakers"], "speaker"),
        _counted(len(view.emotions), "emotion"),
    ]
    if facts["durations"]["all"]["n"] > 1:
        shown.append((f"{facts['durations']['all']['median']:.1f} s", "is the usual clip"))
    boxes = [element("div", element("b", number), element("span", words)) for number, words in shown]
    return element("div", *boxes, class_="figures")


def _counted(n: int, noun: str) -> tuple[str, str]:
    return f"{n:,}", plural(n, noun)


def _lead(counts: Mapping[str, int]) -> str:
    most, least = max(counts, key=lambda e: counts[e]), min(counts, key=lambda e: counts[e])
    if len(counts) == 1:
        return f"Its emotion is {most}." if counts[most] == 1 else f"All clips are of one emotion, {most}."
    if counts[most] == counts[least]:
        return f"Every emotion has {count(counts[most], 'clip')}: whoever guesses is right once in {len(counts)}."
    commonest = [emotion for emotion in counts if counts[emotion] == counts[most]]
    others = "of each of the others" if len(commonest) == len(counts) - 1 > 1 else f"of {listed(commonest)}"
    share = counts[most] / sum(counts.values())
    return (
        f"There {'is' if counts[least] == 1 else 'are'} {count(counts[least], 'clip')} of {least} and "
        f"{counts[most]:,} {others}. "
        f"Whoever always says {most} is right {percent(share)} of the time; that is what to beat."
    )


def _evenness(rows: Mapping[str, Mapping[str, int]]) -> str | None:
    if len(rows) == 1:
        return "There is one speaker only: nothing here says how other people sound."
    n_emotions = len(next(iter(rows.values())))
    if n_emotions == 1:
        # Of which nobody can lack any.
        return None
    lacking = [speaker for speaker, by_emotion in rows.items() if not all(by_emotion.values())]
    if not lacking:
        return f"Every speaker says each of the {n_emotions} emotions: a voice alone gives nothing away."
    few = [speaker.rpartition(":")[2] for speaker in lacking[:_FEW]]
    who = listed(few) if len(lacking) <= _FEW else f"{', '.join(few)} and {len(lacking) - _FEW} more"
    verb = "lacks" if len(lacking) == 1 else "lack"
    return f"{who} {verb} emotions: where speaker and emotion go together, a model may learn the speaker."


def _lengths(seconds: Mapping[str, Any]) -> str:
    by_emotion = {emotion: found["median"] for emotion, found in seconds["emotion"].items() if found["n"]}
    longest = max(by_emotion, key=lambda emotion: by_emotion[emotion])
    shortest = min(by_emotion, key=lambda emotion: by_emotion[emotion])
    everything = seconds["all"]
    if everything["n"] == 1:
        return f"It lasts {everything['median']:.1f} s."
    said = f"Half of all clips last {everything['q1']:.1f} to {everything['q3']:.1f} s"
    if longest == shortest:
        return f"{said}."
    return (
        f"{said}. {sentence_case(longest)} is the longest (median {by_emotion[longest]:.1f} s), {shortest} the "
        f"shortest ({by_emotion[shortest]:.1f} s)."
    )
