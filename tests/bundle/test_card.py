from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny_bundles import emotion_card, sex_card, speech_card

from emotrace.bundle import Card
from emotrace.errors import BundleError

CORPUS = {"name": "ravdess", "licence": "CC BY-NC-SA 4.0", "citation": "x", "n_utterances": 9, "n_speakers": 2}


def full_card() -> Card:
    return emotion_card(
        default_labels=["neutral", "anger"],
        corpora=[{**CORPUS, "note": "speech only"}],
        split={"protocol": "joint-6", "fold": 1, "seed": 0, "train_speakers": ["ravdess:01"]},
        metrics={"ravdess": {"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}}},
        training={"recipe": "default", "epochs": 3, "versions": {"torch": "2.13.0"}},
        files={"model.onnx": {"sha256": "0" * 64, "bytes": 10}},
        extra={"mine": [1, 2.5, None, True, "ü"]},
    )


FEATURES: dict[str, Any] = {
    "set": "means184",
    "names_sha256": "a" * 64,
    "data_sha256": "",
    "shape": [184],
    "sampling_rate": 22_050,
    "trim_db": 60.0,
    "whole_clips": True,
}


def features_card(**values: Any) -> Card:
    """Give a card with a front end; a value of ``...`` leaves its key out."""
    facts = {key: value for key, value in {**FEATURES, **values}.items() if value is not ...}
    return emotion_card(features=facts)


def changed(**values: Any) -> dict[str, Any]:
    return {**full_card().to_dict(), **values}


@pytest.mark.parametrize(
    "card", [full_card(), emotion_card(), speech_card(), speech_card(labels=["speech"]), sex_card()]
)
def test_card_survives_the_way_through_json(card: Card) -> None:
    assert Card.from_json(card.to_json()) == card
    assert Card.from_dict(card.to_dict()) == card


def test_json_is_readable_and_ends_with_a_line_feed() -> None:
    text = full_card().to_json().decode()
    assert text.endswith("}\n")
    assert '"ü"' in text
    assert json.loads(text)["format_version"] == 1
    assert set(json.loads(text)) == {field.name for field in fields(Card)} - {"features"}


def test_card_of_a_model_of_features_says_so_and_is_of_the_second_version() -> None:
    card = features_card()
    written = json.loads(card.to_json())
    assert (written["format_version"], written["features"]) == (2, FEATURES)
    assert Card.from_json(card.to_json()) == card
    assert replace(card, features=None).format_version == 1


@pytest.mark.parametrize(
    "features", [{}, {"shape": [None, 20]}, {"shape": [64, 64, 3]}, {"data_sha256": "b" * 64}]
)
def test_sound_front_ends(features: dict[str, Any]) -> None:
    card = features_card(**features)
    assert Card.from_json(card.to_json()).features == {**FEATURES, **features}


WRONG_FEATURES: list[tuple[dict[str, Any], str]] = [
    ({"set": ""}, r"key 'features.set' must be text that is not empty, not ''"),
    ({"set": "a\nb"}, r"key 'features.set' must be one line"),
    ({"names_sha256": "x"}, r"key 'features.names_sha256' must be 64 lower-case hexadecimal digits, not 'x'"),
    ({"data_sha256": None}, r"key 'features.data_sha256' must be 64 lower-case hexadecimal digits, not null"),
    ({"shape": 184}, r"key 'features.shape' must be one to three whole numbers from 1, .* not 184"),
    ({"shape": []}, r"key 'features.shape' must be one to three whole numbers from 1, .* not a list of 0"),
    ({"shape": [1, 2, 3, 4]}, r"key 'features.shape' must be .* not a list of 4"),
    ({"shape": [20, None]}, r"key 'features.shape' must be .* or null in place of one but the last"),
    ({"shape": [0]}, r"key 'features.shape' must be one to three whole numbers from 1, .* not 0"),
    ({"shape": [True]}, r"key 'features.shape' must be .* not true"),
    ({"shape": [2.0]}, r"key 'features.shape' must be .* not 2.0"),
    ({"sampling_rate": 1}, r"key 'features.sampling_rate' must be a whole number from 4000 to 192000, not 1"),
    ({"trim_db": 0}, r"key 'features.trim_db' must be a number above 0 and at most 200, not 0"),
    ({"trim_db": "60"}, r"key 'features.trim_db' must be a number above 0 and at most 200, not '60'"),
    ({"whole_clips": 1}, r"key 'features.whole_clips' must be true or false, not 1"),
    ({"trim": 60}, r"key 'features' has the unknown key 'trim'; did you mean 'trim_db'\?"),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG_FEATURES)
def test_wrong_front_end_is_refused_in_one_line_naming_the_key(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BundleError, match=r"^card\.json: " + sentence) as info:
        Card.from_dict(changed(format_version=2, features={**FEATURES, **values}))
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("key", FEATURES)
def test_missing_part_of_a_front_end_is_named(key: str) -> None:
    with pytest.raises(BundleError, match=rf"key 'features.{key}' is missing"):
        features_card(**{key: ...})


def test_front_end_of_a_speech_model() -> None:
    with pytest.raises(BundleError, match="key 'features' must be null for kind 'speech', not an object of 7"):
        speech_card(features=FEATURES)


@pytest.mark.parametrize(("version", "features"), [(1, True), (2, False)])
def test_version_must_fit_the_front_end(version: int, features: bool) -> None:
    values = changed(format_version=version, **({"features": FEATURES} if features else {}))
    with pytest.raises(BundleError, match="'format_version' must be 2 with the key 'features' and 1 without, not"):
        Card.from_dict(values)


def test_lists_become_tuples_and_whole_seconds_become_floats() -> None:
    card = emotion_card(labels=["calm", "anger"], window_seconds=2)
    assert card.labels == ("calm", "anger")
    assert isinstance(card.window_seconds, float)


def test_card_cannot_be_changed_and_keeps_no_hold_of_what_it_was_given() -> None:
    training = {"epochs": 3}
    card = emotion_card(training=training)
    training["epochs"] = 4
    assert card.training["epochs"] == 3
    with pytest.raises(FrozenInstanceError):
        card.name = "other"  # type: ignore[misc]


def test_shown_labels_are_those_of_the_preset() -> None:
    labels = ("anger", "calm", "fear", "happiness", "sadness")
    assert emotion_card(labels, default_labels="call4").shown_labels == ("calm", "happiness", "sadness", "anger")
    assert emotion_card(labels).shown_labels == labels
    assert full_card().shown_labels == ("neutral", "anger")


def test_minimum_samples_rounds_up_but_not_beyond_float_noise() -> None:
    assert emotion_card(minimum_seconds=0.1).minimum_samples == 1600
    assert emotion_card(minimum_seconds=0.10001).minimum_samples == 1601


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, r"key 'name' must be text that is not empty, not ''"),
    ({"name": "two\nlines"}, r"key 'name' must be one line of at most 100 characters"),
    ({"name": "x" * 101}, r"key 'name' must be one line"),
    ({"name": 5}, r"key 'name' must be text that is not empty, not 5"),
    ({"kind": "music"}, r"key 'kind' must be 'emotion', 'speech' or 'sex', not 'music'"),
    ({"kind": None}, r"key 'kind' must be 'emotion', 'speech' or 'sex', not null"),
    ({"licence": "  "}, r"key 'licence' must be text that is not empty"),
    ({"description": ["x"]}, r"key 'description' must be text, not a list of 1"),
    ({"description": "\x1b[2J"}, r"key 'description' holds the unprintable character U\+001B"),
    ({"labels": ["anger"]}, r"key 'labels' must be a list of at least two labels, not a list of 1"),
    ({"labels": "anger"}, r"key 'labels' must be a list of at least two labels, not 'anger'"),
    ({"labels": {"anger": 1, "fear": 2}}, r"key 'labels' must be a list of at least two labels, not an object"),
    ({"labels": ["anger", 1]}, r"key 'labels' must be a list of at least two labels"),
    ({"labels": ["anger", "anger"]}, r"key 'labels' names 'anger' twice"),
    ({"labels": ["anger", "hapiness"]}, r"key 'labels' names 'hapiness'; did you mean 'happiness'\?"),
    ({"default_labels": "big7"}, r"key 'default_labels': no label preset named 'big7'"),
    ({"default_labels": "call4"}, r"key 'default_labels': label preset 'call4' needs calm"),
    ({"default_labels": ["anger"]}, r"key 'default_labels' must be at least two of neutral, happiness"),
    ({"default_labels": ["anger", "fear"]}, r"key 'default_labels' must be at least two of neutral, happiness"),
    ({"default_labels": 7}, r"key 'default_labels' must be the name of a label preset or a list of labels"),
    ({"sampling_rate": 16000.0}, r"key 'sampling_rate' must be a whole number from 4000 to 192000, not 16000.0"),
    ({"sampling_rate": True}, r"key 'sampling_rate' must be a whole number .* not true"),
    ({"sampling_rate": 1}, r"key 'sampling_rate' must be a whole number from 4000 to 192000, not 1$"),
    ({"sampling_rate": 10**400}, r"key 'sampling_rate' must be .* not a whole number beyond 2\^53"),
    ({"window_seconds": 0}, r"key 'window_seconds' must be a number above 0 and at most 600, not 0"),
    ({"window_seconds": "2"}, r"key 'window_seconds' must be a number above 0 and at most 600, not '2'"),
    ({"window_seconds": float("nan")}, r"key 'window_seconds' must be a number above 0 .* not nan"),
    ({"window_seconds": 1e300}, r"key 'window_seconds' must be a number above 0 and at most 600, not 1e\+300"),
    ({"hop_seconds": 3.0}, r"key 'hop_seconds' must be a number above 0 and at most 2, not 3.0"),
    ({"minimum_seconds": 2.5}, r"key 'minimum_seconds' must be a number above 0 and at most 2"),
    ({"frame_seconds": 0.02}, r"key 'frame_seconds' must be null for kind 'emotion', not 0.02"),
    ({"calibration": []}, r"key 'calibration' must be an object, not a list of 0"),
    ({"calibration": {"uncertain_below": 0.5}}, r"key 'calibration.temperature' must be a number above 0"),
    (
        {"calibration": {"temperature": 1, "uncertain_below": 2}},
        r"key 'calibration.uncertain_below' must be .* 0 to 1",
    ),
    ({"corpora": CORPUS}, r"key 'corpora' must be a list of objects"),
    ({"corpora": ["ravdess"]}, r"key 'corpora\[0\]' must be an object, not 'ravdess'"),
    ({"corpora": [CORPUS, {"name": "x"}]}, r"key 'corpora\[1\].licence' must be text that is not empty, not null"),
    ({"corpora": [{**CORPUS, "n_speakers": -1}]}, r"key 'corpora\[0\].n_speakers' must be a whole number from 0"),
    ({"split": {"fold": 1}}, r"key 'split.protocol' must be text that is not empty, not null"),
    (
        {"split": {"protocol": "p", "train_speakers": "a"}},
        r"key 'split.train_speakers' must be a list of speakers",
    ),
    (
        {"split": {"protocol": "p", "train_speakers": ["a"], "test_speakers": ["b", "a"]}},
        r"key 'split': speaker 'a' is in both train_speakers and test_speakers",
    ),
    ({"metrics": [1]}, r"key 'metrics' must be an object"),
    ({"metrics": {"a": float("inf")}}, r"key 'metrics' holds inf; every number must be finite"),
    ({"metrics": {"a": 2**60}}, r"key 'metrics' holds a whole number beyond 2\^53"),
    ({"metrics": {1: 2}}, r"key 'metrics' has the key 1; keys must be text"),
    ({"metrics": {"a": object()}}, r"key 'metrics' holds a object, which JSON cannot say"),
    (
        {"created": "yesterday"},
        r"key 'created' must be a time such as '2025-01-31T12:00:00\+00:00', not 'yesterday'",
    ),
    ({"files": {"model.onnx": {"sha256": "0" * 64}}}, r"key 'files.model.onnx' must be an object with the keys"),
    ({"files": {"evil.so": {}}}, r"key 'files' must be an object with the one key 'model.onnx'"),
    (
        {"files": {"model.onnx": {"sha256": "A" * 64, "bytes": 1}}},
        r"key 'files.model.onnx.sha256' must be 64 lower-case hexadecimal digits",
    ),
    (
        {"files": {"model.onnx": {"sha256": "0" * 64, "bytes": 1 << 40}}},
        r"key 'files.model.onnx.bytes' must be a",
    ),
    ({"format_version": 3}, r"key 'format_version' is 3, but this emotrace reads the versions 1 and 2; train"),
    ({"format_version": True}, r"key 'format_version' is true"),
    ({"licens": "MIT"}, r"unknown key 'licens'; did you mean 'licence'\?.*belong under 'extra'"),
]


