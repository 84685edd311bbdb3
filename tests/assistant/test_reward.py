"""Rewards: annoyance lowers, pleasure raises, and nothing is made of nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.assistant import reward_from
from emotrace.assistant.reward import REWARDS
from emotrace.hear.judge import no_speech
from emotrace.labels import EMOTIONS
from emotrace.types import Prediction, Segment


def heard(probabilities, speech_seconds=1.0, uncertain=False) -> Prediction:
    emotion = max(probabilities, key=probabilities.get)
    where = Segment(0.0, 1.5)
    return Prediction(where, emotion, probabilities[emotion], uncertain, probabilities, speech_seconds)


ANNOYED, GLAD = heard({"anger": 0.8, "neutral": 0.2}), heard({"happiness": 0.6, "neutral": 0.4})


def test_every_emotion_has_a_reward():
    assert set(REWARDS) == set(EMOTIONS)
    assert all(-1.0 <= reward <= 1.0 for reward in REWARDS.values())


def test_annoyed_and_glad():
    assert reward_from([ANNOYED]) == pytest.approx(-0.8)
    assert reward_from([GLAD]) == pytest.approx(0.6)
    assert reward_from([heard({"neutral": 1.0})]) == 0.0
    assert reward_from(iter([ANNOYED, GLAD])) == pytest.approx(-0.1)


def test_longer_speech_weighs_more():
    assert reward_from([heard({"anger": 1.0}, 0.5), heard({"happiness": 1.0}, 1.5)]) == pytest.approx(0.5)


def test_an_annoyed_interruption_is_worse_and_a_glad_one_is_not():
    assert reward_from([ANNOYED], is_interruption=True) == pytest.approx(-0.9)
    assert reward_from([GLAD], is_interruption=True) == reward_from([GLAD])


def test_nobody_speaks_or_nothing_is_certain():
    unsure = heard({"anger": 0.3, "fear": 0.3, "neutral": 0.4}, uncertain=True)
    silence = no_speech(Segment(0.0, 1.5))
    assert reward_from([]) is None
    assert reward_from([silence, unsure], is_interruption=True) is None
    assert reward_from([silence, unsure, GLAD]) == reward_from([GLAD])
    assert reward_from([heard({"anger": 1.0}, speech_seconds=0.0)]) is None


def test_emotions_of_other_models_say_nothing():
    assert reward_from([heard({"pride": 0.5, "anger": 0.4, "envy": 0.1})]) == pytest.approx(-0.4)


@given(
    st.lists(
        st.builds(
            lambda weights, seconds, unsure: heard(
                {e: w / sum(weights) for e, w in zip(EMOTIONS, weights, strict=True)}, seconds, unsure
            ),
            st.lists(st.floats(0.001, 1.0), min_size=len(EMOTIONS), max_size=len(EMOTIONS)),
            st.floats(0.0, 60.0),
            st.booleans(),
        ),
        max_size=5,
    ),
    st.booleans(),
)
def test_rewards_are_between_minus_one_and_one(predictions, is_interruption):
    reward = reward_from(predictions, is_interruption)
    if reward is None:
        assert all(p.uncertain or p.speech_seconds == 0.0 for p in predictions)
    else:
        assert -1.0 <= reward <= 1.0
