"""A lesson to be heard: why speech is drawn in mels."""

from __future__ import annotations

from emotrace.learn.pictures.pages._explore_view import ExploreView
from emotrace.learn.pictures.pages._parts import section
from emotrace.markup import Html, element

_SOURCES = (
    "The formula is O'Shaughnessy's (1987). It puts 1000 Hz at 1000 mel. The features of this report use "
    "Slaney's fit to the same ear (1998), linear up to 1 kHz, logarithmic above: dashed, and scaled to meet the "
    "other at 1 kHz."
)


def draw_lesson(view: ExploreView) -> Html:
    """Give the section."""
    lesson = view.facts["mel_lesson"]
    low, high = lesson["steps"]
    tones = [view.play_tone(f"{tone['hz']} Hz", f"a tone of {tone['hz']} Hz") for tone in lesson["tones"]]
    steps = [
        view.play_tone(f"{s['from_hz']} to {s['to_hz']} Hz", f"the step from {s['from_hz']} to {s['to_hz']} Hz")
        for s in lesson["steps"]
    ]
    lead = (
        f"Listen to both steps. Each is 100 Hz, but the low one sounds larger: {low['mel']:.0f} mel against "
        f"{high['mel']:.0f}. The ear measures pitch by ratio, the more so the higher it gets. Spectrograms for "
        "speech are drawn in mels, so that what sounds equal looks equal."
    )
    return section(
        "lesson",
        "A lesson: why mels?",
        element("div", element("span", "Four tones"), *tones, class_="tones"),
        element("div", element("span", "Two steps of 100 Hz"), *steps, class_="tones"),
        element("p", "m = 2595 log", element("sub", "10"), "(1 + f / 700)", class_="formula"),
        view.plate("mel-scale", "The mel curve, two equal steps in hertz and their size in mels, 24 mel bands."),
        element("p", _SOURCES, class_="footnote"),
        lead=lead,
    )
