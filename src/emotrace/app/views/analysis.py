"""Everything that the tab *Analyse* shows of a recording; and what stands there before, meanwhile and instead."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from emotrace.app.views.headline import write_headline
from emotrace.app.views.runs import draw_runs
from emotrace.app.views.stage import draw_hatch, draw_legend, draw_stage, fill
from emotrace.calls.words import count, percent, show_duration, show_time
from emotrace.markup import Html, element
from emotrace.reports._text import channel_label
from emotrace.types import Prediction, Timeline

_SPEEDS = ("0.75", "1", "1.25", "1.5", "2")
_KEYS = (("Space", "play or pause"), ("← →", "back and forth"), ("Home End", "start and end"))
_LIKELIEST = 3
_PLAY, _PAUSE = "M7 5v14l12-7z", "M7 5h4v14H7zM13 5h4v14h-4z"


class Link(NamedTuple):
    """A file to be saved: its address, name, what to call its format, and what the format is."""

    address: str
    name: str
    title: str
    description: str


class Shown(NamedTuple):
    """What is shown of a recording.

    Attributes
    ----------
    name
        Of the file.
    timelines
        Its channels.
    n_channels
        How many the recording has.
    peaks
        As in `emotrace.app.player.Player`.
    audio
        Address of what is played; None if nothing is.
    warnings
        What is odd about the recording, one line each.
    links
        Files to be saved.
    """

    name: str
    timelines: Sequence[Timeline]
    n_channels: int
    peaks: Mapping[str, Sequence[float]]
    audio: str | None
    warnings: Sequence[str] = ()
    links: Sequence[Link] = ()


def draw_analysis(shown: Shown) -> str:
    """Draw what was heard."""
    player = element(
        "emotrace-player",
        _transport(shown),
        element("div", draw_stage(shown.timelines, shown.peaks), draw_legend(shown.timelines), class_="desk"),
        element(
            "p",
            [element("span", element("span", key, class_="keycap"), f" {what}") for key, what in _KEYS],
            class_="keys",
        ),
        element("h3", "Stretch by stretch"),
        draw_runs(shown.timelines),
        data_heard=json.dumps(_heard(shown.timelines), separators=(",", ":")),
    )
    return element(
        "section", draw_hatch(), _head(shown), _warnings(shown.warnings), _headlines(shown.timelines), player,
        _links(shown.links), class_="analysis", aria_label=f"What was heard in {shown.name}",
    )  # fmt: skip


def draw_nothing() -> str:
    """Say what will stand here."""
    words = (
        " the waveform, the emotion at every moment and how sure that is, and where it is better to say nothing."
    )
    return element(
        "section", element("p", element("b", "What was heard will stand here:"), words), class_="analysis nothing"
    )


def draw_trouble(line: str) -> str:
    """Say what is wrong, and that it was not heard for that reason."""
    return element("section", element("p", element("b", "Not heard. "), line), class_="analysis trouble")


def draw_working(what: str, share: float | None) -> str:
    """Say what is being done and how far it is; ``share`` from 0 to 1, None if nobody knows."""
    value = None if share is None else f"{share:.3f}"
    bar = element("progress", max="1", value=value, aria_label=what)
    known = None if share is None else element("span", percent(share), class_="time")
    return element("div", element("span", what), bar, known, class_="working", role="status")


def draw_done(seconds: float) -> str:
    """Say that it is done, and how long it took."""
    return element("div", element("span", f"Heard in {show_duration(seconds)}."), class_="working", role="status")


def _head(shown: Shown) -> Html:
    first = shown.timelines[0]
    mixed = "mixed" if first.channel == "mix" else f"{channel_label(first.channel)} heard"
    channels = "1 channel" if shown.n_channels == 1 else f"{shown.n_channels} channels"
    if shown.n_channels > 1:
        channels += f", {mixed}" if len(shown.timelines) == 1 else ", each on its own"
    facts = [show_duration(first.duration), channels, f"model {first.model}", count(len(first.labels), "emotion")]
    return element(
        "header",
        element("h2", shown.name),
        element("p", [element("span", fact) for fact in facts], class_="facts"),
    )


def _warnings(warnings: Sequence[str]) -> Html | None:
    if not warnings:
        return None
    lines = [element("li", line) for line in warnings]
    return element("ul", lines, class_="warnings", aria_label="What is odd about the recording")


def _headlines(timelines: Sequence[Timeline]) -> list[Html]:
    return [_headline(each, len(timelines) > 1) for each in timelines]


def _headline(timeline: Timeline, is_named: bool) -> Html:
    said = write_headline(timeline)
    name = element("span", channel_label(timeline.channel).capitalize() + ": ") if is_named else None
    words = element("div", element("h3", name, said.title), element("p", said.sentence))
    kind = "headline" if said.emotion else "headline none"
    return element("div", words, class_=kind, style=fill(said.emotion) if said.emotion else None)


def _transport(shown: Shown) -> Html:
    duration = shown.timelines[0].duration
    speeds = [element("option", f"{s}×", value=s, selected=s == "1") for s in _SPEEDS]
    speed = element("label", "Speed ", element("select", speeds, class_="speed"))
    icon = element(
        "svg", element("path", d=_PLAY), element("path", d=_PAUSE), viewBox="0 0 24 24", aria_hidden="true"
    )
    play = element("button", icon, type="button", class_="play", aria_label="Play", title="Play")
    audio = element("audio", src=shown.audio, preload="metadata") if shown.audio else None
    clock = element(
        "span", element("span", show_time(0), class_="now"), f" / {show_time(duration)}", class_="clock time"
    )
    heard = element("span", class_="heard", aria_hidden="true")
    unplayed = None if audio else element("span", "too long to be played here", class_="aside")
    return element(
        "div", audio, play if audio else None, clock, heard, unplayed, speed if audio else None, class_="transport"
    )


def _links(links: Sequence[Link]) -> Html | None:
    if not links:
        return None
    items = [
        element("a", link.title, href=link.address, download=link.name, title=link.description) for link in links
    ]
    return element("div", element("h3", "Save as"), element("p", items, class_="links"), class_="saving")


def _heard(timelines: Sequence[Timeline]) -> dict[str, Any]:
    """Give what the script says while the recording plays: from, to and words, by channel."""
    return {
        "duration": round(timelines[0].duration, 3),
        "channels": [
            {
                "name": channel_label(each.channel).capitalize() if len(timelines) > 1 else "",
                "entries": [
                    [round(p.segment.start, 3), round(p.segment.end, 3), _words(p)] for p in each.predictions
                ],
            }
            for each in timelines
        ],
    }


def _words(heard: Prediction) -> str:
    best = sorted(heard.probabilities.items(), key=lambda item: -item[1])[:_LIKELIEST]
    words = ", ".join(f"{label} {percent(share)}" for label, share in best)
    if not words:
        return heard.emotion
    return f"uncertain: {words}" if heard.uncertain else words