@pytest.mark.parametrize(
    ("values", "sentence"), WRONG, ids=[f"{i}-{next(iter(v))}" for i, (v, _) in enumerate(WRONG)]
)
def test_wrong_value_is_refused_in_one_line_naming_the_key(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BundleError, match=r"^card\.json: " + sentence) as info:
        Card.from_dict(changed(**values))
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("key", ["format_version", "name", "kind", "sampling_rate", "window_seconds", "licence"])
def test_missing_key_is_named(key: str) -> None:
    values = full_card().to_dict()
    del values[key]
    with pytest.raises(BundleError, match=rf"^card\.json: key '{key}' is missing$"):
        Card.from_dict(values)


def test_speech_card_needs_frames_and_no_emotions() -> None:
    with pytest.raises(BundleError, match=r"key 'frame_seconds' must be a number above 0 and at most 2, not null"):
        speech_card(frame_seconds=None)
    with pytest.raises(BundleError, match=r"key 'labels' must be an empty list or \['speech'\] for kind 'speech'"):
        speech_card(labels=("neutral", "anger"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from([field.name for field in fields(Card)]), value=JSON)
def test_any_value_of_any_key_is_either_kept_or_refused(key: str, value: Any) -> None:
    values = changed(**{key: value})
    try:
        card = Card.from_dict(values)
    except BundleError as error:
        refusal = str(error)
    else:
        assert Card.from_json(card.to_json()) == card
        return
    assert refusal.startswith("card.json: ")
    assert refusal.isprintable()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"labels": ["male", "female"]},
            r"key 'labels' must be ['female', 'male'] for kind 'sex', not a list of 2",
        ),
        ({"labels": []}, r"key 'labels' must be ['female', 'male'] for kind 'sex', not a list of 0"),
        ({"labels": ["neutral", "anger"]}, r"key 'labels' must be ['female', 'male'] for kind 'sex'"),
        ({"calibration": {}}, "key 'calibration.temperature' must be a number above 0 and at most 1000, not null"),
        ({"features": FEATURES}, "key 'features' must be null for kind 'sex', not an object of 7"),
        ({"frame_seconds": 0.02}, "key 'frame_seconds' must be null for kind 'sex', not 0.02"),
    ],
)
def test_card_of_sex_has_two_labels_and_a_temperature(values: dict[str, Any], sentence: str) -> None:
    assert sex_card().calibration == {"temperature": 1.0}
    with pytest.raises(BundleError, match=re.escape(sentence)):
        sex_card(**values)
