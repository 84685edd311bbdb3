from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.bundle.strict_json import MAX_DEPTH, parse_object
from emotrace.errors import BundleError


def nested(levels: int) -> bytes:
    return b'{"a": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", r"is not valid JSON \(Expecting value"),
        (b'{"a": 1', r"is not valid JSON"),
        (b"[1]", r"must be a JSON object, not a list of 1"),
        (b"\xff\xfe", r"is not UTF-8 text \(invalid start byte at byte 0\)"),
        (b"\xef\xbb\xbf{}", r"is not valid JSON \(Unexpected UTF-8 BOM"),
        (b'{"a": NaN}', r"NaN is not a number that JSON knows"),
        (b'{"a": -Infinity}', r"-Infinity is not a number that JSON knows"),
        (b'{"a": 1e999}', r"key 'a' holds inf; every number must be finite"),
        (b'{"a": ' + b"9" * 30 + b"}", r"key 'a' holds a whole number beyond 2\^53"),
        (
            b'{"a": ' + b"9" * 6000 + b"}",
            r"is not valid JSON \(Exceeds the limit|key 'a' holds a whole number beyond",
        ),
        (b'{"a": 1, "a": 2}', r"key 'a' is given twice"),
        (b'{"a": {"b": 1, "b": 2}}', r"key 'b' is given twice"),
        (b'{"a": "\\ud800"}', r"key 'a' holds the unprintable character U\+D800"),
        (b'{"a": "\\u001b[31m"}', r"key 'a' holds the unprintable character U\+001B"),
        (b'{"a": {"\\u009b": 1}}', r"key 'a' holds the unprintable character U\+009B"),
        (nested(MAX_DEPTH + 2), r"key 'a' is nested deeper than 16 levels"),
        (nested(200_000), r"is nested deeper than 16 levels"),
    ],
)
def test_hostile_json_is_refused_in_one_line(text: bytes, sentence: str) -> None:
    with pytest.raises(BundleError, match=r"^card\.json: (" + sentence + ")") as info:
        parse_object(text, "card.json")
    assert str(info.value).isprintable()
    assert len(str(info.value)) < 300


def test_deepest_allowed_nesting_is_read() -> None:
    parse_object(nested(MAX_DEPTH), "card.json")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_a_bundle_error(text: bytes) -> None:
    try:
        refusal = ""
        assert isinstance(parse_object(text, "card.json"), dict)
    except BundleError as error:
        refusal = str(error)
    assert refusal.isprintable()


PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(PLAIN, st.none() | st.booleans() | PLAIN | NUMBERS | st.lists(NUMBERS, max_size=3)))
def test_what_json_can_say_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode(), "card.json") == value


def test_number_near_the_largest_float_is_kept() -> None:
    assert math.isfinite(parse_object(b'{"a": 1.7e308}', "card.json")["a"])
