"""An Audacity label track reads back as the runs of speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.types import Timeline

Write = Callable[..., str]


def _read(text: str) -> list[tuple[float, float, str]]:
    rows = []
    for line in text.split("\n")[:-1]:
        start, end, label = line.split("\t")
        rows.append((float(start), float(end), label))
    return rows


def test_a_call(call: Timeline, write: Write) -> None:
    assert write("audacity", replace(call, channel="mix")).splitlines() == [
        "2.000000\t6.000000\tanger",
        "6.000000\t8.000000\tfear?",
        "10.000000\t12.250000\tneutral",
    ]


@settings(max_examples=100)
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3))
def test_labels_are_the_runs_of_every_channel(
    timelines: list[Timeline],
    as_channels: Callable[..., list[Timeline]],
    write: Write,
    check_spans: Callable[..., None],
) -> None:
    channels = as_channels(timelines)
    rows = _read(write("audacity", *channels))
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    for timeline in channels:
        prefix = f"channel {timeline.channel}: "
        spans = [
            (start, end, label.removeprefix(prefix)) for start, end, label in rows if label.startswith(prefix)
        ]
        check_spans(timeline, spans, digits=6)
