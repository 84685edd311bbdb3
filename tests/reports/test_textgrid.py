"""A TextGrid reads back, by a strict reader of Praat's long format, as tiers that fill the recording."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.types import Timeline

Write = Callable[..., str]
Tier = tuple[str, list[tuple[float, float, str]]]


class _Reader:
    """Reads one expected line after the other; anything unexpected fails."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.at = 0

    def expect(self, pattern: str) -> str:
        line = self.lines[self.at]
        self.at += 1
        match = re.fullmatch(rf"\s*{pattern}", line)
        assert match, f"line {self.at}: {line!r} is not {pattern}"
        return match[1] if match.re.groups else ""

    def number(self, name: str) -> float:
        return float(self.expect(rf"{re.escape(name)} = (\d+(?:\.\d+)?)"))

    def quoted(self, name: str) -> str:
        return self.expect(rf'{name} = "((?:[^"]|"")*)"').replace('""', '"')


def _read(text: str) -> tuple[float, list[Tier]]:
    reader = _Reader(text)
    assert reader.quoted("File type") == "ooTextFile"
    assert reader.quoted("Object class") == "TextGrid"
    reader.expect("")
    assert reader.number("xmin") == 0.0
    duration = reader.number("xmax")
    reader.expect("tiers\\? <exists>")
    n_tiers = int(reader.number("size"))
    reader.expect(r"item \[\]:")
    tiers = [_read_tier(reader, n, duration) for n in range(1, n_tiers + 1)]
    assert reader.lines[reader.at :] == [""]
    return duration, tiers


def _read_tier(reader: _Reader, number: int, duration: float) -> Tier:
    reader.expect(rf"item \[{number}\]:")
    assert reader.quoted("class") == "IntervalTier"
    name = reader.quoted("name")
    assert reader.number("xmin") == 0.0
    assert reader.number("xmax") == duration
    intervals = []
    for n in range(1, int(reader.number("intervals: size")) + 1):
        reader.expect(rf"intervals \[{n}\]:")
        intervals.append((reader.number("xmin"), reader.number("xmax"), reader.quoted("text")))
    return name, intervals


@settings(max_examples=100)
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3))
def test_tiers_fill_the_recording(
    timelines: list[Timeline],
    as_channels: Callable[..., list[Timeline]],
    write: Write,
    check_spans: Callable[..., None],
) -> None:
    channels = as_channels(timelines)
    duration, tiers = _read(write("textgrid", *channels))
    assert duration == pytest.approx(max(t.duration for t in channels), abs=2e-9)
    assert len(tiers) == len(channels)
    for (name, intervals), timeline in zip(tiers, channels, strict=True):
        assert name == f"channel {timeline.channel}"
        edges = [0.0, *(end for _, end, _ in intervals)]
        assert [start for start, _, _ in intervals] == edges[:-1]
        assert edges[-1] == duration
        assert all(start < end for start, end, _ in intervals)
        check_spans(timeline, [interval for interval in intervals if interval[2]], digits=9)


def test_a_call(call: Timeline, write: Write) -> None:
    duration, [(name, intervals)] = _read(write("textgrid", replace(call, channel="mix")))
    assert (duration, name) == (12.25, "emotion")
    assert intervals == [
        (0.0, 2.0, ""),
        (2.0, 6.0, "anger"),
        (6.0, 8.0, "fear?"),
        (8.0, 10.0, ""),
        (10.0, 12.25, "neutral"),
    ]


def test_a_sample_is_not_lost(write: Write) -> None:
    seconds = 160_001 / 16_000
    assert _read(write("textgrid", Timeline("a.wav", "mix", seconds, ())))[0] == seconds


def test_a_gap_is_an_empty_interval(call: Timeline, write: Write) -> None:
    _, [(_, intervals)] = _read(write("textgrid", replace(call, predictions=call.predictions[1:3])))
    assert intervals == [(0.0, 2.0, ""), (2.0, 6.0, "anger"), (6.0, 12.25, "")]


def test_quotation_marks_are_doubled(call: Timeline, write: Write) -> None:
    odd = replace(call.predictions[1], emotion='"mixed" feelings', probabilities={})
    text = write("textgrid", replace(call, predictions=(odd,)))
    assert 'text = """mixed"" feelings"' in text
    assert _read(text)[1][0][1][1][2] == '"mixed" feelings'


def test_an_empty_recording_has_an_empty_tier(write: Write) -> None:
    assert _read(write("textgrid", Timeline("a.wav", "0", 0.0, ()))) == (0.0, [("channel 0", [])])
