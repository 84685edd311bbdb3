"""What every format must do; a new file in reports/ is tested here unasked."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace import registry
from emotrace.errors import UsageError
from emotrace.types import Timeline

FORMATS = registry.names("format")
CLIP_FORMATS = [name for name in FORMATS if hasattr(registry.load("format", name), "write_predictions")]
ONE_RECORDING = ["audacity", "emotionml", "json", "textgrid", "vtt"]
MANY_RECORDINGS = [name for name in FORMATS if name not in ONE_RECORDING]

Write = Callable[..., str]


def test_the_promised_formats_are_there() -> None:
    promised = {"table", "json", "jsonl", "csv", "rttm", "textgrid", "audacity", "vtt", "emotionml"}
    assert promised <= set(FORMATS)
    assert {"table", "json", "jsonl", "csv"} <= set(CLIP_FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_describes_itself(name: str) -> None:
    module = registry.load("format", name)
    assert module.SUFFIX.startswith(".")
    assert module.DESCRIPTION
    assert "\n" not in module.DESCRIPTION


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40)
@given(timeline=st.from_type(Timeline))
def test_writes_any_timeline_as_whole_lines(name: str, timeline: Timeline, write: Write) -> None:
    text = write(name, timeline)
    assert text == "" or text.endswith("\n")
    if name != "csv":  # a table for machines, which gives every name as it is
        assert "\x1b" not in text, "no file name may steer a terminal"
    text.encode("utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_marks_the_uncertain(name: str, call: Timeline, write: Write) -> None:
    marks = ("fear?", '"uncertain": true', ",true,", "<emotrace:uncertain")
    assert any(mark in write(name, call) for mark in marks)


@pytest.mark.parametrize("name", ONE_RECORDING)
def test_refuses_several_recordings_on_one_time_axis(name: str, call: Timeline, write: Write) -> None:
    other = Timeline("b.wav", "mix", 1.0, ())
    with pytest.raises(UsageError, match=rf"'{name}' holds one recording, got 2 \(calls/my call.flac, b.wav\)"):
        write(name, call, other)
    with pytest.raises(UsageError, match=rf"'{name}' holds one recording, got none"):
        write(name)


@pytest.mark.parametrize("name", MANY_RECORDINGS)
def test_takes_several_recordings(name: str, call: Timeline, write: Write) -> None:
    other = Timeline("b.wav", "mix", 2.0, (replace(call.predictions[0], file="b.wav"),))
    both = write(name, call, other)
    assert "anger" in both
    if name != "rttm":  # nobody speaks in b.wav, and RTTM only holds speech
        assert "b.wav" in both
    assert write(name, other) != both


@pytest.mark.parametrize("name", FORMATS)
def test_writes_to_an_ascii_stream(name: str, call: Timeline) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    registry.load("format", name).write_timelines([call], stream)
    stream.flush()


@pytest.mark.parametrize("name", CLIP_FORMATS)
def test_no_clips_is_no_error(name: str, write_clips: Write) -> None:
    assert "anger" not in write_clips(name, [])


@pytest.mark.parametrize("name", sorted(set(CLIP_FORMATS) - {"json"}))
def test_clips_are_written_as_they_come(name: str, call: Timeline) -> None:
    stream = io.StringIO()
    seen = []

    def come() -> object:
        for prediction in call.predictions[1:4]:
            seen.append(stream.getvalue().count("\n"))
            yield prediction

    registry.load("format", name).write_predictions(come(), stream)
    # Before the third clip is heard, the first two are written (below a header, where there is one).
    assert seen[0] == 0
    assert seen[2] >= 2
    assert seen[2] > seen[1] > seen[0]
