"""Negativity over time: one bar per judged stretch, and the line of its trend."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.calls.pages._view import CallView, Entry, heard_negativity
from emotrace.calls.words import MINUS
from emotrace.markup import Html, element


def draw_negativity(view: CallView, party: str) -> Html:
    """Draw the lane; its axis goes from 0 at the bottom to 100 % at the top."""
    judged = [(entry, value) for entry in view.timeline(party) if (value := _value(entry)) is not None]
    bars = [_bar(view, entry, value) for entry, value in judged]
    middle = element("line", x1="0", x2="100%", y1="50%", y2="50%", class_="half")
    trend = view.call["summary"]["trend"]
    is_his = trend.get("party") == party
    line = _trend_line(view, judged, trend) if is_his else None
    note = [element("span", "Negativity"), element("span", trend_words(trend)) if is_his else None]
    drawing = element("svg", middle, *bars, line, class_="lane negativity", aria_hidden="true")
    return element("div", drawing, element("p", *note, class_="lane-note"), class_="negativity-lane")


def trend_words(trend: Entry) -> str:
    """Say where negativity goes.

    >>> trend_words({"direction": "rising", "per_minute": 0.034})
    'rising, +3 points a minute'
    """
    direction, slope = trend["direction"], trend.get("per_minute")
    if direction == "unknown" or slope is None:
        return "no trend: too little speech"
    if direction == "steady":
        return "steady"
    points = 100 * slope
    shown = f"{abs(points):.0f}" if abs(points) >= 1 else f"{abs(points):.1f}"
    return f"{direction}, {'+' if points > 0 else MINUS}{shown} points a minute"


def _value(entry: Entry) -> float | None:
    return heard_negativity(entry["probabilities"])


def _bar(view: CallView, entry: Entry, value: float) -> Html:
    height = f"{100 * value:.1f}%"
    return element("rect", **view.span(entry["start"], entry["end"]), y=f"{100 * (1 - value):.1f}%", height=height)


def _trend_line(view: CallView, judged: Sequence[tuple[Entry, float]], trend: Entry) -> Html | None:
    """Draw the slope through the middle of what was heard, weighted by speech."""
    slope = trend.get("per_minute")
    speech = sum(entry["speech_seconds"] for entry, _ in judged)
    if slope is None or trend["direction"] == "unknown" or speech <= 0.0:
        return None
    middle = sum(entry["speech_seconds"] * (entry["start"] + entry["end"]) / 2 for entry, _ in judged) / speech
    level = sum(entry["speech_seconds"] * value for entry, value in judged) / speech

    def height(t: float) -> str:
        return f"{100 * (1 - (level + slope * (t - middle) / 60)):.2f}%"

    start, end = judged[0][0]["start"], judged[-1][0]["end"]
    return element(
        "line", x1=view.at(start), x2=view.at(end), y1=height(start), y2=height(end), class_="trend-line"
    )
