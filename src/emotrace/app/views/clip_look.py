"""A clip with its player, and what it looks like, all on one axis of time that a cursor runs along."""

from __future__ import annotations

from pathlib import PurePath

from emotrace.app.exploring.look import Look, Picture
from emotrace.app.views.parts import data_uri, draw_audio, draw_emotion
from emotrace.markup import Child, Html, element
from emotrace.types import Utterance

_HEIGHT = 100
_MOST_TICKS = 6
_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0)

EMPTY = element("div", "Choose a clip to hear it and to see its sound.", class_="empty tall")


def draw_look(look: Look, head: Child, words: str) -> Html:
    """Draw a clip; ``words`` name it to those who cannot see it."""
    note = element("p", f"The first {look.seconds:.0f} s of it.", class_="soft") if look.is_cut else None
    rows = [
        _row("Waveform", None, [draw_wave(look.wave)], f"waveform of {words}"),
        *(draw_picture(each) for each in look.pictures),
    ]
    plots = element("div", rows, element("div", class_="cursor", aria_hidden="true"), class_="plots")
    return element(
        "figure",
        element("figcaption", head, note),
        draw_audio(look.sound, f"Play {words}"),
        plots,
        draw_times(look.seconds),
        class_="look",
        data_seconds=f"{look.seconds:.4f}",
    )


def draw_head(utterance: Utterance, said: str = "") -> Html:
    """Say which clip it is."""
    stretch = "" if utterance.segment is None else f", {utterance.segment.start:g}–{utterance.segment.end:g} s"
    facts = [utterance.speaker, utterance.sex, utterance.intensity, utterance.sentence]
    line = " · ".join(str(fact) for fact in facts if fact)
    return element(
        "div",
        element("h3", draw_emotion(utterance.emotion), element("span", said, class_="soft") if said else None),
        element("p", line, class_="soft") if line else None,
        element("p", f"“{utterance.text}”") if utterance.text else None,
        element("p", f"{PurePath(utterance.file).name}{stretch}", class_="file", title=utterance.file),
    )


def name_clip(utterance: Utterance) -> str:
    """Name a clip in a few words."""
    return " ".join(filter(None, (utterance.emotion, utterance.speaker, PurePath(utterance.file).name)))


def draw_picture(picture: Picture, height: str = "") -> Html:
    """Draw a row of a clip: a picture with what is written at its heights."""
    image = element("img", src=data_uri(picture.png, "image/png"), alt=f"{picture.name}: {picture.words}")
    ticks = [
        element("span", words, class_="tick", style=f"bottom: {100 * place:.1f}%", aria_hidden="true")
        for place, words in picture.ticks
    ]
    return _row(picture.name, picture.words, [image, ticks], None, height)


def draw_wave(wave: tuple[tuple[float, float], ...]) -> Html:
    """Draw a waveform as tall as its place, whatever its level."""
    loudest = max((max(abs(low), abs(high)) for low, high in wave), default=0.0) or 1.0
    step = 1000.0 / max(len(wave), 1)
    upper = [f"{k * step:.1f} {_HEIGHT * (0.5 - 0.48 * high / loudest):.1f}" for k, (_, high) in enumerate(wave)]
    lower = [f"{k * step:.1f} {_HEIGHT * (0.5 - 0.48 * low / loudest):.1f}" for k, (low, _) in enumerate(wave)]
    path = element("path", d=f"M{' L'.join([*upper, *reversed(lower)])}Z")
    return element("svg", path, viewBox=f"0 0 1000 {_HEIGHT}", preserveAspectRatio="none", aria_hidden="true")


def draw_times(seconds: float) -> Html:
    """Draw the axis of time."""
    step = next((step for step in _STEPS if seconds / step <= _MOST_TICKS), _STEPS[-1])
    n = int(seconds / step + 1e-6)
    marks = [
        element("span", f"{k * step:g}" + (" s" if k == n else ""), style=f"left: {100 * k * step / seconds:.2f}%")
        for k in range(n + 1)
        # The last must not hang over the edge.
        if k * step <= 0.97 * seconds
    ]
    return element("div", element("div", marks), class_="times", aria_hidden="true")


def _row(name: str, words: str | None, plot: list[Child], label: str | None, height: str = "") -> Html:
    shown = element("div", plot, class_=f"plot {height}".strip(), role="img" if label else None, aria_label=label)
    return element("div", element("div", name, class_="name", title=words), shown, class_="row")
