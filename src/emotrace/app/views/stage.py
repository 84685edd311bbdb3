"""A recording on one time axis: its waveform, what was heard as a ribbon, and how probable each emotion was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from emotrace.calls.words import percent, show_time
from emotrace.labels import NO_SPEECH
from emotrace.markup import Html, element
from emotrace.reports._summary import UNCERTAIN, speech_shares
from emotrace.reports._text import channel_label
from emotrace.types import Prediction, Timeline

HATCH = "analyse-hatch"
"""Name of the pattern that lies over what is uncertain; see `draw_hatch`."""

_HALF_HEIGHT = 100
_STACK_HEIGHT = 100
_MOST_COLUMNS = 600
# Narrower runs have no room for a word even on the widest screen.
_LEAST_WORDY = 0.02
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
# As many as a phone has room for.
_MOST_TICKS = 8


class _Column(NamedTuple):
    """A stretch of the stack: from where to where, and the probabilities; empty where nobody speaks."""

    start: float
    end: float
    probabilities: Mapping[str, float]


def draw_stage(timelines: Sequence[Timeline], peaks: Mapping[str, Sequence[float]]) -> Html:
    """Draw the lanes of all channels, the axis, and a cursor that the script moves.

    Parameters
    ----------
    timelines
        The channels of one recording.
    peaks
        By channel, the highest absolute sample of each of many equal stretches, 0 to 1.
    """
    duration = timelines[0].duration
    loudest = max((max(peaks.get(each.channel, ()), default=0.0) for each in timelines), default=0.0)
    lanes = [_draw_channel(each, peaks.get(each.channel, ()), loudest, len(timelines) > 1) for each in timelines]
    cursor = element("div", class_="cursor")
    stage = element("div", lanes, _axis(duration), cursor, class_="stage")
    return element(
        "div",
        stage,
        class_="timeline",
        role="slider",
        tabindex="0",
        aria_label="Position in the recording; the table below says in words what is drawn",
        aria_valuemin="0",
        aria_valuemax=f"{duration:.1f}",
        aria_valuenow="0",
        aria_valuetext=show_time(0),
        aria_orientation="horizontal",
    )


def draw_legend(timelines: Sequence[Timeline]) -> Html:
    """Give the colours of the emotions, and how much of the speech each was, where there is one channel."""
    labels = timelines[0].labels
    shares = speech_shares(timelines[0]) if len(timelines) == 1 else {}
    heard = sorted(labels, key=lambda label: -shares.get(label, 0.0))
    items = [element("li", draw_emotion(label), _share(shares.get(label))) for label in heard]
    swatch = element("i", class_="swatch unsure", aria_hidden="true")
    unsure = element("li", swatch, "uncertain (hatched)", _share(shares.get(UNCERTAIN)))
    silent = element("li", element("i", class_="swatch silent", aria_hidden="true"), NO_SPEECH)
    return element(
        "ul", items, unsure, silent, class_="legend", aria_label="Emotions, and their share of the speech"
    )


def draw_emotion(label: str, is_uncertain: bool = False) -> Html:
    """Give an emotion as a word with its colour before it."""
    kind = "swatch silent" if label == NO_SPEECH else "swatch unsure" if is_uncertain else "swatch"
    swatch = element("i", class_=kind, style=fill(label), aria_hidden="true")
    return element("span", swatch, f"{label}?" if is_uncertain else label, class_="emotion")


def draw_hatch() -> Html:
    """Give the hatching that lanes refer to; once in a result."""
    lines = element("path", d="M0 7L7 0M-1 1L1 -1M6 8L8 6", class_="hatch-line")
    pattern = element("pattern", lines, id=HATCH, width="7", height="7", patternUnits="userSpaceOnUse")
    return element("svg", element("defs", pattern), class_="patterns", aria_hidden="true", width="0", height="0")


def fill(label: str) -> str:
    """Give the style that makes a label's colour the one to be filled with.

    >>> fill("no speech")
    '--fill: var(--no-speech)'
    """
    return f"--fill: var(--{label.replace(' ', '-')})"


def _share(share: float | None) -> Html | None:
    """Give a share of the speech in bold, if it is large enough to be written."""
    return element("b", " " + percent(share)) if share is not None and share >= 0.005 else None


def _draw_channel(timeline: Timeline, peaks: Sequence[float], loudest: float, is_named: bool) -> list[Html | None]:
    caption = element("p", channel_label(timeline.channel).capitalize(), class_="channel") if is_named else None
    return [caption, _wave(peaks, loudest), _ribbon(timeline), _stack(timeline)]


def _wave(peaks: Sequence[float], loudest: float) -> Html:
    scale = _HALF_HEIGHT / loudest if loudest > 0.0 else 0.0
    heights = [max(1, round(min(peak * scale, _HALF_HEIGHT))) for peak in peaks] or [1]
    above = "".join(f"V{-height}h1" for height in heights)
    below = "".join(f"V{height}h-1" for height in reversed(heights))
    box = f"0 {-_HALF_HEIGHT} {len(heights)} {2 * _HALF_HEIGHT}"
    return element(
        "svg",
        element("path", d=f"M0 0{above}{below}Z"),
        viewBox=box,
        preserveAspectRatio="none",
        class_="lane wave",
        aria_hidden="true",
    )


def _ribbon(timeline: Timeline) -> Html:
    duration = timeline.duration
    return element(
        "svg", [_run(run, duration) for run in timeline.runs()], class_="lane ribbon", aria_hidden="true"
    )


def _run(run: Prediction, duration: float) -> Html:
    span = _span(run, duration)
    if not run.is_speech:
        return element("rect", **span, y="9", height="6", class_="silent")
    parts = [element("rect", width="100%", height="100%", class_="run")]
    if run.uncertain:
        parts.append(_hatched())
    if run.segment.duration >= _LEAST_WORDY * duration:
        parts.append(element("text", f"{run.emotion}?" if run.uncertain else run.emotion, x="7", y="16"))
    return element("svg", parts, **span, style=fill(run.emotion))


def _stack(timeline: Timeline) -> Html:
    """Draw the probabilities one upon the other, in the order of the labels, the first at the bottom."""
    duration = timeline.duration
    columns = [column for column in _columns(timeline) if column.probabilities]
    base = [float(_STACK_HEIGHT)] * len(columns)
    areas = []
    for label in timeline.labels:
        pieces = []
        for n, column in enumerate(columns):
            top = base[n] - _STACK_HEIGHT * column.probabilities.get(label, 0.0)
            left, right = (1000 * edge / duration for edge in (column.start, column.end))
            pieces.append(f"M{left:.1f} {base[n]:.1f}V{top:.1f}H{right:.1f}V{base[n]:.1f}Z")
            base[n] = top
        areas.append(element("path", d="".join(pieces), style=fill(label)))
    drawn = element(
        "svg", areas, viewBox=f"0 0 1000 {_STACK_HEIGHT}", preserveAspectRatio="none", width="100%", height="100%"
    )
    unsure = [
        element("svg", _hatched(), **_span(run, duration))
        for run in timeline.runs()
        if run.is_speech and run.uncertain
    ]
    return element("svg", drawn, unsure, class_="lane stack", aria_hidden="true")


def _columns(timeline: Timeline) -> list[_Column]:
    """Give the predictions, and the means of neighbours where there are more than anybody could tell apart."""
    together = -(-len(timeline.predictions) // _MOST_COLUMNS) or 1
    groups = [timeline.predictions[n : n + together] for n in range(0, len(timeline.predictions), together)]
    return [
        _Column(group[0].segment.start, group[-1].segment.end, _mean([p for p in group if p.is_speech]))
        for group in groups
    ]


def _mean(heard: Sequence[Prediction]) -> Mapping[str, float]:
    labels = heard[0].probabilities if heard else ()
    return {label: sum(p.probabilities[label] for p in heard) / len(heard) for label in labels}


def _hatched() -> Html:
    return element("rect", width="100%", height="100%", fill=f"url(#{HATCH})", class_="hatched")


def _span(run: Prediction, duration: float) -> dict[str, str]:
    return {"x": _at(run.segment.start, duration), "width": _at(run.segment.duration, duration)}


def _at(seconds: float, duration: float) -> str:
    return f"{100 * seconds / duration:.3f}%" if duration > 0.0 else "0%"


def _axis(duration: float) -> Html:
    texts = [
        element("text", text, x=_at(seconds, duration), y="15", class_=None if seconds else "first")
        for seconds, text in _ticks(duration)
    ]
    return element("svg", texts, class_="lane axis", aria_hidden="true")


def _ticks(duration: float) -> Iterator[tuple[float, str]]:
    step = next((s for s in _STEPS if duration / s <= _MOST_TICKS), _STEPS[-1])
    for n in range(int(duration / step) + 1):
        seconds = n * step
        # A label at the very end would hang over the edge.
        if seconds <= 0.97 * duration or n == 0:
            yield seconds, f"{seconds:.1f} s" if step < 1 else show_time(seconds + 1e-6)
