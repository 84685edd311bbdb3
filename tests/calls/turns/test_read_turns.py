"""All formats of turns through their one door, with files as the services write them, and as strangers may."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emotrace.calls.turns import Turn, _fields, _transcript, read_turns
from emotrace.errors import TurnsError
from emotrace.types import Segment

RTTM = """;; made by a diariser
SPKR-INFO call 1 <NA> <NA> <NA> unknown spk_a <NA> <NA>
SPEAKER call 1 3.25 1.5 <NA> <NA> spk_b <NA> <NA>
SPEAKER call 1 0.50 2.5 <NA> <NA> spk_a <NA>
"""

WHISPERX = {
    "segments": [
        {
            "start": 0.5,
            "end": 3.0,
            "text": " Good morning,\n how may I help? ",
            "words": [{"word": "Good", "start": 0.5, "end": 0.7, "score": 0.9, "speaker": "SPEAKER_00"}],
            "speaker": "SPEAKER_00",
        },
        {"start": 3.0, "end": 3.1, "text": "(music)", "words": []},
        {"start": 3.25, "end": 4.75, "text": "My bill is wrong.", "words": [], "speaker": "SPEAKER_01"},
    ],
    "word_segments": [],
    "language": "en",
}

ASSEMBLYAI = {
    "id": "6rlr37bw9s",
    "status": "completed",
    "audio_duration": 5,
    "text": "Good morning. My bill is wrong.",
    "utterances": [
        {"speaker": "A", "start": 500, "end": 3000, "text": "Good morning.", "confidence": 0.9, "words": []},
        {"speaker": "B", "start": 3250, "end": 4750, "text": "My bill is wrong.", "confidence": 0.9, "words": []},
    ],
}


def deepgram_word(word: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"word": word, "start": start, "end": end, "confidence": 0.9, **more}


DEEPGRAM_UTTERANCES = {
    "metadata": {"channels": 1},
    "results": {
        "channels": [{"alternatives": [{"transcript": "...", "words": []}]}],
        "utterances": [
            {"start": 0.5, "end": 3.0, "channel": 0, "transcript": "good morning", "speaker": 0, "words": []},
            {"start": 3.25, "end": 4.75, "channel": 0, "transcript": "my bill", "speaker": 1, "words": []},
        ],
    },
}

DEEPGRAM_WORDS = {
    "results": {
        "channels": [
            {
                "alternatives": [
                    {
                        "transcript": "good morning my bill",
                        "words": [
                            deepgram_word("good", 0.5, 0.9, speaker=0, punctuated_word="Good"),
                            deepgram_word("morning", 1.0, 3.0, speaker=0, punctuated_word="morning."),
                            deepgram_word("my", 3.25, 3.5, speaker=1),
                            deepgram_word("bill", 3.6, 4.75, speaker=1),
                        ],
                    }
                ]
            }
        ]
    }
}

AMAZON_ANALYTICS = {
    "JobStatus": "COMPLETED",
    "Participants": [{"ParticipantRole": "AGENT"}, {"ParticipantRole": "CUSTOMER"}],
    "ConversationCharacteristics": {"TotalConversationDurationMillis": 5000},
    "Transcript": [
        {
            "Id": "1",
            "ParticipantRole": "AGENT",
            "BeginOffsetMillis": 500,
            "EndOffsetMillis": 3000,
            "Content": "Good morning.",
            "LoudnessScores": [70.1, None],
            "Sentiment": "NEUTRAL",
        },
        {
            "Id": "2",
            "ParticipantRole": "CUSTOMER",
            "BeginOffsetMillis": 3250,
            "EndOffsetMillis": 4750,
            "Content": "My bill.",
        },
    ],
}


def amazon_word(word: str, start: str, end: str) -> dict[str, Any]:
    return {
        "type": "pronunciation",
        "start_time": start,
        "end_time": end,
        "alternatives": [{"confidence": "1.0", "content": word}],
    }


AMAZON_PARTITIONED = {
    "jobName": "job",
    "results": {
        "transcripts": [{"transcript": "Good morning. My bill."}],
        "speaker_labels": {
            "channel_label": "ch_0",
            "speakers": 2,
            "segments": [
                {
                    "start_time": "0.5",
                    "end_time": "3.0",
                    "speaker_label": "spk_0",
                    "items": [{"start_time": "0.5", "end_time": "0.9", "speaker_label": "spk_0"}],
                },
                {
                    "start_time": "3.25",
                    "end_time": "4.75",
                    "speaker_label": "spk_1",
                    "items": [
                        {"start_time": "3.25", "end_time": "3.5", "speaker_label": "spk_1"},
                        {"start_time": "3.6", "end_time": "4.75", "speaker_label": "spk_1"},
                    ],
                },
            ],
        },
        "items": [
            amazon_word("Morning", "0.5", "0.9"),
            {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
            amazon_word("My", "3.25", "3.5"),
            amazon_word("bill", "3.6", "4.75"),
        ],
    },
    "status": "COMPLETED",
}

AMAZON_SEGMENTS = {
    "results": {
        "transcripts": [],
        "speaker_labels": {"segments": []},
        "items": [],
        "audio_segments": [
            {
                "id": 0,
                "transcript": "Good morning.",
                "start_time": "0.5",
                "end_time": "3.0",
                "speaker_label": "spk_0",
                "items": [0],
            },
            {
                "id": 1,
                "transcript": "My bill.",
                "start_time": "3.25",
                "end_time": "4.75",
                "speaker_label": "spk_1",
                "items": [1],
            },
        ],
    }
}

AMAZON_CHANNELS = {
    "results": {
        "transcripts": [],
        "channel_labels": {
            "number_of_channels": 2,
            "channels": [
                {
                    "channel_label": "ch_0",
                    "items": [
                        amazon_word("Good", "0.5", "0.9"),
                        amazon_word("morning", "1.0", "3.0"),
                        {"type": "punctuation", "alternatives": [{"content": "."}]},
                    ],
                },
                {"channel_label": "ch_1", "items": [amazon_word("Bill", "3.25", "4.75")]},
            ],
        },
    }
}

JSON_FORMATS = {
    "whisperx": (WHISPERX, "SPEAKER_00", "SPEAKER_01"),
    "assemblyai": (ASSEMBLYAI, "A", "B"),
    "deepgram utterances": (DEEPGRAM_UTTERANCES, "0", "1"),
    "deepgram words": (DEEPGRAM_WORDS, "0", "1"),
    "amazon analytics": (AMAZON_ANALYTICS, "AGENT", "CUSTOMER"),
    "amazon partitioned": (AMAZON_PARTITIONED, "spk_0", "spk_1"),
    "amazon segments": (AMAZON_SEGMENTS, "spk_0", "spk_1"),
    "amazon channels": (AMAZON_CHANNELS, "ch_0", "ch_1"),
}


@pytest.fixture
def given_file(tmp_path):
    def write(content: str | bytes | Any, name: str = "turns.txt") -> Path:
        path = tmp_path / name
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def spans(turns: list[Turn]) -> list[tuple[float, float, str]]:
    return [(turn.segment.start, turn.segment.end, turn.speaker) for turn in turns]


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_every_service_is_known_by_content_and_read(given_file, name):
    document, first, second = JSON_FORMATS[name]
    turns = read_turns(given_file(document, "no-ending-that-tells"))
    assert spans(turns) == [(0.5, 3.0, first), (3.25, 4.75, second)]
    assert all(turn.text for turn in turns)


def test_rttm(given_file):
    turns = read_turns(given_file(RTTM))
    assert spans(turns) == [(0.5, 3.0, "spk_a"), (3.25, 4.75, "spk_b")]
    assert [turn.text for turn in turns] == [None, None]


def test_text_is_told_on_one_printable_line(given_file):
    assert read_turns(given_file(WHISPERX))[0].text == "Good morning, how may I help?"
    hostile = {"segments": [{"start": 0, "end": 1, "speaker": "A", "text": "a\x1b[2J\ud800b"}]}
    assert read_turns(given_file(hostile))[0].text == "a\ufffd[2J\ufffdb"


def test_words_are_joined_to_turns_with_their_text(given_file):
    assert [t.text for t in read_turns(given_file(DEEPGRAM_WORDS))] == ["Good morning.", "my bill"]
    assert [t.text for t in read_turns(given_file(AMAZON_CHANNELS))] == ["Good morning", "Bill"]
    assert [t.text for t in read_turns(given_file(AMAZON_PARTITIONED))] == ["Morning", "My bill"]


def test_a_long_pause_parts_the_words_of_one_speaker(given_file):
    words = [deepgram_word("a", 0.0, 0.5, speaker=0), deepgram_word("b", 1.3, 2.0, speaker=0)]
    words.append(deepgram_word("c", 2.81, 3.0, speaker=0))
    document = {"results": {"channels": [{"alternatives": [{"words": words}]}]}}
    assert spans(read_turns(given_file(document))) == [(0.0, 2.0, "0"), (2.81, 3.0, "0")]


def test_deepgram_channels_are_speakers(given_file):
    def channel(*words: dict[str, Any]) -> dict[str, Any]:
        return {"alternatives": [{"words": list(words)}]}

    two = {"results": {"channels": [channel(deepgram_word("a", 0, 1)), channel(deepgram_word("b", 0.5, 2))]}}
    assert spans(read_turns(given_file(two))) == [(0.0, 1.0, "channel 0"), (0.5, 2.0, "channel 1")]
    two["results"]["channels"][1] = channel(deepgram_word("b", 0.5, 2, speaker=1))
    assert [t.speaker for t in read_turns(given_file(two))] == ["channel 0", "channel 1 speaker 1"]
    utterances = [
        {"start": 0, "end": 1, "channel": 0, "transcript": "a"},
        {"start": 0.5, "end": 2, "channel": 1, "transcript": "b"},
    ]
    document = {"results": {"channels": [], "utterances": utterances}}
    assert [t.speaker for t in read_turns(given_file(document))] == ["channel 0", "channel 1"]


def test_contact_lens_gets_its_roles_from_the_participants(given_file):
    piece = {"ParticipantId": "c-1", "BeginOffsetMillis": 0, "EndOffsetMillis": 900, "Content": "hi"}
    people = [{"ParticipantId": "c-1", "ParticipantRole": "CUSTOMER"}]
    assert read_turns(given_file({"Transcript": [piece], "Participants": people}))[0].speaker == "CUSTOMER"
    assert read_turns(given_file({"Transcript": [piece]}))[0].speaker == "c-1"


def test_a_byte_order_mark_and_windows_lines_do_no_harm(given_file):
    assert len(read_turns(given_file(b"\xef\xbb\xbf" + RTTM.replace("\n", "\r\n").encode()))) == 2
    assert len(read_turns(given_file(b"\xef\xbb\xbf" + json.dumps(WHISPERX).encode()))) == 2


def test_turns_may_overlap_and_are_sorted_and_what_has_no_length_is_left_out(given_file):
    segments = [
        {"start": 2, "end": 3, "speaker": "B"},
        {"start": 0, "end": 9, "speaker": "A"},
        {"start": 2, "end": 3, "speaker": "A"},
        {"start": 1, "end": 1, "speaker": "A"},
    ]
    turns = read_turns(given_file({"segments": segments}))
    assert spans(turns) == [(0.0, 9.0, "A"), (2.0, 3.0, "A"), (2.0, 3.0, "B")]


def test_one_recording_of_several_in_an_rttm(given_file):
    path = given_file(RTTM + "SPEAKER other 1 0 1 <NA> <NA> x <NA> <NA>\n")
    assert [t.speaker for t in read_turns(path, "/recordings/other.flac")] == ["x"]
    with pytest.raises(TurnsError, match=r"2 recordings .*'call', 'other'.*, and which is meant is not said"):
        read_turns(path)
    with pytest.raises(TurnsError, match="none of them called 'third'; keep the lines of one recording"):
        read_turns(path, "third.wav")
    # A file about one recording is believed to be about the one that is asked for.
    assert len(read_turns(given_file(RTTM), "third.wav")) == 2


LINE = "SPEAKER call 1 {} {} <NA> <NA> {} <NA> <NA>\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", r"turns\.txt: is empty; give RTTM or a transcript in JSON"),
        (" \n\n", "is empty; give RTTM"),
        (";; nothing\n", r"no known format of turns \(it begins with ';; nothing'\); allowed: .*RTTM.*WhisperX"),
        ("SPKR-INFO call 1 <NA> <NA> <NA> unknown a <NA> <NA>", "holds no turns; give a file in which somebody"),
        (
            LINE.format(0, 1, "a") + "SPEAKER call 1 0 1 a\n",
            "line 2: 6 fields, expected 10 .*: SPEAKER file channel",
        ),
        (
            LINE.format(0, 1, "a") + "SPEAKR call 1\n",
            "line 2: 'SPEAKR' is no type of RTTM; expected: SPEAKER file",
        ),
        (LINE.format("x", 1, "a"), r"line 1\.start must be a number, got 'x'"),
        (LINE.format("1_0", 1, "a"), r"line 1\.start must be a number, got '1_0'"),
        (LINE.format("nan", 1, "a"), r"line 1\.start must be a finite number, got 'nan'"),
        (LINE.format(0, "inf", "a"), r"line 1\.duration must be a finite number, got 'inf'"),
        (LINE.format(-1, 1, "a"), "line 1 starts at -1 s; times count from 0"),
        (LINE.format(1, -0.5, "a"), r"line 1: the duration is -0\.5 s; it must not be negative"),
        (LINE.format(0, 1e7, "a"), r"line 1 ends at 1e\+07 s, beyond 86,400 s, the longest recording"),
        (LINE.format(0, 1, "a" * 201), "line 1: the 8th field must name a speaker in 1 to 200 printable"),
        (LINE.format(0, 1, "a\x1b[2J"), "the 8th field must name a speaker in 1 to 200 printable characters"),
        (LINE.format(0, 1, "anger?") + LINE.format(1, 1, "neutral"), "names emotions .* in place of speakers"),
        (
            LINE.format(0, 1, "agent:speech") + LINE.format(1, 1, "customer:anger?"),
            "names emotions .* as emotrace",
        ),
        (RTTM.encode("utf-16"), "is UTF-16; save it with UTF-8 encoding"),
        (b"SPEAKER\nSPEAKER caf\xe9", "line 2: not UTF-8 text; give RTTM or JSON, saved with UTF-8"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \xff\xfe", "line 1: not UTF-8 text"),
        ("WEBVTT\n\n00:00.000 --> 00:02.000\n", "it begins with 'WEBVTT'"),
    ],
)
def test_what_is_wrong_with_an_rttm_or_no_transcript_at_all(given_file, content, sentence):
    with pytest.raises(TurnsError, match=sentence) as caught:
        read_turns(given_file(content))
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


def segment(**fields: Any) -> dict[str, Any]:
    return {"segments": [{"start": 0, "end": 1, "speaker": "A", **fields}]}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            '{"segments": [{"start": 0, "end"',
            "line 1, column 33: not JSON .*; the file is cut off: copy or export",
        ),
        ('{"segments": [{"start": 0, "en', "the file is cut off"),
        ('{"segments": [1, 2', "the file is cut off"),
        ("{'segments': []}", "line 1, column 2: not JSON .*; export it again"),
        ('{"segments": []} x', "line 1, column 18: not JSON"),
        ("[" * 100_000, "nested too deeply for a transcript"),
        ('{"a":' * 100_000, "nested too deeply for a transcript"),
        ('{"segments": ' + "9" * 5000 + "}", "holds a number of thousands of digits"),
        ("[]", r"JSON, but of no known transcript \(it has: no keys at the top\); allowed: Amazon Transcribe"),
        ({"text": "hi", "words": []}, r"of no known transcript \(it has: text, words\); allowed: .*Deepgram"),
        ({"segments": []}, "holds no turns"),
        ({"segments": {}}, "segments must be a list, got an object"),
        ({"segments": None}, "segments must be a list, got nothing"),
        ({"segments": [3]}, r"segments\[0\] must be an object, got 3"),
        (
            {"segments": [{"start": 0, "end": 1}]},
            "none of its segments has a 'speaker'; run WhisperX with --diarize",
        ),
        ({"segments": [{"end": 1, "speaker": "A"}]}, r"segments\[0\] has no 'start'; a turn needs a start"),
        (segment(start=True), r"segments\[0\]\.start must be a number, got true"),
        (segment(start=[0]), r"segments\[0\]\.start must be a number, got a list"),
        ('{"segments": [{"start": NaN, "end": 1, "speaker": 1}]}', "start must be a finite number, got nan"),
        ('{"segments": [{"start": 0, "end": 1e999, "speaker": 1}]}', "end must be a finite number, got inf"),
        (segment(end=10**400), "end must be a number, got a number of many digits"),
        (segment(end=10**300), "ends at 1e.300 s, beyond 86,400 s"),
        (segment(start=-0.5), r"segments\[0\] starts at -0\.5 s; times count from 0"),
        (segment(start=2), r"segments\[0\] ends at 1 s, before it starts at 2 s"),
        (
            segment(speaker=""),
            r"segments\[0\]\.speaker must name a speaker in 1 to 200 printable characters, got ''",
        ),
        (segment(speaker=["A"]), r"speaker must name a speaker by text or number, got a list"),
        (segment(speaker=True), "speaker must name a speaker by text or number, got true"),
        (segment(speaker=1.5), r"speaker must name a speaker by text or number, got 1\.5"),
        (segment(speaker=10**30), "must name a speaker in 1 to 200 printable characters, got a number of many"),
        (segment(speaker="a\nb"), r"printable characters, got 'a\\nb'"),
        (segment(speaker="\ud800"), r"printable characters, got '\\ud800'"),
        ({"utterances": None}, "its 'utterances' are null; ask AssemblyAI for speaker_labels or multichannel"),
        (
            {"utterances": [{"start": 0.5, "end": 2.5, "speaker": "A"}]},
            "AssemblyAI's times are whole milliseconds",
        ),
        (
            {"utterances": [{"start": 5, "end": 20}]},
            r"utterances\[0\]\.speaker must name a speaker .*, got nothing",
        ),
        ({"results": {"channels": None}}, "results.channels must be a list, got nothing"),
        (
            {"results": {"utterances": [{"start": 0, "end": 1}]}},
            r"utterances\[0\] has no 'speaker'; ask Deepgram for",
        ),
        (
            {"results": {"channels": [{"alternatives": [{"words": [deepgram_word("a", 0, 1)]}]}]}},
            r"channels\[0\]\.alternatives\[0\]\.words\[0\] has no 'speaker'; ask Deepgram for diarize=true",
        ),
        ({"results": {"channels": [{"alternatives": []}]}}, "holds no turns"),
        ({"results": {"transcripts": []}}, "holds no speakers; ask Amazon Transcribe for speaker partitioning"),
        ({"results": {"speaker_labels": []}}, "results.speaker_labels must be an object"),
        ({"results": {"audio_segments": [{"speaker_label": "a"}]}}, r"audio_segments\[0\] has no 'start_time'"),
        ({"Transcript": "hello"}, "Transcript must be a list, got 'hello'"),
        ({"Transcript": [{"BeginOffsetMillis": 9, "EndOffsetMillis": 3}]}, r"ends at 0\.003 s, before it starts"),
        ({"Transcript": [{"BeginOffsetMillis": 1, "EndOffsetMillis": 3}]}, r"ParticipantRole must name a speaker"),
        ({"Transcript": [], "Participants": [1]}, r"Participants\[0\] must be an object, got 1"),
    ],
)
def test_what_is_wrong_with_a_transcript(given_file, document, sentence):
    with pytest.raises(TurnsError, match=sentence) as caught:
        read_turns(given_file(document, "call.json"))
    assert str(caught.value).isprintable()
    assert "call.json: " in str(caught.value)


def test_files_that_cannot_be_read(tmp_path, given_file, monkeypatch):
    with pytest.raises(TurnsError, match=r"nowhere\.rttm: no such file; check the path"):
        read_turns(tmp_path / "nowhere.rttm")
    with pytest.raises(TurnsError, match="is a folder; give a file with turns"):
        read_turns(tmp_path)
    with pytest.raises(TurnsError, match=r"cannot be read|no such file"):
        read_turns("a\0b")
    with pytest.raises(TurnsError, match=r"cannot be read .*name too long"):
        read_turns("x" * 5000)
    monkeypatch.setattr(_transcript, "MAX_BYTES", 50)
    with pytest.raises(TurnsError, match="bytes, above the limit of 50; split the transcript"):
        read_turns(given_file(RTTM))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TurnsError, match="is a pipe, socket or device; give a file with turns"):
        read_turns(tmp_path / "pipe")


def test_too_many_turns_are_refused(given_file, monkeypatch):
    monkeypatch.setattr(_fields, "MAX_TURNS", 1)
    with pytest.raises(TurnsError, match="segments has 3 entries, above the limit of 1; split the transcript"):
        read_turns(given_file(WHISPERX))
    monkeypatch.setattr("emotrace.calls.turns.rttm.MAX_TURNS", 1)
    with pytest.raises(TurnsError, match="line 3: above the limit of 1 lines; split the file by recording"):
        read_turns(given_file(RTTM))


def milliseconds(turn: Turn) -> tuple[int, int]:
    return round(turn.segment.start * 1000), round(turn.segment.end * 1000)


def encode_rttm(turns: list[Turn]) -> str:
    lines = [
        LINE.format(f"{t.segment.start:.3f}", f"{t.segment.duration:.3f}", t.speaker.replace(" ", "_"))
        for t in turns
    ]
    return "".join(lines)


def encode_whisperx(turns: list[Turn]) -> Any:
    return {
        "segments": [
            {"start": t.segment.start, "end": t.segment.end, "speaker": t.speaker, "text": t.text} for t in turns
        ]
    }


def encode_assemblyai(turns: list[Turn]) -> Any:
    pieces = zip(turns, map(milliseconds, turns), strict=True)
    return {"utterances": [{"start": s, "end": e, "speaker": t.speaker, "text": t.text} for t, (s, e) in pieces]}


def encode_deepgram(turns: list[Turn]) -> Any:
    pieces = [
        {"start": t.segment.start, "end": t.segment.end, "channel": 0, "speaker": t.speaker, "transcript": t.text}
        for t in turns
    ]
    return {"results": {"channels": [], "utterances": pieces}}


def encode_amazon(turns: list[Turn]) -> Any:
    pieces = [
        {"BeginOffsetMillis": s, "EndOffsetMillis": e, "ParticipantRole": t.speaker, "Content": t.text}
        for t, (s, e) in zip(turns, map(milliseconds, turns), strict=True)
    ]
    return {"Transcript": pieces}


ENCODERS = [encode_rttm, encode_whisperx, encode_assemblyai, encode_deepgram, encode_amazon]

names = st.text("abcXYZ019_- é語", min_size=1, max_size=12).map(lambda name: " ".join(name.split())).filter(bool)


@st.composite
def turn_lists(draw: st.DrawFn) -> list[Turn]:
    found = []
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, 3_600_000))
        end = start + draw(st.integers(1, 60_000))
        text = draw(st.none() | names)
        found.append(Turn(Segment(start / 1000, end / 1000), draw(names), text))
    return found


@pytest.mark.parametrize("encode", ENCODERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=turn_lists())
def test_what_is_written_is_read(given_file, encode, turns):
    read = read_turns(given_file(encode(turns)))
    expected = sorted(turns, key=lambda turn: (turn.segment, turn.speaker))
    if encode is encode_rttm:
        # RTTM has no text, and no spaces in names.
        expected = [Turn(t.segment, t.speaker.replace(" ", "_")) for t in turns]
        expected.sort(key=lambda turn: (turn.segment, turn.speaker))
    assert [(t.segment, t.speaker) for t in read] == [(t.segment, t.speaker) for t in expected]
    assert sorted(str(t.text) for t in read) == sorted(str(t.text) for t in expected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["start", "end", "speaker", "text", "words", "start_time", "end_time", "speaker_label", "channel_label"]
pieces = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=4)
lists = st.lists(pieces | json_values, max_size=3) | json_values
channels = st.lists(st.fixed_dictionaries({"alternatives": st.lists(st.fixed_dictionaries({"words": lists}))}))
documents = (
    st.fixed_dictionaries({"segments": lists})
    | st.fixed_dictionaries({"utterances": lists})
    | st.fixed_dictionaries({"Transcript": lists, "Participants": lists})
    | st.fixed_dictionaries(
        {"results": st.fixed_dictionaries({"utterances": lists, "channels": channels | lists})}
    )
    | st.fixed_dictionaries({"results": st.fixed_dictionaries({"audio_segments": lists, "items": lists})})
    | st.fixed_dictionaries({"results": st.fixed_dictionaries({"speaker_labels": json_values | pieces})})
    | st.fixed_dictionaries(
        {"results": st.fixed_dictionaries({"channel_labels": st.fixed_dictionaries({"channels": lists})})}
    )
    | json_values
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents)
@example(document={"results": {"speaker_labels": {"segments": [{"items": 3}]}, "items": [{"start_time": {}}]}})
@example(document={"Transcript": [{"ParticipantId": []}], "Participants": [{"ParticipantId": {}}]})
def test_any_json_is_turns_or_one_line(given_file, document):
    check_turns_or_one_line(given_file(json.dumps(document).encode("utf-8", "surrogatepass")))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60)
    | st.lists(st.sampled_from(["SPEAKER", "a", "1", "-1", "nan", "\n"])).map(
        lambda words: " ".join(words).encode()
    )
)
def test_any_bytes_are_turns_or_one_line(given_file, content):
    check_turns_or_one_line(given_file(content))


def check_turns_or_one_line(path: Path) -> None:
    try:
        turns = read_turns(path)
    except TurnsError as error:
        message = str(error)
    else:
        message = ""
        assert turns == sorted(turns, key=lambda turn: (turn.segment, turn.speaker))
        assert all(turn.speaker.isprintable() and turn.segment.duration > 0 for turn in turns)
    assert message.isprintable()
