"""RTTM reads back, field by field, as the speech and its emotions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.types import Timeline

Write = Callable[..., str]


def _read(text: str) -> list[list[str]]:
    """Split into fields as NIST's tools do; every line must have ten that are not empty."""
    rows = [line.split(" ") for line in text.split("\n")[:-1]]
    for row in rows:
        assert len(row) == 10
        assert all(field and not any(c.isspace() for c in field) for field in row)
        assert row[0] == "SPEAKER"
        assert [row[5], row[6], row[9]] == ["<NA>"] * 3
    return rows


def test_a_call(call: Timeline, write: Write) -> None:
    assert write("rttm", call).splitlines() == [
        "SPEAKER my_call 2 2.500 2.500 <NA> <NA> anger 0.8000 <NA>",
        "SPEAKER my_call 2 5.500 0.500 <NA> <NA> anger 0.8000 <NA>",
        "SPEAKER my_call 2 6.000 1.500 <NA> <NA> fear? 0.4000 <NA>",
        "SPEAKER my_call 2 10.000 2.000 <NA> <NA> neutral 0.8000 <NA>",
    ]


@settings(max_examples=100)
@given(timeline=st.from_type(Timeline))
def test_the_turns_are_the_speech(timeline: Timeline, write: Write) -> None:
    turns = [(float(r[3]), float(r[4]), r[7], float(r[8])) for r in _read(write("rttm", timeline))]
    for start, duration, _, confidence in turns:
        assert start >= 0.0
        assert duration > 0.0
        assert start + duration <= timeline.duration + 1e-6
        assert 0.0 <= confidence <= 1.0
    for (start, duration, *_), (next_start, *_) in pairwise(turns):
        assert round(start + duration, 3) <= next_start
    for prediction, spoken in zip([p for p in timeline.predictions if p.is_speech], timeline.speech, strict=True):
        if spoken.duration > 0.003:
            middle = (spoken.start + spoken.end) / 2
            found = [label for start, duration, label, _ in turns if start <= middle < start + duration]
            assert found == [prediction.emotion + ("?" if prediction.uncertain else "")]


def test_a_run_without_named_speech_is_given_whole(call: Timeline, write: Write) -> None:
    rows = _read(write("rttm", replace(call, speech=())))
    assert [(row[3], row[4], row[7]) for row in rows] == [
        ("2.000", "4.000", "anger"),
        ("6.000", "2.000", "fear?"),
        ("10.000", "2.250", "neutral"),
    ]


@pytest.mark.parametrize(
    ("file", "field"),
    [("a/b c.d.wav", "b_c.d"), ("tab\tand  more.wav", "tab_and_more"), ("", "recording"), ("é.wav", "é")],
)
def test_file_names_fit_a_field(call: Timeline, file: str, field: str, write: Write) -> None:
    assert {row[1] for row in _read(write("rttm", replace(call, file=file)))} == {field}


@pytest.mark.parametrize(("channel", "field"), [("mix", "1"), ("0", "1"), ("1", "2"), ("17", "18")])
def test_channels_count_from_one(call: Timeline, channel: str, field: str, write: Write) -> None:
    assert {row[2] for row in _read(write("rttm", replace(call, channel=channel)))} == {field}
