"""What was heard from when to when, as a table; every row plays its stretch."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.app.views.stage import draw_emotion, fill
from emotrace.calls.words import percent, show_duration
from emotrace.markup import Html, element
from emotrace.reports._clock import clock
from emotrace.reports._text import channel_label
from emotrace.types import Prediction, Timeline


def draw_runs(timelines: Sequence[Timeline]) -> Html:
    """Give a row for every stretch of equal emotion and certainty, of all channels in order of time."""
    runs = sorted((run for each in timelines for run in each.runs()), key=lambda run: (run.segment, run.channel))
    has_channels = len(timelines) > 1
    titles = ["Channel"] if has_channels else []
    titles += ["From", "To", "Emotion", "Confidence"]
    heads = [element("th", title, scope="col", class_="to" if title == "To" else None) for title in titles]
    head = element("tr", heads)
    rows = [_row(run, has_channels) for run in runs]
    caption = element("caption", "Stretches of equal emotion; a row's button plays from there", class_="unseen")
    table = element("table", caption, element("thead", head), element("tbody", rows))
    return element(
        "div", table, class_="runs", role="region", tabindex="0", aria_label="Stretches of equal emotion"
    )


def _row(run: Prediction, has_channel: bool) -> Html:
    start, end = run.segment.start, run.segment.end
    cells = [
        element("td", channel_label(run.channel).capitalize()) if has_channel else None,
        element("td", _go(start, end)),
        element("td", clock(end), class_="time to"),
        element("td", draw_emotion(run.emotion, run.uncertain)),
        element("td", _confidence(run)),
    ]
    return element("tr", cells, data_start=f"{start:.3f}", data_end=f"{end:.3f}", class_=_kind(run))


def _go(start: float, end: float) -> Html:
    words = f"Play from {clock(start)}, {show_duration(end - start)}"
    arrow = element("span", "▶", class_="arrow", aria_hidden="true")
    return element(
        "button", arrow, clock(start), type="button", class_="go", data_start=f"{start:.3f}", aria_label=words
    )


def _confidence(run: Prediction) -> list[Html] | Html:
    if run.confidence is None:
        return element("span", "–", class_="aside")
    bar = element("i", style=f"width: {100 * run.confidence:.0f}%; {fill(run.emotion)}")
    note = element("span", "uncertain", class_="aside") if run.uncertain else None
    parts = [element("span", bar, class_="bar", aria_hidden="true"), element("span", percent(run.confidence))]
    return [*parts, note] if note is not None else parts


def _kind(run: Prediction) -> str | None:
    return None if run.is_speech and not run.uncertain else "unsure" if run.is_speech else "quiet"
