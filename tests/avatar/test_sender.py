"""When values are sent: not too often, not in vain, and again now and then."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.avatar.mapping import AvatarMapping, Parameter, Sending
from emotrace.avatar.motion import Motion
from emotrace.avatar.sender import Message, Sender
from emotrace.avatar.state import AvatarState
from emotrace.types import Prediction, Segment

ANGER = Parameter("/anger", "weight", weights={"anger": 1.0})
SPEAKING = Parameter("/speaking", "is_speaking", type="bool")
TALKING = Motion(silence_seconds=1000.0)
FACE = Parameter("/face", "index", type="int", index={"anger": 2})


def make(parameters=(ANGER,), motion=TALKING, **sending):
    return AvatarState(motion), Sender(AvatarMapping("", tuple(parameters), motion, Sending(**sending)))


@given(
    st.floats(0.5, 60.0),
    st.lists(st.floats(0.001, 0.2), min_size=1, max_size=80),
    st.lists(st.integers(0, 79), max_size=10),
)
def test_never_more_often_than_the_rate(rate_hz, steps, pushes):
    avatar, sender = make((ANGER, SPEAKING, FACE), rate_hz=rate_hz, deadband=0.0)
    now, sent = 0.0, []
    for n, step in enumerate(steps):
        now += step
        if n in pushes:
            p = 0.2 + 0.6 * (n % 2)
            avatar.push(Prediction(Segment(0, 1), "anger", p, False, {"anger": p, "neutral": 1 - p}, 1.0), now)
        if sender.due(avatar.tick(now)):
            sent.append(now)
    assert all(b - a >= 1 / rate_hz - 2e-6 for a, b in pairwise(sent))
    assert len(sent) <= now * rate_hz + 1 + 1e-3


def test_a_moving_avatar_uses_its_rate_and_a_still_one_only_keeps_alive(hear):
    avatar, sender = make(rate_hz=10.0, deadband=0.0, keep_alive_seconds=2.0)
    avatar.push(hear(anger=1.0), 0.0)
    frames = [n / 100 for n in range(1000) if sender.due(avatar.tick(n / 100))]
    assert len([t for t in frames if t < 1.0]) == 10
    assert len([t for t in frames if t >= 8.0]) == 1


def test_a_change_within_the_deadband_is_not_sent_and_one_beyond_is(hear):
    avatar, sender = make(motion=Motion(attack_seconds=0.0, silence_seconds=1000.0), deadband=0.1)
    avatar.push(hear(anger=0.5, neutral=0.5), 0.0)
    assert sender.due(avatar.tick(0.0)) == [Message("/anger", (0.5,))]
    avatar.push(hear(anger=0.59, neutral=0.41), 1.0)
    assert sender.due(avatar.tick(1.0)) == []
    avatar.push(hear(anger=0.61, neutral=0.39), 1.1)
    assert sender.due(avatar.tick(1.1)) == [Message("/anger", (pytest.approx(0.61),))]


def test_keep_alive_brings_the_value_of_now(hear):
    avatar, sender = make(motion=Motion(attack_seconds=0.0), deadband=0.1, keep_alive_seconds=2.0)
    avatar.push(hear(anger=0.5, neutral=0.5), 0.0)
    sender.due(avatar.tick(0.0))
    avatar.push(hear(anger=0.55, neutral=0.45), 1.0)
    assert sender.due(avatar.tick(1.9)) == []
    assert sender.due(avatar.tick(2.0)) == [Message("/anger", (pytest.approx(0.55),))]


def test_what_changed_while_nothing_could_be_sent_is_sent_later(hear):
    avatar, sender = make((FACE,), motion=Motion(attack_seconds=0.0), rate_hz=1.0)
    assert sender.due(avatar.tick(0.0)) == [Message("/face", (0,))]
    avatar.push(hear(anger=1.0), 0.5)
    assert sender.due(avatar.tick(0.5)) == []
    assert sender.due(avatar.tick(1.0)) == [Message("/face", (2,))]
    assert sender.due(avatar.tick(2.5)) == []


def test_only_what_changed_is_sent_unless_all_belong_together(hear):
    parameters = (Parameter("/v", "weight", name="Joy", weights={"happiness": 1.0}), SPEAKING)
    for together in (False, True):
        avatar, sender = make(parameters, together=together, apply="/apply")
        first = [Message("/v", ("Joy", 0.0)), Message("/speaking", (False,)), Message("/apply")]
        assert sender.due(avatar.tick(0.0)) == first
        assert sender.due(avatar.tick(0.2)) == []
        avatar.push(hear(anger=1.0), 0.4)
        changed = [Message("/speaking", (True,)), Message("/apply")]
        assert sender.due(avatar.tick(0.4)) == ([Message("/v", ("Joy", 0.0))] if together else []) + changed


def test_the_last_frame_holds_everything_at_once(hear):
    avatar, sender = make((ANGER, SPEAKING), rate_hz=0.5)
    avatar.push(hear(anger=1.0), 0.0)
    sender.due(avatar.tick(0.0))
    last = sender.due(AvatarState().tick(0.01), is_last=True)
    assert last == [Message("/anger", (0.0,)), Message("/speaking", (False,))]
