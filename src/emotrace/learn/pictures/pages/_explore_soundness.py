"""Whether the corpus is sound: what was looked for, how loud it is, which clips are unlike the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from emotrace.learn.corpora._check import SILENT_PEAK_DB
from emotrace.learn.pictures._explore_album import says_enough
from emotrace.learn.pictures.pages._checks import draw_checks
from emotrace.learn.pictures.pages._explore_view import ExploreView
from emotrace.learn.pictures.pages._parts import emotion, part, section, table
from emotrace.learn.pictures.pages._words import count, decibels, percent
from emotrace.markup import Html, element


def draw_soundness(view: ExploreView) -> Html:
    """Give the section."""
    return section(
        "sound",
        "Is it sound?",
        draw_checks(view.facts),
        part(
            "Loudness and silence",
            view.plate("levels", "Boxes: level by emotion and speaker."),
            note=_loudness(view.facts["levels"]),
        ),
        _outliers(view),
        lead="Everything below was looked for in every file.",
    )


def _loudness(levels: Mapping[str, Any]) -> str:
    level, silence = levels["level_dbfs"]["all"], percent(levels["silent_share"]["median"])
    median = decibels(level["median"])
    if level["max"] < SILENT_PEAK_DB:
        return "There is nothing but silence."
    if level["n"] == 1:
        return f"Its speech lies at {median} dB of full scale; {silence} of it is silence before or after."
    return (
        f"Speech lies between {decibels(level['low'])} and {decibels(level['high'])} dB of full scale (median "
        f"{median}); {silence} of the usual clip is silence before or after. A model that hears loudness hears "
        "the microphone's distance too."
    )


def _outliers(view: ExploreView) -> Html:
    found = view.facts["outliers"]
    title = "Clips unlike the others"
    if not says_enough(view.facts):
        n = count(view.facts["features"]["stats70"]["n_clips"], "clip")
        return part(title, note=f"From {n} it cannot be told what is unusual.")
    if not found["clips"]:
        return part(title, note="None: no clip has a feature that is far from the others.")
    note = (
        f"{count(found['n_clips'], 'clip has', 'clips have')} at least one of {len(found['per_feature'])} "
        f"features more than {found['far']:g} robust standard deviations from the median. "
        f"{'These have the most. ' if found['n_clips'] > len(found['clips']) else ''}Unlike is not wrong. Listen."
    )
    rows = [_outlier(view, clip) for clip in found["clips"]]
    return part(title, table(("", "clip", "emotion", "far", "most of all"), rows), note=note)


def _outlier(view: ExploreView, clip: Mapping[str, Any]) -> list[Html | str | None]:
    utterance = view.exploration.stats70.utterances[clip["row"]]
    name = PurePath(utterance.file).name
    far = [
        f"{feature['name']} ({'+' if feature['distance'] > 0 else '−'}{abs(feature['distance']):.0f})"
        for feature in clip["features"]
    ]
    return [
        view.play(utterance.file, utterance.segment, name),
        element("span", name, element("small", f" {utterance.speaker}")),
        emotion(utterance.emotion, view.emotions),
        str(clip["n_far"]),
        ", ".join(far),
    ]
