"""WebVTT reads back, by a small strict reader, as the runs of speech."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.types import Timeline

Write = Callable[..., str]

TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
CUE = re.compile(
    r"(?:<v ([^<>&]+)>)?<c\.([a-z-]+)(\.uncertain)?>((?:[^<>&]|&(?:amp|lt|gt);)+) (\d+) %</c>(?:</v>)?"
)


def _read(text: str) -> tuple[list[str], list[tuple[float, float, str, str]]]:
    """Give the blocks before the cues, and the cues as start, end, voice and label."""
    blocks = text.rstrip("\n").split("\n\n")
    assert blocks[0] == "WEBVTT"
    head = [block for block in blocks[1:] if block.startswith(("NOTE\n", "STYLE\n"))]
    assert all("-->" not in block for block in head)
    return head, [_read_cue(block) for block in blocks[1 + len(head) :]]


def _read_cue(block: str) -> tuple[float, float, str, str]:
    timing, payload = block.split("\n")
    times = re.fullmatch(f"{TIME} --> {TIME}", timing)
    assert times, timing
    start, end = (
        int(times[i]) * 3600 + int(times[i + 1]) * 60 + int(times[i + 2]) + int(times[i + 3]) / 1000
        for i in (1, 5)
    )
    cue = CUE.fullmatch(payload)
    assert cue, payload
    assert bool(cue[3]) == cue[4].endswith("?")
    assert cue[2] == unescape(cue[4]).rstrip("?")
    return start, end, cue[1] or "", unescape(cue[4])


@settings(max_examples=100)
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3))
def test_cues_are_the_runs_of_every_channel(
    timelines: list[Timeline],
    as_channels: Callable[..., list[Timeline]],
    write: Write,
    check_spans: Callable[..., None],
) -> None:
    channels = as_channels(timelines)
    _, cues = _read(write("vtt", *channels))
    assert [cue[0] for cue in cues] == sorted(cue[0] for cue in cues)
    for timeline in channels:
        spans = [
            (start, end, label) for start, end, voice, label in cues if voice == f"channel {timeline.channel}"
        ]
        check_spans(timeline, spans, digits=3)


def test_a_call(call: Timeline, write: Write) -> None:
    text = write("vtt", replace(call, channel="mix"))
    assert "00:00:02.000 --> 00:00:06.000\n<c.anger>anger 80 %</c>\n" in text
    assert "\n<c.fear.uncertain>fear? 40 %</c>\n" in text
    assert "::cue(.anger) { color: #ffffff; background-color: #cc3311 }" in text
    assert "no speech" not in text


def test_more_than_99_hours(call: Timeline, write: Write) -> None:
    from emotrace.types import Segment

    late = replace(call.predictions[1], segment=Segment(360_000.0, 360_001.5))
    assert "100:00:00.000 --> 100:00:01.500\n" in write(
        "vtt", replace(call, duration=400_000, predictions=(late,))
    )


@pytest.mark.parametrize("file", ["a --> b.wav", "<b>&amp;.wav", "two\n\nlines.wav"])
def test_no_file_name_breaks_out_of_its_note(call: Timeline, file: str, write: Write) -> None:
    head, cues = _read(write("vtt", replace(call, file=file)))
    assert len(head) == 2
    assert head[0].startswith("NOTE\nEmotions heard in ")
    assert len(cues) == 3
    assert not set("<>") & set(head[0])


def test_labels_are_escaped(call: Timeline, write: Write) -> None:
    odd = replace(call.predictions[1], emotion="love & <hate>", probabilities={})
    text = write("vtt", replace(call, predictions=(odd,)))
    assert "<v channel 1><c.love-hate>love &amp; &lt;hate&gt;</c></v>" in text


def test_nobody_speaks(write: Write) -> None:
    assert write("vtt", Timeline("a.wav", "mix", 3.0, ())) == "WEBVTT\n\nNOTE\nEmotions heard in a.wav\n"
