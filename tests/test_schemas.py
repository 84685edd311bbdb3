"""The shipped JSON Schemas are valid, describe what is written, and refuse what is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from emotrace import registry
from emotrace.labels import NO_SPEECH
from emotrace.types import Prediction, Segment, Timeline


def _schema(name: str) -> dict[str, Any]:
    text = files("emotrace.assets").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


PREDICTION = Draft202012Validator(_schema("prediction"))
TIMELINE = Draft202012Validator(_schema("timeline"))

HEARD = Prediction(Segment(0.0, 1.5), "anger", 0.75, False, {"anger": 0.75, "calm": 0.25}, 1.2, "a.wav", "1")
SILENT = Prediction(Segment(1.5, 3.0), NO_SPEECH, None, False, {}, 0.0, "a.wav", "1")
CALL = Timeline(
    "a.wav", "1", 3.0, (HEARD, SILENT), (Segment(0.1, 1.3),), ("anger", "calm"), "default", {"hop": 1.5}
)


@st.composite
def _predictions(draw: st.DrawFn) -> Prediction:
    start = draw(st.floats(0, 1e5))
    segment = Segment(start, start + draw(st.floats(0, 100)))
    file, channel = draw(st.text()), draw(st.sampled_from(["mix", "0", "12"]))
    if draw(st.booleans()):
        return Prediction(segment, NO_SPEECH, None, False, {}, 0.0, file, channel)
    confidence = draw(st.floats(0.5, 1.0))
    probabilities = {"fear": confidence, "boredom": 1.0 - confidence}
    return Prediction(
        segment, "fear", confidence, draw(st.booleans()), probabilities, draw(st.floats(0, 100)), file, channel
    )


def _written(name: str, what: Any, single: bool = False) -> str:
    stream = io.StringIO()
    module = registry.load("format", name)
    (module.write_predictions if single else module.write_timelines)(what, stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["prediction", "timeline"])
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(_schema(name))


def test_the_timeline_schema_holds_the_prediction_schema() -> None:
    # So that one file is enough to validate with; the copies must stay the same.
    assert _schema("timeline")["$defs"]["prediction"] == _schema("prediction")


def test_examples_are_valid() -> None:
    for example in _schema("prediction")["examples"]:
        PREDICTION.validate(example)


@settings(max_examples=100, deadline=None)
@given(predictions=st.lists(_predictions(), max_size=4))
def test_written_predictions_are_valid(predictions: list[Prediction]) -> None:
    records = json.loads(_written("json", predictions, single=True))
    lines = [json.loads(line) for line in _written("jsonl", predictions, single=True).split("\n")[:-1]]
    assert records == lines
    assert len(records) == len(predictions)
    for record in records:
        PREDICTION.validate(record)


@settings(max_examples=100, deadline=None)
@given(predictions=st.lists(_predictions(), max_size=4), limit=st.floats())
def test_written_timelines_are_valid(predictions: list[Prediction], limit: float) -> None:
    speech = tuple(p.segment for p in predictions if p.is_speech)
    timeline = Timeline("é.wav", "0", 1e5, tuple(predictions), speech, ("fear", "boredom"), "m", {"limit": limit})
    TIMELINE.validate(json.loads(_written("json", [timeline])))


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda record: record.pop(key)


def _with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record.update(changes)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_without("uncertain"), "'uncertain' is a required property"),
        (_with(colour="red"), "'colour' was unexpected"),
        (_with(confidence=1.2), "1.2 is greater than the maximum of 1"),
        (_with(confidence=None), "None is not of type 'number'"),
        (_with(start=-0.1), "-0.1 is less than the minimum of 0"),
        (_with(channel="left"), "'left' does not match"),
        (_with(uncertain="no"), "'no' is not of type 'boolean'"),
        (_with(probabilities={"anger": 1.0}), "does not have enough properties"),
        (_with(emotion=NO_SPEECH), "is not of type 'null'"),
    ],
)
def test_wrong_records_are_refused(change: Callable[[dict[str, Any]], None], complaint: str) -> None:
    record = HEARD.to_dict()
    PREDICTION.validate(record)
    change(record)
    with pytest.raises(ValidationError, match=complaint):
        PREDICTION.validate(record)
    document = json.loads(_written("json", [CALL]))
    TIMELINE.validate(document)
    document["channels"][0]["predictions"][0] = record
    with pytest.raises(ValidationError, match=complaint):
        TIMELINE.validate(document)


def test_wrong_documents_are_refused() -> None:
    document = json.loads(_written("json", [CALL]))
    with pytest.raises(ValidationError, match=r"should be non-empty|is too short"):
        TIMELINE.validate(document | {"channels": []})
    document["channels"][0]["speech"] = [[1.0]]
    with pytest.raises(ValidationError, match="is too short"):
        TIMELINE.validate(document)
