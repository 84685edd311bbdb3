"""The vocabulary: every alias leads to an emotion, every preset is made of emotions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import LabelError
from emotrace.labels import (
    _ALIASES,
    COLOURS,
    EMOTIONS,
    NO_SPEECH,
    PRESETS,
    VALENCE_AROUSAL,
    canonical,
    preset_labels,
    restrict,
    valence_arousal,
)


def test_every_alias_leads_to_an_emotion():
    assert {canonical(alias) for alias in _ALIASES} <= set(EMOTIONS)
    assert not set(_ALIASES) & set(EMOTIONS)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_made_of_different_emotions_in_the_usual_order(preset):
    labels = preset_labels(preset, EMOTIONS)
    assert len(set(labels)) == len(labels) >= 4
    assert list(labels) == [label for label in EMOTIONS if label in labels]


def test_every_label_has_a_colour_of_its_own():
    assert set(COLOURS) == {*EMOTIONS, NO_SPEECH}
    assert len(set(COLOURS.values())) == len(COLOURS)


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        ("ravdes8", "no label preset named 'ravdes8'; did you mean 'ravdess8'"),
        ("anger,angr", "unknown emotion 'angr'; did you mean 'anger'"),
        ("anger,", "names one emotion; at least two are needed"),
        ("emov-db5", "needs amusement, sleepiness, which this model does not give; it gives neutral, anger"),
    ],
)
def test_a_preset_that_cannot_be_had_is_explained(preset, sentence):
    available = ("neutral", "anger", "disgust")
    with pytest.raises(LabelError, match=sentence):
        preset_labels(preset, available)


def test_all_means_what_the_model_gives():
    assert preset_labels("all", ("fear", "anger")) == ("fear", "anger")


@given(
    st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0, 1), min_size=2),
    st.data(),
)
def test_restricting_keeps_order_and_ratios(probabilities, data):
    labels = data.draw(st.lists(st.sampled_from(sorted(probabilities)), min_size=1, unique=True))
    kept = restrict(probabilities, labels)
    assert list(kept) == labels
    assert sum(kept.values()) == pytest.approx(1.0)
    best = max(labels, key=lambda label: probabilities[label])
    assert kept[best] == max(kept.values())


def test_every_emotion_but_neutral_lies_on_the_circle():
    assert set(VALENCE_AROUSAL) == set(EMOTIONS)
    assert VALENCE_AROUSAL["neutral"] == (0.0, 0.0)
    for emotion in set(EMOTIONS) - {"neutral"}:
        assert math.hypot(*VALENCE_AROUSAL[emotion]) == pytest.approx(1.0, abs=0.01)


def test_the_quadrants_are_those_of_the_circumplex():
    signs = {e: (math.copysign(1, v), math.copysign(1, a)) for e, (v, a) in VALENCE_AROUSAL.items()}
    assert {e for e, sign in signs.items() if sign == (-1, 1)} == {"anger", "fear", "disgust"}
    assert {e for e, sign in signs.items() if sign == (-1, -1)} == {"sadness", "boredom"}
    assert {"happiness", "amusement", "surprise"} <= {e for e, sign in signs.items() if sign == (1, 1)}


@given(st.lists(st.floats(0.0, 1.0), min_size=len(EMOTIONS), max_size=len(EMOTIONS)).filter(lambda p: sum(p) > 0))
def test_valence_and_arousal_lie_in_their_range_for_all_probabilities(weights):
    total = sum(weights)
    valence, arousal = valence_arousal({e: w / total for e, w in zip(EMOTIONS, weights, strict=True)})
    assert math.hypot(valence, arousal) <= 1.01


def test_what_is_no_emotion_has_no_valence():
    with pytest.raises(LabelError, match="unknown emotion 'angre'; did you mean 'anger'"):
        valence_arousal({"angre": 1.0})
