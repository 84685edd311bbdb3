"""EmotionML reads back, by an XML parser, and keeps the rules of the W3C recommendation."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.types import Timeline

Write = Callable[..., str]

EMO = "{http://www.w3.org/2009/10/emotionml}"
OWN = "{urn:emotrace}"
BIG6_URI = "http://www.w3.org/TR/emotion-voc/xml#big6"
FSRE_URI = "http://www.w3.org/TR/emotion-voc/xml#fsre-dimensions"
FSRE = {"valence", "potency", "arousal", "unpredictability"}
BIG6 = {"anger", "disgust", "fear", "happiness", "sadness", "surprise"}


def _parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  (written by ourselves)


def _validate(root: ElementTree.Element) -> None:
    """Check the recommendation's constraints (sections 2.1 to 3.1) on the elements that emotrace writes."""
    assert root.tag == f"{EMO}emotionml"
    assert root.get("version") == "1.0"
    assert {child.tag for child in root} <= {f"{EMO}{name}" for name in ("info", "vocabulary", "emotion")}
    assert len(root.findall(f"{EMO}info")) <= 1
    assert root.get("dimension-set") == FSRE_URI
    vocabularies = {BIG6_URI: BIG6}
    for vocabulary in root.findall(f"{EMO}vocabulary"):
        assert vocabulary.get("type") == "category"
        names = [item.attrib["name"] for item in vocabulary.findall(f"{EMO}item")]
        assert names
        assert len(names) == len(set(names)) == len(vocabulary)
        assert all(re.fullmatch(r"[\w.:-]+", name) for name in names), "names are XML name tokens"
        vocabularies[f"#{vocabulary.attrib['id']}"] = set(names)
    for emotion in root.findall(f"{EMO}emotion"):
        _validate_emotion(emotion, vocabularies[emotion.get("category-set", root.attrib["category-set"])])
    for info in root.iter(f"{EMO}info"):
        assert len(info)
        assert not any(child.tag.startswith(EMO) for child in info), "info holds elements of other namespaces"


def _validate_emotion(emotion: ElementTree.Element, vocabulary: set[str]) -> None:
    assert set(emotion.attrib) <= {"category-set", "expressed-through"}
    parts = ("info", "category", "dimension", "reference")
    assert {child.tag for child in emotion} <= {f"{EMO}{name}" for name in parts}
    dimensions = [dimension.attrib for dimension in emotion.findall(f"{EMO}dimension")]
    names = [dimension["name"] for dimension in dimensions]
    assert set(names) <= FSRE
    assert len(names) == len(set(names)), "each dimension at most once"
    assert all(0.0 <= float(dimension["value"]) <= 1.0 for dimension in dimensions)
    categories = emotion.findall(f"{EMO}category")
    assert len(categories) == 1
    assert categories[0].attrib["name"] in vocabulary
    assert 0.0 <= float(categories[0].attrib["confidence"]) <= 1.0
    assert len(emotion.findall(f"{EMO}reference")) == 1


def _read(emotion: ElementTree.Element) -> tuple[float, float, str, str, str]:
    """Give start, end, label, channel and file."""
    uri = urlsplit(emotion.find(f"{EMO}reference").attrib["uri"])  # type: ignore[union-attr]
    assert uri.scheme == uri.netloc == uri.query == ""
    assert all(ord(c) > 32 for c in uri.path), "a URI has no spaces"
    times = re.fullmatch(r"t=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)", uri.fragment)
    assert times, uri.fragment
    is_uncertain = emotion.find(f"{EMO}info/{OWN}uncertain") is not None
    label = emotion.find(f"{EMO}category").attrib["name"] + ("?" if is_uncertain else "")  # type: ignore[union-attr]
    channel = emotion.findtext(f"{EMO}info/{OWN}channel", "mix")
    return float(times[1]), float(times[2]), label, channel, os.fsdecode(unquote_to_bytes(uri.path))


