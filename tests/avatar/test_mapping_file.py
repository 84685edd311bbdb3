"""Mapping files: the presets as shipped, and whatever people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.avatar.mapping import Parameter
from emotrace.avatar.mapping_file import load_preset, preset_names, preset_path, read_mapping
from emotrace.avatar.osc import parse_target
from emotrace.avatar.state import AvatarState
from emotrace.errors import AvatarError, UnknownNameError
from emotrace.strict_toml import parse_record

GOOD = '[[parameter]]\naddress = "/mood"\nvalue = "valence"\n'


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_can_be_used(name):
    mapping = load_preset(name)
    assert mapping.description
    assert parse_target(mapping.sending.usual_target)
    rest = {(p.address, p.name): p.value_of(AvatarState().tick(0.0)) for p in mapping.parameters}
    assert len(rest) == len(mapping.parameters)


def test_the_presets_are_these():
    assert preset_names() == ["generic", "vmc", "vmc-vrm1", "vrchat"]
    with pytest.raises(UnknownNameError, match="no avatar preset named 'vrchta'; did you mean 'vrchat'"):
        load_preset("vrchta")
    with pytest.raises(UnknownNameError, match=r"no avatar preset named '\.\./presets/vmc'"):
        preset_path("../presets/vmc")


def test_vrchat_sends_whole_numbers_and_floats_below_its_address():
    mapping = load_preset("vrchat")
    face, *others = mapping.parameters
    assert (face.address, face.type) == ("/avatar/parameters/FaceOSC", "int")
    # The numbers of aiavatarkit: neutral, joy, angry, sorrow, fun, surprise.
    assert [face.index[e] for e in ("neutral", "happiness", "anger", "sadness", "amusement", "surprise")] == [
        0, 1, 2, 3, 4, 5,
    ]  # fmt: skip
    assert all(p.address.startswith("/avatar/parameters/Emotion") for p in others)
    assert {p.type for p in others} == {"float", "bool"}


def test_vmc_sends_the_names_of_each_vrm_and_then_applies_them():
    names = {preset: [p.name for p in load_preset(preset).parameters] for preset in ("vmc", "vmc-vrm1")}
    assert names["vmc"] == ["Neutral", "Joy", "Angry", "Sorrow", "Fun", "Surprised"]
    assert names["vmc-vrm1"] == ["neutral", "happy", "angry", "sad", "relaxed", "surprised"]
    for preset in names:
        mapping = load_preset(preset)
        assert {p.address for p in mapping.parameters} == {"/VMC/Ext/Blend/Val"}
        assert (mapping.sending.apply, mapping.sending.together) == ("/VMC/Ext/Blend/Apply", True)


def test_a_mapping_of_ones_own(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text(
        'description = "mine"\n[motion]\nstrength = 2\nstrengths = { anger = 0.5 }\n[sending]\nrate_hz = 5\n'
        '[[parameter]]\naddress = "/mood"\nvalue = "index"\ntype = "int"\nindex = { anger = 3 }\notherwise = 9\n'
    )
    mapping = read_mapping(path)
    assert (mapping.motion.strength, mapping.motion.strengths, mapping.sending.rate_hz) == (
        2.0,
        {"anger": 0.5},
        5.0,
    )
    assert mapping.parameters[0].otherwise == 9


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"key 'parameter' is missing; it must be tables \[\[parameter\]\]"),
        ("parameter = []", r"0 tables \[\[parameter\]\]; 1 to 500 are allowed"),
        ("\nmood = ", r"is not TOML: Invalid value \(at end of document|line 2"),
        ("moton = 1\n" + GOOD, "unknown key 'moton'; did you mean 'motion'"),
        ("motion = 1\n" + GOOD, r"key 'motion' must be a table \[motion\], got 1"),
        ("parameter = 1", r"key 'parameter' must be tables \[\[parameter\]\], got 1"),
        ("parameter = [1]", r"key 'parameter', entry 1 must be a table \[\[parameter\]\] 1, got 1"),
        ("description = 1\n" + GOOD, "key 'description' must be text in quotes"),
        (
            "[motion]\natack_seconds = 1\n" + GOOD,
            r"\[motion\]: unknown key 'atack_seconds'; did you mean 'attack_sec",
        ),
        ('[motion]\nstrength = "2"\n' + GOOD, r"\[motion\]: key 'strength' must be a number, got '2'"),
        ("[motion]\nstrength = true\n" + GOOD, "key 'strength' must be a number, got true"),
        ("[motion]\nstrength = nan\n" + GOOD, "key 'strength' must be a number, got nan"),
        ("[motion]\nstrength = 1" + "0" * 400 + "\n" + GOOD, "must be a number, got a very large number"),
        ("[motion]\nstrength = 99\n" + GOOD, r"\[motion\]: key 'strength' is 99; it must be between 0 and 10"),
        ("[motion.strengths]\nanger = 'x'\n" + GOOD, "key 'strengths'.anger must be a number, got 'x'"),
        ("[sending]\ntogether = 1\n" + GOOD, "key 'together' must be true or false, got 1"),
        (
            '[[parameter]]\nvalue = "valence"',
            r"\[\[parameter\]\] 1: key 'address' is missing; it must be text in quo",
        ),
        (
            GOOD + '[[parameter]]\naddress = "/x"\nvalue = "joy"',
            r"\[\[parameter\]\] 2: key 'value' names 'joy'; known",
        ),
        (GOOD + GOOD, "two parameters have the address /mood"),
        (GOOD + 'type = "int"\nindex = { anger = 1.5 }', "key 'index'.anger must be a whole number, got 1.5"),
        (GOOD + "emotions = [1]", "key 'emotions', entry 1 must be text in quotes, got 1"),
        (GOOD + "weights = []", "key 'weights' must be a table of numbers, got a list"),
        (GOOD + "low = 2979-01-01", "key 'low' must be a number, got datetime.date"),
        (GOOD * 501, r"501 tables \[\[parameter\]\]; 1 to 500 are allowed"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_explained(tmp_path, text, sentence):
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(AvatarError, match=sentence) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
KEYS = st.sampled_from(["address", "value", "type", "name", "weights", "index", "emotions", "scale", "low", "x"])


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_stands_in_a_table_ends_in_a_parameter_or_one_sentence(table):
    said = "my.toml: [[parameter]] 1: fits"
    try:
        parse_record(Parameter, table, "my.toml: [[parameter]] 1", AvatarError)
    except AvatarError as error:
        said = str(error)
    assert said.startswith("my.toml: [[parameter]] 1")
    assert "\n" not in said
