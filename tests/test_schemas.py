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
from tests.calls.pages.made_call import make_call

from emotrace import registry
from emotrace.labels import NO_SPEECH
from emotrace.types import Prediction, Segment, Timeline


def _schema(name: str) -> dict[str, Any]:
    text = files("emotrace.assets").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


PREDICTION = Draft202012Validator(_schema("prediction"))
TIMELINE = Draft202012Validator(_schema("timeline"))
CALL_DESK = Draft202012Validator(_schema("call"))

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


@pytest.mark.parametrize("name", ["prediction", "timeline", "call"])
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(_schema(name))


def test_the_timeline_schema_holds_the_prediction_schema() -> None:
    # So that one file is enough to validate with; the copies must stay the same.
    assert _schema("timeline")["$defs"]["prediction"] == _schema("prediction")


def test_examples_are_valid() -> None:
    for example in _schema("prediction")["examples"]:
        PREDICTION.validate(example)


@settings(max_examples=100)
@given(predictions=st.lists(_predictions(), max_size=4))
def test_written_predictions_are_valid(predictions: list[Prediction]) -> None:
    records = json.loads(_written("json", predictions, single=True))
    lines = [json.loads(line) for line in _written("jsonl", predictions, single=True).split("\n")[:-1]]
    assert records == lines
    assert len(records) == len(predictions)
    for record in records:
        PREDICTION.validate(record)


@settings(max_examples=100)
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
        (_without("derived"), "'derived' is a required property"),
        (_with(derived={"valence": 0.5}), "'arousal' is a required property"),
        (_with(derived={"valence": 0.5, "arousal": -1.5}), "-1.5 is less than the minimum of -1"),
        (_with(derived={"valence": 0.5, "arousal": 0.5, "dominance": 0.5}), "'dominance' was unexpected"),
        (_with(speaker_sex=None), "None is not of type 'object'"),
        (_with(speaker_sex={"female": 1.0}), "does not have enough properties"),
        (_with(speaker_sex={"female": 0.5, "other": 0.5}), "'other' was unexpected"),
        (_with(speaker_sex={"female": 1.5, "male": 0.0}), "1.5 is greater than the maximum of 1"),
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


def test_silence_is_neither_pleasant_nor_not() -> None:
    record = SILENT.to_dict()
    PREDICTION.validate(record)
    with pytest.raises(ValidationError, match=r"0\.0 is not of type 'null'"):
        PREDICTION.validate(record | {"derived": {"valence": 0.0, "arousal": None}})


def test_speaker_sex_is_allowed_where_somebody_speaks() -> None:
    heard = {"female": 0.97, "male": 0.03}
    PREDICTION.validate(HEARD.to_dict() | {"speaker_sex": heard})
    PREDICTION.validate(SILENT.to_dict() | {"speaker_sex": {}})
    with pytest.raises(ValidationError, match=r"is expected to be empty|has too many properties"):
        PREDICTION.validate(SILENT.to_dict() | {"speaker_sex": heard})


def test_wrong_documents_are_refused() -> None:
    document = json.loads(_written("json", [CALL]))
    with pytest.raises(ValidationError, match=r"should be non-empty|is too short"):
        TIMELINE.validate(document | {"channels": []})
    document["channels"][0]["speech"] = [[1.0]]
    with pytest.raises(ValidationError, match="is too short"):
        TIMELINE.validate(document)


def test_what_stands_in_a_call_is_what_stands_in_a_timeline() -> None:
    # A call names its file once, and its timelines by party.
    entry = HEARD.to_dict()
    del entry["file"], entry["channel"]
    call = make_call()
    call["timelines"] = {"customer": [entry]}
    CALL_DESK.validate(call)
    assert _schema("call")["$defs"]["derived"] == _schema("prediction")["properties"]["derived"]
    call["timelines"] = {"customer": [HEARD.to_dict()]}
    with pytest.raises(ValidationError, match=r"'channel', 'file' were unexpected"):
        CALL_DESK.validate(call)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (["verdict", "label"], "angry", "'angry' is not one of"),
        (["verdict", "evidence", 0, "start"], -1, "-1 is less than the minimum of 0"),
        (["parties", 1, "consent"], 3, "3 is not of type"),
        (["parties", 1, "party"], "boss", "'boss' is not one of"),
        (["turns", 0, "level_dbfs"], "loud", "'loud' is not of type 'number', 'null'"),
        (["turns", 0, "mood"], "bad", "'mood' was unexpected"),
        (["summary", "trend", "direction"], "up", "'up' is not one of"),
        (["escalations", 0, "severity"], "fatal", "'fatal' is not one of"),
        (["notice"], "", "should be non-empty|is too short"),
    ],
)
def test_wrong_calls_are_refused(path: list[str | int], value: object, complaint: str) -> None:
    call: Any = make_call()
    CALL_DESK.validate(call)
    place = call
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValidationError, match=complaint):
        CALL_DESK.validate(call)
