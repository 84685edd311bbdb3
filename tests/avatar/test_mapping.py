"""Parameters: each quantity in each type."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.avatar.mapping import QUANTITIES, TYPES, AvatarMapping, Parameter, Sending
from emotrace.avatar.motion import Motion
from emotrace.avatar.state import AvatarState
from emotrace.errors import AvatarError


@pytest.fixture
def pose(hear):
    avatar = AvatarState(Motion(attack_seconds=0.0))
    avatar.push(hear(anger=0.5, sadness=0.25, neutral=0.25), 0.0)
    return avatar.tick(0.0)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Parameter("/p", "weight", weights={"anger": 1.0}), 0.5),
        (Parameter("/p", "weight", weights={"anger": 1.0, "sadness": 0.5}), 0.625),
        (Parameter("/p", "weight", weights={"anger": 1.0}, scale=255.0, type="int"), 128),
        (Parameter("/p", "weight", weights={"anger": 1.0}, scale=2.0, offset=-0.5, high=0.4), 0.4),
        (Parameter("/p", "weight", weights={"anger": -1.0}, low=-0.25), -0.25),
        (Parameter("/p", "weight", weights={"anger": 1.0}, type="bool"), True),
        (Parameter("/p", "weight", weights={"anger": 1.0}, type="bool", threshold=0.51), False),
        (Parameter("/p", "index", type="int", index={"anger": 2}), 2),
        (Parameter("/p", "index", type="int", index={"sadness": 2}, otherwise=-7), -7),
        (Parameter("/p", "is_emotion", type="bool", emotions=("anger", "fear")), True),
        (Parameter("/p", "is_emotion", type="bool", emotions=("fear",)), False),
        (Parameter("/p", "valence"), 0.5 * -0.51 + 0.25 * -0.63),
        (Parameter("/p", "arousal", scale=0.5, offset=0.5), 0.5 + 0.5 * (0.5 * 0.59 + 0.25 * -0.27)),
        (Parameter("/p", "intensity"), 0.75),
        (Parameter("/p", "is_speaking", type="bool"), True),
        (Parameter("/p", "is_speaking"), 1.0),
        (Parameter("/p", "emotion", type="string"), "anger"),
    ],
)
def test_a_parameter_gets_its_value_in_its_type(parameter, value, pose):
    got = parameter.value_of(pose)
    assert got == (pytest.approx(value) if isinstance(value, float) else value)
    assert type(got) is type(value)


numbers = st.floats(-1e9, 1e9)


@given(
    st.sampled_from([q for q in QUANTITIES if q not in ("emotion", "weight", "index", "is_emotion")]),
    st.sampled_from([t for t in TYPES if t != "string"]),
    numbers,
    numbers,
    st.none() | numbers,
)
def test_whatever_the_scale_the_value_fits_into_osc(quantity, kind, scale, offset, high):
    value = Parameter("/p", quantity, type=kind, scale=scale, offset=offset, high=high).value_of(
        AvatarState().tick(0)
    )
    if kind == "float":
        assert math.isfinite(struct.unpack(">f", struct.pack(">f", value))[0])
    elif kind == "int":
        struct.pack(">i", value)
    else:
        assert type(value) is bool


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"address": "anger", "value": "valence"},
            "key 'address' is 'anger'; an OSC address has parts that begin with",
        ),
        ({"address": "/a b", "value": "valence"}, "key 'address' is '/a b'"),
        ({"address": "/a#", "value": "valence"}, "key 'address' is '/a#'"),
        ({"address": "/a//b", "value": "valence"}, "key 'address' is '/a//b'"),
        ({"address": "/", "value": "valence"}, "key 'address' is '/'"),
        ({"address": "/ä", "value": "valence"}, "key 'address' is '/ä'"),
        ({"address": "/p", "value": "valance"}, "key 'value' names 'valance'; did you mean 'valence'"),
        ({"address": "/p", "value": "valence", "type": "flaot"}, "key 'type' names 'flaot'; did you mean 'float'"),
        (
            {"address": "/p", "value": "valence", "type": "string"},
            "value 'emotion' is a name: it needs type 'string'",
        ),
        ({"address": "/p", "value": "emotion"}, "value 'emotion' is a name: it needs type 'string'"),
        ({"address": "/p", "value": "weight"}, "key 'weights' is for value 'weight', which needs it"),
        ({"address": "/p", "value": "valence", "weights": {"anger": 1.0}}, "the value is 'valence'"),
        ({"address": "/p", "value": "index", "type": "int"}, "key 'index' is for value 'index', which needs it"),
        ({"address": "/p", "value": "is_emotion"}, "key 'emotions' is for value 'is_emotion', which needs it"),
        (
            {"address": "/p", "value": "weight", "weights": {"angry": 1.0}},
            "key 'weights' names 'angry'; did you mean 'anger'",
        ),
        ({"address": "/p", "value": "weight", "weights": {"anger": 1e10}}, "factor that is not within 1e9 of 0"),
        (
            {"address": "/p", "value": "valence", "low": 2.0, "high": 1.0},
            "key 'low' is 2, above 'high', which is 1",
        ),
        (
            {"address": "/p", "value": "valence", "scale": 1e10},
            r"key 'scale' is 1e\+10; it must be within 1e9 of 0",
        ),
        ({"address": "/p", "value": "valence", "name": "a\0b"}, "key 'name' holds a zero"),
    ],
)
def test_a_parameter_that_cannot_be_is_explained(values, sentence):
    with pytest.raises(AvatarError, match=sentence):
        Parameter(**values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rate_hz": 0.0}, "key 'rate_hz' is 0; it must be between 0.1 and 120"),
        ({"rate_hz": math.nan}, "key 'rate_hz' is nan"),
        ({"deadband": -0.1}, "key 'deadband' is -0.1; it must be 0 or more"),
        ({"keep_alive_seconds": 0.0}, "key 'keep_alive_seconds' is 0; it must be 0.1 to 3600"),
        ({"apply": "Apply"}, "key 'apply' is 'Apply'; an OSC address"),
    ],
)
def test_a_sending_that_cannot_be_is_explained(values, sentence):
    with pytest.raises(AvatarError, match=sentence):
        Sending(**values)


def test_a_mapping_needs_parameters_and_each_once():
    with pytest.raises(AvatarError, match=r"0 tables \[\[parameter\]\]; 1 to 500 are allowed"):
        AvatarMapping("", ())
    twice = (Parameter("/b", "valence", name="Joy"), Parameter("/b", "arousal", name="Joy"))
    with pytest.raises(AvatarError, match="two parameters have the address /b Joy; each needs its own"):
        AvatarMapping("", twice)


def test_parameters_that_a_model_never_moves_are_known():
    sleepy = Parameter("/s", "weight", weights={"sleepiness": 1.0})
    both = Parameter("/b", "weight", weights={"sleepiness": 1.0, "anger": 1.0})
    dozing = Parameter("/d", "is_emotion", type="bool", emotions=("sleepiness", "boredom"))
    mapping = AvatarMapping("", (sleepy, both, dozing, Parameter("/v", "valence")))
    assert mapping.unmoved_by(("neutral", "anger")) == [sleepy, dozing]
    assert mapping.unmoved_by(("neutral", "boredom")) == [sleepy, both]
