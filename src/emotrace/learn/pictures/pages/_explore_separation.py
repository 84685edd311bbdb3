"""What sets the emotions of a corpus apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.learn.explore.names import title_of
from emotrace.learn.pictures._explore_album import most_telling, says_enough
from emotrace.learn.pictures.pages._explore_view import ExploreView
from emotrace.learn.pictures.pages._parts import fold, part, section, table, tabs
from emotrace.learn.pictures.pages._words import count, listed, percent
from emotrace.markup import Html, element

_TITLE = "What sets emotions apart?"
_N_PAIRS = 8
_N_BANDS = 128
_FOLDED = {
    "chroma": "Chroma: 12 pitch classes",
    "mfcc": "MFCC: 40 coefficients",
    "mel": "Mel bands, in decibels",
}
_TELLING = (
    "How much of a feature is explained by emotion: dots if one knows how the speaker usually sounds, rings if "
    "not. Diamonds: how much is explained by who speaks. At most three of a family are shown."
)
_TELLING_OF_ONE = "How much of a feature is explained by emotion. At most three of a family are shown."
_CORRELATION = (
    "Correlation of 70 features: ten families, in each mean, median, sd, skewness, kurtosis, minimum and maximum. "
    "Red rises together, blue against each other; grey is constant."
)


def draw_separation(view: ExploreView) -> Html:
    """Give the section."""
    if not says_enough(view.facts):
        n = count(view.facts["features"]["stats70"]["n_clips"], "clip")
        return section("separation", _TITLE, lead=f"From {n} nothing can be told.")
    folded = [
        fold(
            title + (_missing_bands(view) if name == "mel" else ""),
            view.plate(f"boxes-{name}", f"Boxes by emotion. {title}."),
        )
        for name, title in _FOLDED.items()
        if f"boxes-{name}" in view.pictures
    ]
    pairs = {listed(pair["emotions"]): _pairs(view, pair) for pair in view.facts["pairs"]}
    return section(
        "separation",
        _TITLE,
        _most_telling(view),
        part(
            "Level, brightness, noisiness",
            view.plate("boxes-simple", "Boxes of level, centroid, roll-off and zero crossings by emotion."),
            *folded,
            note="Means over each clip, by emotion: the middle half of all clips in the box, the median a line.",
        ),
        part("How features are spread", view.plate("histograms", "Distribution of ten features by emotion.")),
        _two_at_a_time(pairs),
        part(
            "What says the same",
            view.plate("correlation", "Matrix of the correlation of 70 features."),
            _strongest(view),
            note=_CORRELATION,
        ),
        lead=_lead(view),
    )


def _missing_bands(view: ExploreView) -> str:
    n = sum(name.startswith("mel_power") for name in view.facts["boxes"])
    return f": {n}" if n == _N_BANDS else f": {n} of {_N_BANDS}; the others lie where no recording has any sound"


def _most_telling(view: ExploreView) -> Html | None:
    picture = view.plate("separation", "Dots: what emotion and speaker explain of 20 features.")
    note = _TELLING if view.facts["n_speakers"] > 1 else _TELLING_OF_ONE
    return part("The most telling features", picture, note=note) if picture else None


def _two_at_a_time(pairs: Mapping[str, Html]) -> Html | None:
    note = "Ten means against each other; a point is a clip. Where colours part, two numbers nearly do."
    return part("Two features at a time", tabs("pairs", pairs), note=note) if pairs else None


def _lead(view: ExploreView) -> str:
    ranked = most_telling(view.facts["separation"]["ranked"])
    telling = [row for row in ranked if row["emotion_within_speakers"]]
    if not telling:
        return "There is one emotion only: nothing to tell apart."
    best = telling[0]
    said = f"Most telling is {title_of(best['name'])}: "
    if view.facts["n_speakers"] == 1:
        return f"{said}emotion explains {percent(best['emotion'])} of it, in the one speaker there is."
    said += (
        f"once a speaker is known, emotion explains {percent(best['emotion_within_speakers'])} of it, "
        f"{percent(best['emotion'])} if not."
    )
    if sum(row["speaker"] or 0.0 for row in ranked) > sum(row["emotion"] or 0.0 for row in ranked):
        said += " Even these features say more of who speaks than of how they feel: test on people never heard."
    return said


def _pairs(view: ExploreView, pair: Mapping[str, Any]) -> Html:
    emotions = pair["emotions"]
    best = [f"{title_of(row['name'])} ({percent(row['share'])})" for row in pair["ranked"] if row["share"]][:2]
    said = f"Told apart best by {listed(best)}, if one knows the speaker." if best else None
    picture = view.plate(f"pairs-{'-'.join(emotions)}", f"Scatter plots of ten features: {listed(emotions)}.")
    return element("div", element("p", said, class_="note") if said else None, picture)


def _strongest(view: ExploreView) -> Html:
    pairs = view.facts["correlation"]["strongest"][:_N_PAIRS]
    rows = [(title_of(p["a"]), title_of(p["b"]), f"{p['r']:+.3f}".replace("-", "−")) for p in pairs]
    return fold("The most alike", table(("one", "other", "correlation"), rows))
