"""The vocabulary: every alias leads to an emotion, every preset is made of emotions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import LabelError
from emotrace.labels import _ALIASES, COLOURS, EMOTIONS, NO_SPEECH, PRESETS, canonical, preset_labels, restrict


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
