"""The vocabulary: every alias leads to an emotion, every preset is made of emotions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from emotrace.errors import LabelError
from emotrace.labels import (
    _ALIASES,
    COLOURS,
    EMOTIONS,
    NO_SPEECH,
    PRESET_ALIASES,
    PRESETS,
    VALENCE_AROUSAL,
    canonical,
    preset_labels,
    preset_name,
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


def test_the_reference_projects_names_lead_to_their_sets():
    sets = {
        "emov5": {"neutral", "anger", "disgust", "amusement", "sleepiness"},
        "ravdess4": {"anger", "sadness", "disgust", "happiness"},
        "ravdess4-call": {"anger", "calm", "happiness", "sadness"},
        "ravdess7-no-neutral": set(preset_labels("ravdess8", EMOTIONS)) - {"neutral"},
        "joint7-no-calm": set(preset_labels("ravdess8", EMOTIONS)) - {"calm"},
    }
    assert {name: set(preset_labels(name, EMOTIONS)) for name in sets} == sets
    assert set(PRESET_ALIASES) < set(sets)
    assert not set(PRESET_ALIASES) & set(PRESETS)
    assert [preset_name(alias) for alias in PRESET_ALIASES] == ["emov-db5", "joint7", "call4", "ravdess7"]


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        ("ravdess4-cal", "no label preset named 'ravdess4-cal'; did you mean 'ravdess4-call'"),
        ("ravdes8", "Known: all, big6, .*; or give emotions joined by commas$"),
        (
            "ravdess16",
            "'ravdess16' is sex and emotion together, which only a claim's recipe can have: ",
        ),
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


# Means of pleasure and arousal as Russell and Mehrabian (1977) print them, by their own words.
RATED = {
    "relaxed": (0.68, -0.46),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "angry": (-0.51, 0.59),
    "fearful": (-0.64, 0.60),
    "disgusted": (-0.60, 0.35),
    "surprised": (0.40, 0.67),
    "enjoyment": (0.77, 0.44),
    "sleepy": (0.20, -0.70),
    "bored": (-0.65, -0.62),
}
STANDS_IN = {"calm": "relaxed", "amusement": "enjoyment"}


def test_the_anchors_are_the_published_ratings():
    assert set(VALENCE_AROUSAL) == set(EMOTIONS)
    assert VALENCE_AROUSAL["neutral"] == (0.0, 0.0)
    words = {
        STANDS_IN.get(canonical(word), canonical(word)): word for word in RATED if word not in STANDS_IN.values()
    }
    words |= STANDS_IN
    assert set(words) == set(EMOTIONS) - {"neutral"}
    assert {e: RATED[word] for e, word in words.items()} == {e: VALENCE_AROUSAL[e] for e in words}


def test_the_quadrants_are_those_of_the_circumplex():
    signs = {
        e: (math.copysign(1, v), math.copysign(1, a)) for e, (v, a) in VALENCE_AROUSAL.items() if e != "neutral"
    }
    assert {e for e, sign in signs.items() if sign == (-1, 1)} == {"anger", "fear", "disgust"}
    assert {e for e, sign in signs.items() if sign == (-1, -1)} == {"sadness", "boredom"}
    assert {e for e, sign in signs.items() if sign == (1, 1)} == {"happiness", "amusement", "surprise"}
    assert {e for e, sign in signs.items() if sign == (1, -1)} == {"calm", "sleepiness"}


WEIGHTS = st.lists(st.floats(0.0, 1.0), min_size=len(EMOTIONS), max_size=len(EMOTIONS)).filter(
    lambda weights: sum(weights) > 0
)


@given(WEIGHTS)
def test_valence_and_arousal_are_the_mean_of_the_anchors_and_within_their_hull(weights):
    shares = np.array(weights) / sum(weights)
    anchors = np.array([VALENCE_AROUSAL[emotion] for emotion in EMOTIONS])
    point = valence_arousal(dict(zip(EMOTIONS, shares.tolist(), strict=True)))
    assert point == pytest.approx(tuple(shares @ anchors), abs=1e-9)
    # Every edge of the hull has the point on its inner side.
    sides = ConvexHull(anchors).equations
    assert np.all(sides[:, :2] @ np.array(point) + sides[:, 2] <= 1e-9)
    assert -0.65 - 1e-9 <= point[0] <= 0.81 + 1e-9
    assert -0.70 - 1e-9 <= point[1] <= 0.67 + 1e-9


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_what_is_certain_lies_at_its_anchor(emotion):
    assert valence_arousal({e: float(e == emotion) for e in EMOTIONS}) == VALENCE_AROUSAL[emotion]
    assert valence_arousal({emotion: 1.0}) == VALENCE_AROUSAL[emotion]


def test_rounding_beyond_one_stays_in_range():
    assert valence_arousal({"happiness": 1.5}) == (1.0, 0.765)


def test_what_is_no_emotion_has_no_valence():
    with pytest.raises(LabelError, match="unknown emotion 'angre'; did you mean 'anger'"):
        valence_arousal({"angre": 1.0})
