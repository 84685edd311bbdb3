"""A party's voice as a drawn wave, or as blocks where the page has no peaks."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.calls.pages._view import CallView, Entry
from emotrace.markup import Html, element

_HALF_HEIGHT = 100


def draw_waveform(view: CallView, party: Entry, peaks: Sequence[float] | None) -> Html:
    """Draw one lane.

    Parameters
    ----------
    view
        The call.
    party
        One of its parties. Where parties share a channel, only what falls into the party's turns is drawn.
    peaks
        Highest absolute sample of each of many equal stretches of the call, 0 to 1; None to draw turns.
    """
    turns = [
        element("rect", **view.span(turn["start"], turn["end"]), height="100%", class_="turn")
        for turn in view.turns(party["party"])
    ]
    if peaks is None or not len(peaks):
        return element("svg", *turns, class_="lane wave blocks", aria_hidden="true")
    wave = element("path", d=_outline(_own(view, party, peaks)))
    box = f"0 {-_HALF_HEIGHT} {len(peaks)} {2 * _HALF_HEIGHT}"
    drawing = element("svg", wave, viewBox=box, preserveAspectRatio="none", width="100%", height="100%")
    return element("svg", *turns, drawing, class_="lane wave", aria_hidden="true")


def _own(view: CallView, party: Entry, peaks: Sequence[float]) -> list[float]:
    """Leave of a shared channel what the party itself says."""
    sharing = [other for other in view.parties if str(other["channel"]) == str(party["channel"])]
    if len(sharing) < 2:
        return [float(peak) for peak in peaks]
    own = [0.0] * len(peaks)
    for turn in view.turns(party["party"]):
        first = int(turn["start"] / view.duration * len(peaks))
        last = int(turn["end"] / view.duration * len(peaks)) + 1
        own[first:last] = [float(peak) for peak in peaks[first:last]]
    return own


def _outline(peaks: Sequence[float]) -> str:
    """Go over the tops to the right and back below, mirrored; at least a hair's breadth."""
    heights = [max(1, round(min(peak, 1.0) * _HALF_HEIGHT)) for peak in peaks]
    above = "".join(f"V{-height}h1" for height in heights)
    below = "".join(f"V{height}h-1" for height in reversed(heights))
    return f"M0 0{above}{below}Z"