@settings(max_examples=100)
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3))
def test_emotions_are_the_runs_of_every_channel(
    timelines: list[Timeline],
    as_channels: Callable[..., list[Timeline]],
    write: Write,
    check_spans: Callable[..., None],
) -> None:
    channels = as_channels(timelines)
    root = _parse(write("emotionml", *channels))
    _validate(root)
    emotions = [_read(emotion) for emotion in root.findall(f"{EMO}emotion")]
    for timeline in channels:
        spans = [(start, end, label) for start, end, label, channel, _ in emotions if channel == timeline.channel]
        check_spans(timeline, spans, digits=3)
    assert {"/" + file.lstrip("/") if file.startswith("/") else file for *_, file in emotions} <= {
        "/" + channels[0].file.lstrip("/") if channels[0].file.startswith("/") else channels[0].file
    }


def test_a_call(call: Timeline, write: Write) -> None:
    text = write("emotionml", call)
    root = _parse(text)
    _validate(root)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<emotionml xmlns="http://www.w3.org/2009/10/')
    assert root.findtext(f"{EMO}info/{OWN}model") == "default 0.1"
    emotions = root.findall(f"{EMO}emotion")
    assert [_read(emotion) for emotion in emotions] == [
        (2.0, 6.0, "anger", "1", "calls/my call.flac"),
        (6.0, 8.0, "fear?", "1", "calls/my call.flac"),
        (10.0, 12.25, "neutral", "1", "calls/my call.flac"),
    ]
    assert [emotion.get("category-set") for emotion in emotions] == [None, None, "#others"]
    assert root.findtext(f"{EMO}info/{OWN}derived") == "valence arousal"
    assert 'uri="calls/my%20call.flac#t=10,12.25"' in text
    assert "no speech" not in text


@settings(max_examples=40)
@given(timeline=st.from_type(Timeline))
def test_dimensions_map_back_to_what_is_derived(timeline: Timeline, write: Write) -> None:
    emotions = _parse(write("emotionml", timeline)).findall(f"{EMO}emotion")
    places = {
        (round(run.segment.start, 3), round(run.segment.end, 3)): run for run in timeline.runs() if run.is_speech
    }
    for emotion in emotions:
        start, end, *_ = _read(emotion)
        values = {
            d.attrib["name"]: 2.0 * float(d.attrib["value"]) - 1.0 for d in emotion.findall(f"{EMO}dimension")
        }
        assert values.keys() == {"valence", "arousal"}
        run = places.get((start, end))
        if run is not None:  # what is shorter than the last digit is moved
            assert values == pytest.approx({"valence": run.valence, "arousal": run.arousal}, abs=2e-4)


def test_what_has_no_place_on_the_plane_has_no_dimensions(call: Timeline, write: Write) -> None:
    odd = replace(call.predictions[1], emotion="envy", probabilities={"envy": 0.9, "anger": 0.1})
    root = _parse(write("emotionml", replace(call, predictions=(odd,))))
    _validate(root)
    assert len(root.findall(f"{EMO}emotion")) == 1
    assert root.findall(f".//{EMO}dimension") == []


def test_a_label_of_several_words_is_one_name(call: Timeline, write: Write) -> None:
    odd = replace(call.predictions[1], emotion="mild irritation", probabilities={"mild irritation": 0.9})
    _validate(_parse(write("emotionml", replace(call, predictions=(odd,)))))


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("/tmp/a b.wav", "/tmp/a%20b.wav#t=2,6"),
        ("//host/a.wav", "/host/a.wav#t=2,6"),
        ("C:a.wav", "C%3Aa.wav#t=2,6"),
        ("what?#1.wav", "what%3F%231.wav#t=2,6"),
        ("Grüße.wav", "Gr%C3%BC%C3%9Fe.wav#t=2,6"),
        ("", "#t=2,6"),
    ],
)
def test_any_file_is_a_relative_reference(call: Timeline, file: str, uri: str, write: Write) -> None:
    assert f'<reference uri="{uri}" />' in write("emotionml", replace(call, file=file))
