"""JSON reads back as what was heard; the documents' shape is judged by tests/test_schemas.py."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace import registry
from emotrace.errors import ReportError
from emotrace.reports.json import read_timelines
from emotrace.types import Timeline

Write = Callable[..., str]


def _refuse(constant: str) -> float:
    raise AssertionError(f"{constant} is not JSON")


@settings(max_examples=60)
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3))
def test_a_document_reads_back(
    timelines: list[Timeline], as_channels: Callable[..., list[Timeline]], write: Write
) -> None:
    channels = as_channels(timelines)
    document = json.loads(write("json", *channels), parse_constant=_refuse)
    assert document["file"] == channels[0].file
    assert document["model"] == channels[0].model
    assert document["labels"] == list(channels[0].labels)
    assert document["settings"] == channels[0].settings
    assert len(document["channels"]) == len(channels)
    for read, timeline in zip(document["channels"], channels, strict=True):
        assert read["channel"] == timeline.channel
        assert read["duration"] == pytest.approx(timeline.duration, abs=6e-4)
        assert read["speech_seconds"] == pytest.approx(sum(s.duration for s in timeline.speech), abs=6e-4)
        assert read["predictions"] == [p.to_dict() for p in timeline.predictions]
        assert len(read["speech"]) == len(timeline.speech)
        for record in read["predictions"]:
            assert 0 <= record["start"] <= record["end"] <= read["duration"]


def test_a_record_stands_on_a_line_of_its_own(call: Timeline, write: Write) -> None:
    lines = [line.strip().rstrip(",]}") + "}}" for line in write("json", call).splitlines() if '"start"' in line]
    assert len(lines) == len(call.predictions)


def test_a_setting_without_end_is_null(call: Timeline, write: Write) -> None:
    endless = replace(call, settings={"max_seconds": math.inf, "hop": 2.0})
    assert json.loads(write("json", endless), parse_constant=_refuse)["settings"] == {
        "max_seconds": None,
        "hop": 2.0,
    }


def test_a_nan_is_never_written(call: Timeline, write_clips: Write) -> None:
    broken = replace(call.predictions[1], confidence=math.nan)
    for name in ("json", "jsonl"):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write_clips(name, [broken])


def test_clips_are_an_array(call: Timeline, write_clips: Write) -> None:
    assert json.loads(write_clips("json", [])) == []
    assert json.loads(write_clips("json", call.predictions)) == [p.to_dict() for p in call.predictions]


@settings(max_examples=60)
@given(timeline=st.from_type(Timeline))
def test_jsonl_has_one_record_per_line(timeline: Timeline, write: Write, write_clips: Write) -> None:
    text = write("jsonl", timeline)
    # Only "\n" ends a line of JSON lines; file names may hold what str.splitlines() thinks a line's end.
    records = [json.loads(line, parse_constant=_refuse) for line in text.split("\n")[:-1]]
    assert records == [p.to_dict() for p in timeline.predictions]
    assert write_clips("jsonl", timeline.predictions) == text


@pytest.mark.parametrize(("encoding", "written"), [("utf-8", "Grüße"), ("ascii", "Gr\\u00fc\\u00dfe")])
def test_letters_are_escaped_only_where_the_stream_has_them_not(
    call: Timeline, encoding: str, written: str
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    greeting = replace(call.predictions[1], file="Grüße.wav")
    registry.load("format", "jsonl").write_predictions([greeting], stream)
    text = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert f'"file": "{written}.wav"' in text
    assert json.loads(text)["file"] == "Grüße.wav"


def test_an_undecodable_file_name_survives(call: Timeline, write_clips: Write) -> None:
    odd = replace(call.predictions[1], file="bad\udcff.wav")
    text = write_clips("jsonl", [odd])
    assert text.isascii()
    assert json.loads(text)["file"] == "bad\udcff.wav"


@settings(max_examples=60)
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3))
def test_timelines_come_back(
    timelines: list[Timeline], as_channels: Callable[..., list[Timeline]], write: Write
) -> None:
    channels = as_channels(timelines)
    read = read_timelines(json.loads(write("json", *channels)))
    assert [each.channel for each in read] == [each.channel for each in channels]
    for back, timeline in zip(read, channels, strict=True):
        # The document has these once, for all channels.
        head = (channels[0].file, channels[0].model, channels[0].labels, channels[0].settings)
        assert (back.file, back.model, back.labels, back.settings) == head
        assert back.duration == round(timeline.duration, 3)
        assert [p.to_dict() for p in back.predictions] == [p.to_dict() for p in timeline.predictions]
        assert [(s.start, s.end) for s in back.speech] == [
            (round(s.start, 3), round(s.end, 3)) for s in timeline.speech
        ]
    # What is read and written once more is read as the same.
    assert read_timelines(json.loads(write("json", *read))) == read


@settings(max_examples=30)
@given(timeline=st.from_type(Timeline))
def test_what_was_read_can_be_written_in_every_format(timeline: Timeline, write: Write) -> None:
    (back,) = read_timelines(json.loads(write("json", timeline)))
    for name in registry.names("format"):
        assert write(name, back) is not None


def test_a_setting_that_was_null_is_no_number(call: Timeline, write: Write) -> None:
    endless = replace(call, settings={"max_seconds": math.inf})
    (back,) = read_timelines(json.loads(write("json", endless)))
    assert math.isnan(back.settings["max_seconds"])
    assert '"max_seconds": null' in write("json", back)


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ((), [], "the document is a list; it must be an object"),
        (("file",), None, r"the document has no 'file'; this reads what `emotrace analyze --format json` writes"),
        (("labels", 1), 7, r"labels\[1\] is 7; it must be text"),
        (("settings", "hop"), "fast", r"settings\.hop is fast; it must be a number"),
        (("channels",), [], r"channels is a list; it must be at least one channel"),
        (("channels", 0, "duration"), -1, r"channels\[0\]\.duration is -1; it must be a number of 0 or more"),
        (("channels", 0, "duration"), 10**400, r"channels\[0\]\.duration is 1000.*\.\.\.; it must be a number of"),
        (("channels", 0, "speech", 0), [1], r"channels\[0\]\.speech\[0\] is a list; it must be a start and"),
        (("channels", 0, "speech", 0), [2, 1], r"speech\[0\] ends at 1 s, before its start at 2 s"),
        (("channels", 0, "predictions", 1, "confidence"), 1.5, r"\[1\]\.confidence is 1\.5; .* from 0 to 1"),
        (("channels", 0, "predictions", 1, "confidence"), math.nan, r"confidence is nan; it must be a"),
        (("channels", 0, "predictions", 1, "uncertain"), 1, r"\.uncertain is 1; it must be true or false"),
        (("channels", 0, "predictions", 0, "emotion"), "anger", r"\[0\] says 'anger' with confidence None and 0 "),
    ],
)
def test_another_document_is_refused_in_one_line(
    call: Timeline, write: Write, path: tuple[str | int, ...], value: object, line: str
) -> None:
    document = json.loads(write("json", call))
    if not path:
        document = value
    else:
        place = document
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    with pytest.raises(ReportError, match=line) as refused:
        read_timelines(document)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("sexes", [{"female": 0.25, "male": 0.75}, {}])
def test_speaker_sex_reads_back_where_it_was_told(call: Timeline, write: Write, sexes: dict[str, float]) -> None:
    told = replace(call, predictions=tuple(replace(p, speaker_sex=sexes) for p in call.predictions))
    (timeline,) = read_timelines(json.loads(write("json", told)))
    assert [p.speaker_sex for p in timeline.predictions] == [sexes] * len(call.predictions)
    (untold,) = read_timelines(json.loads(write("json", call)))
    assert all(p.speaker_sex is None for p in untold.predictions)


@pytest.mark.parametrize(
    ("sexes", "sentence"),
    [
        ([], "channels[0].predictions[0].speaker_sex is a list; it must be an object"),
        ({"female": 1.0}, "channels[0].predictions[0].speaker_sex must have the keys female and male, or none"),
        ({"female": 2, "male": 0}, "speaker_sex.female is 2; it must be a number from 0 to 1"),
    ],
)
def test_speaker_sex_that_cannot_be_is_refused(call: Timeline, write: Write, sexes: object, sentence: str) -> None:
    document = json.loads(write("json", call))
    document["channels"][0]["predictions"][0]["speaker_sex"] = sexes
    with pytest.raises(ReportError, match=re.escape(sentence)):
        read_timelines(document)
