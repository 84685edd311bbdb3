"""The avatar's state: exact in time, calm, neutral in silence."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.avatar.motion import Motion
from emotrace.avatar.state import AvatarState, Pose
from emotrace.errors import AvatarError, UsageError
from emotrace.labels import EMOTIONS, NO_SPEECH, valence_arousal
from emotrace.types import Prediction, Segment

STILL = {"silence_seconds": 100.0, "hold_seconds": 0.0}


@st.composite
def predictions(draw):
    if draw(st.integers(0, 4)) == 0:
        return Prediction(Segment(0, 1), NO_SPEECH, None, False, {}, 0.0)
    weights = draw(st.lists(st.floats(0.0, 1.0), min_size=len(EMOTIONS), max_size=len(EMOTIONS)))
    weights[draw(st.integers(0, len(EMOTIONS) - 1))] += 1.0
    probabilities = {e: w / sum(weights) for e, w in zip(EMOTIONS, weights, strict=True)}
    emotion = max(probabilities, key=lambda label: probabilities[label])
    return Prediction(Segment(0, 1), emotion, probabilities[emotion], draw(st.booleans()), probabilities, 1.0)


motions = st.builds(
    Motion,
    attack_seconds=st.sampled_from([0.0, 0.1, 0.7]),
    decay_seconds=st.sampled_from([0.0, 0.4, 3.0]),
    silence_seconds=st.sampled_from([0.3, 1.0, 5.0]),
    strength=st.sampled_from([0.5, 1.0, 3.0]),
    strengths=st.sampled_from([{}, {"anger": 0.0, "calm": 2.0}]),
    margin=st.sampled_from([0.001, 0.1, 0.4]),
    hold_seconds=st.sampled_from([0.0, 0.25, 1.0]),
)
times = st.floats(0.0, 12.0)


@given(motions, st.lists(st.tuples(times, predictions()), max_size=8), st.lists(times, max_size=30))
def test_what_is_shown_does_not_depend_on_how_often_one_looks(motion, pushes, looks):
    often, once = AvatarState(motion), AvatarState(motion)
    events = sorted([*((t, p) for t, p in pushes), *((t, None) for t in looks)], key=lambda event: event[0])
    for when, prediction in events:
        if prediction is None:
            often.tick(when)
        else:
            often.push(prediction, when)
            once.push(prediction, when)
    assert often.tick(13.0) == once.tick(13.0)


@given(motions, st.lists(st.tuples(times, predictions()), max_size=8), st.lists(times, min_size=1, max_size=10))
def test_weights_are_weights(motion, pushes, looks):
    avatar = AvatarState(motion)
    poses: list[Pose] = []
    events = sorted([*((t, p) for t, p in pushes), *((t, None) for t in looks)], key=lambda event: event[0])
    for when, prediction in events:
        if prediction is None:
            poses.append(avatar.tick(when))
        else:
            avatar.push(prediction, when)
    for pose in poses:
        assert list(pose.weights) == list(EMOTIONS)
        assert sum(pose.weights.values()) == pytest.approx(1.0, abs=1e-9)
        assert all(-1e-12 <= weight <= 1.0 + 1e-12 for weight in pose.weights.values())
        assert (pose.valence, pose.arousal) == valence_arousal(pose.weights)
        assert pose.intensity == pytest.approx(1.0 - pose.weights["neutral"])


def test_attack_and_decay_are_time_constants(hear):
    avatar = AvatarState(Motion(attack_seconds=0.5, decay_seconds=2.0, **STILL))
    avatar.push(hear(anger=1.0), 10.0)
    assert avatar.tick(10.0).weights["anger"] == 0.0
    assert avatar.tick(10.5).weights["anger"] == pytest.approx(1 - math.exp(-1))
    assert avatar.tick(20.0).weights["anger"] == pytest.approx(1.0, abs=1e-6)
    avatar.push(hear(), 20.0)
    assert avatar.tick(22.0).weights["anger"] == pytest.approx(math.exp(-1), abs=1e-6)


def test_without_time_constants_it_is_there_at_once(hear):
    avatar = AvatarState(Motion(attack_seconds=0.0, decay_seconds=0.0, **STILL))
    avatar.push(hear(fear=0.75, neutral=0.25), 0.0)
    assert (avatar.tick(0.0).weights["fear"], avatar.tick(0.0).emotion) == (0.75, "fear")
    avatar.push(hear(), 1.0)
    assert (avatar.tick(1.0).weights["neutral"], avatar.tick(1.0).emotion) == (1.0, "neutral")


def test_when_somebody_is_silent_it_goes_back_to_neutral(hear):
    avatar = AvatarState()
    for n in range(8):
        avatar.push(hear(anger=0.95, neutral=0.05), n * 0.25)
    angry = avatar.tick(2.0)
    assert (angry.emotion, angry.is_speaking) == ("anger", True)
    avatar.push(hear(), 2.25)
    calmed = avatar.tick(2.25 + 5 * avatar.motion.decay_seconds)
    assert (calmed.emotion, calmed.is_speaking) == ("neutral", False)
    assert calmed.intensity < 0.01
    assert abs(calmed.valence) < 0.01


def test_when_nothing_arrives_any_more_it_goes_back_to_neutral(hear):
    avatar = AvatarState(Motion(silence_seconds=2.0, decay_seconds=1.0))
    avatar.push(hear(sadness=1.0), 0.0)
    assert avatar.tick(1.99).is_speaking
    before = avatar.tick(2.0)
    assert not before.is_speaking
    assert before.weights["sadness"] > 0.99
    assert avatar.tick(3.0).weights["sadness"] == pytest.approx(before.weights["sadness"] * math.exp(-1))
    assert avatar.tick(12.0).emotion == "neutral"
    assert avatar.tick(12.0).intensity < 1e-3


def test_an_emotion_is_shown_when_it_leads_by_the_margin_and_not_before(hear):
    avatar = AvatarState(Motion(attack_seconds=1.0, margin=0.2, **STILL))
    avatar.push(hear(anger=1.0), 0.0)
    # w = 1 - exp(-t); w - (1 - w) = 0.2 where exp(-t) = 0.4.
    crossing = -math.log(0.4)
    assert avatar.tick(crossing - 1e-6).emotion == "neutral"
    assert avatar.tick(crossing + 1e-6).emotion == "anger"


def test_two_emotions_that_are_about_equal_do_not_take_turns(hear):
    avatar = AvatarState(Motion(attack_seconds=0.0, margin=0.1, **STILL))
    avatar.push(hear(anger=0.6, sadness=0.4), 0.0)
    shown = []
    for n in range(1, 40):
        lead = 0.04 if n % 2 else -0.04
        avatar.push(hear(anger=0.5 - lead, sadness=0.5 + lead), n * 0.1)
        shown.append(avatar.tick(n * 0.1).emotion)
    assert set(shown) == {"anger"}
    avatar.push(hear(anger=0.4, sadness=0.6), 5.0)
    assert avatar.tick(5.0).emotion == "sadness"


def test_an_emotion_is_held(hear):
    avatar = AvatarState(Motion(attack_seconds=0.0, decay_seconds=0.0, hold_seconds=2.0, silence_seconds=100.0))
    avatar.push(hear(anger=1.0), 1.0)
    assert avatar.tick(1.0).emotion == "anger"
    avatar.push(hear(happiness=1.0), 1.5)
    assert avatar.tick(2.99).emotion == "anger"
    assert avatar.tick(3.0).emotion == "happiness"
    assert avatar.tick(3.0).weights["happiness"] == 1.0


def test_what_is_uncertain_pulls_less(hear):
    sure, unsure = AvatarState(), AvatarState(Motion(uncertain_strength=0.4))
    sure.push(hear(anger=0.5, neutral=0.5), 0.0)
    unsure.push(hear(anger=0.5, neutral=0.5, uncertain=True), 0.0)
    assert unsure.tick(1.0).weights["anger"] == pytest.approx(0.4 * sure.tick(1.0).weights["anger"])


@pytest.mark.parametrize(
    ("motion", "anger", "fear"),
    [
        (Motion(strength=0.5), 0.2, 0.1),
        (Motion(strength=1.5), 0.6, 0.3),
        (Motion(strength=10.0), 2 / 3, 1 / 3),
        (Motion(strengths={"anger": 0.5}), 0.2, 0.2),
        (Motion(strengths={"anger": 0.0}), 0.0, 0.2),
    ],
)
def test_strengths_scale_and_never_exceed_the_whole(hear, motion, anger, fear):
    avatar = AvatarState(motion)
    avatar.push(hear(anger=0.4, fear=0.2, neutral=0.4), 0.0)
    weights = avatar.tick(motion.silence_seconds - 1e-3).weights
    assert (weights["anger"], weights["fear"]) == pytest.approx((anger, fear), abs=1e-3)


def test_a_model_without_neutral_leaves_neutral_to_silence(hear):
    avatar = AvatarState(Motion(attack_seconds=0.0, decay_seconds=0.0, **STILL))
    avatar.push(hear(calm=0.3, anger=0.7), 0.0)
    assert avatar.tick(0.0).weights["neutral"] == pytest.approx(0.0)
    avatar.push(hear(), 1.0)
    assert avatar.tick(1.0).weights["neutral"] == 1.0


@pytest.mark.parametrize("now", [4.9, math.nan, math.inf, -math.inf])
def test_time_does_not_run_backwards(hear, now):
    avatar = AvatarState()
    avatar.tick(5.0)
    with pytest.raises(UsageError, match=f"must not run backwards: got {now:g} s after 5 s"):
        avatar.tick(now)
    with pytest.raises(UsageError, match="must not run backwards"):
        avatar.push(hear(anger=1.0), now)


def test_a_pose_as_json(hear):
    avatar = AvatarState(Motion(attack_seconds=0.0))
    avatar.push(hear(anger=0.75, neutral=0.25), 2.0)
    assert avatar.tick(2.0).to_dict() == {
        "time": 2.0,
        "emotion": "anger",
        "valence": -0.3825,
        "arousal": 0.4425,
        "intensity": 0.75,
        "is_speaking": True,
        "weights": {"neutral": 0.25, "anger": 0.75},
    }


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"attack_seconds": -1.0}, "key 'attack_seconds' is -1; it must be between 0 and 60"),
        ({"decay_seconds": math.nan}, "key 'decay_seconds' is nan; it must be between 0 and 60"),
        ({"margin": 0.0}, "key 'margin' is 0; it must be between 0.001 and 1"),
        ({"silence_seconds": math.inf}, "key 'silence_seconds' is inf"),
        ({"strengths": {"angre": 1.0}}, "key 'strengths' names 'angre'; did you mean 'anger'"),
        ({"strengths": {"anger": 11.0}}, "key 'strengths.anger' is 11; it must be between 0 and 10"),
    ],
)
def test_a_motion_that_cannot_be_is_explained(values, sentence):
    with pytest.raises(AvatarError, match=sentence):
        Motion(**values)
