from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.hear.smoothing import Smoothing
from emotrace.server.live.protocol import (
    BAD_KIND,
    BAD_PAYLOAD,
    BadMessageError,
    Close,
    KeepAlive,
    SmoothingSettings,
    Start,
    read_control,
    read_query,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(sorted(Start.model_fields)) | st.text(max_size=8)


def complaint_of(read: Callable[[], object]) -> str:
    try:
        read()
    except BadMessageError as error:
        return str(error)
    return ""


def start(**keys: Any) -> str:
    return json.dumps({"type": "start", **keys})


def test_a_start_says_how_to_hear() -> None:
    message = read_control(
        start(
            sampling_rate=8000,
            encoding="mulaw",
            channels=2,
            channel=1,
            labels=["anger", "neutral"],
            smoothing=True,
        )
    )
    assert message == Start(
        sampling_rate=8000, encoding="mulaw", channels=2, channel=1, labels=("anger", "neutral"), smoothing=True
    )


def test_a_start_needs_nothing_but_its_type() -> None:
    assert read_control('{"type": "start"}') == Start()
    assert (Start().sampling_rate, Start().encoding, Start().channels) == (16_000, "s16le", 1)


def test_smoothing_can_be_told_in_detail() -> None:
    message = read_control(start(smoothing={"hold_seconds": 2}))
    assert isinstance(message, Start)
    assert message.smoothing == SmoothingSettings(hold_seconds=2.0)


def test_smoothing_told_in_part_is_otherwise_the_usual_one() -> None:
    message = read_control(start(smoothing={}))
    assert isinstance(message, Start)
    assert isinstance(message.smoothing, SmoothingSettings)
    assert Smoothing(**message.smoothing.model_dump()) == Smoothing()


def test_the_other_controls_are_bare() -> None:
    assert read_control('{"type": "keepalive"}') == KeepAlive()
    assert read_control(' {"type": "close"}\n') == Close()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (start(sampling_rat=1), "start: unknown key 'sampling_rat'; did you mean 'sampling_rate'?"),
        (start(sampling_rate="8000"), "start: 'sampling_rate' is '8000'; it must be a valid integer"),
        (start(sampling_rate=100), "'sampling_rate' is 100; it must be greater than or equal to 4000"),
        (start(sampling_rate=8000.5), "'sampling_rate' is 8000.5; it must be a valid integer"),
        (start(channels=True), "'channels' is True; it must be a valid integer"),
        (start(channel="left"), "'channel' is 'left'; it must be 'mix' or be a valid integer"),
        (start(channel=-1), "'channel' is -1; it must be 'mix' or be greater than or equal to 0"),
        (start(encoding="opus"), "'encoding' is 'opus'; it must be 's16le', 'f32le', 'mulaw' or 'alaw'"),
        (start(smoothing={"margn": 0.1}), "start.smoothing: unknown key 'margn'; did you mean 'margin'?"),
        (start(smoothing={"margin": 2}), "'smoothing.margin' is 2; it must be less than or equal to 1"),
        (start(window_seconds=3600), "'window_seconds' is 3600; it must be less than or equal to 15"),
        ('{"type": "start", "hop_seconds": 1e999}', "'hop_seconds' is inf; it must be a finite number"),
        ('{"type": "start", "hop_seconds": NaN}', "the message is not JSON: expected value"),
        ('{"type": "close", "now": true}', "close: unknown key 'now'; known: type"),
        ('{"type": "strat"}', "the message has the unknown type 'strat'; did you mean 'start'?"),
        ('{"type": {"a": 1}}', "the message has the unknown type {'a': 1}; known: close, keepalive, start"),
        ("{}", "the message has no type; known: close, keepalive, start"),
        ('{"type": "close"', "the message is not JSON: EOF"),
        ('{"type": "close"} and more', "the message is not JSON: trailing characters"),
        ('{"a":' * 100_000, "the message is not JSON: recursion limit exceeded"),
        ('{"\ud800": 1}', "the message is not JSON: invalid unicode"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, sentence: str) -> None:
    with pytest.raises(BadMessageError) as caught:
        read_control(text)
    told = str(caught.value)
    assert sentence in told
    assert "\n" not in told
    assert caught.value.code == BAD_PAYLOAD


@pytest.mark.parametrize("text", ["", "UklGRiQAAABXQVZF", "[1, 2]", '"start"', "\x00\x01"])
def test_text_that_is_no_object_is_of_the_wrong_kind(text: str) -> None:
    with pytest.raises(BadMessageError, match="audio is sent as binary, and text must be a JSON object") as caught:
        read_control(text)
    assert caught.value.code == BAD_KIND


def test_little_of_what_was_sent_is_repeated() -> None:
    with pytest.raises(BadMessageError) as caught:
        read_control(start(labels={"x" * 10_000: 1}))
    assert len(str(caught.value)) < 300


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_understood_or_refused(text: str) -> None:
    assert "\n" not in complaint_of(lambda: read_control(text))


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_any_start_is_understood_or_refused(keys: dict[str, Any]) -> None:
    try:
        message = read_control(json.dumps({**keys, "type": "start"}))
    except BadMessageError:
        return
    assert isinstance(message, Start)
    # What is understood says the same when it is written again.
    assert read_control(message.to_json()) == message


def test_a_query_says_the_same_as_a_start() -> None:
    query = {"sampling_rate": "8000", "channel": "1", "channels": "2", "hop_seconds": "0.5", "smoothing": "true"}
    assert read_query(query) == Start(sampling_rate=8000, channel=1, channels=2, hop_seconds=0.5, smoothing=True)
    assert read_query({"channel": "mix", "labels": "anger,neutral"}) == Start(labels="anger,neutral")


def test_a_query_with_nothing_but_a_key_says_nothing() -> None:
    assert read_query({}) is None
    assert read_query({"api_key": "secret"}) is None


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"rate": "8000"}, "the address's query: unknown key 'rate'; known: channel, channels"),
        ({"samplingrate": "8000"}, "did you mean 'sampling_rate'?"),
        ({"sampling_rate": "fast"}, "'sampling_rate' is 'fast'; it must be a valid integer"),
        ({"hop_seconds": "nan"}, "'hop_seconds' is 'nan'; it must be a finite number"),
        ({"channel": "left"}, "'channel' is 'left'; it must be 'mix' or be a valid integer"),
    ],
)
def test_a_wrong_query_is_told(query: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadMessageError) as caught:
        read_query(query)
    assert sentence in str(caught.value)


@given(st.dictionaries(KEYS, st.text(max_size=12), max_size=5))
def test_any_query_is_understood_or_refused(query: dict[str, str]) -> None:
    assert "\n" not in complaint_of(lambda: read_query(query))
