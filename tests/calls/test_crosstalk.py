"""Echo and leaks are nobody's turn; real words into the other's voice are."""

from __future__ import annotations

import numpy as np
from tests.calls.conftest import RATE, Signal, WriteCallFile

from emotrace.calls.activity import FRAME_SECONDS
from emotrace.calls.analyze import analyze_call
from emotrace.calls.crosstalk import find_crosstalk, own_speech
from emotrace.calls.stretches import total
from emotrace.hear.recognizer import Recogniser
from emotrace.types import Segment

SILENCE = -70.0


def _levels(*pieces: tuple[float, float]) -> np.ndarray:
    """Levels from (seconds, dBFS) pieces."""
    return np.concatenate([np.full(round(s / FRAME_SECONDS), db, np.float32) for s, db in pieces])


def test_a_faint_copy_of_the_other_is_dropped() -> None:
    other = _levels((5.0, -20.0), (5.0, SILENCE))
    own = _levels((5.0, -45.0), (5.0, -22.0))
    speech = [Segment(0.0, 4.9), Segment(5.0, 10.0)]
    assert own_speech(speech, find_crosstalk(speech, own, other)) == [Segment(5.0, 10.0)]


def test_a_late_echo_is_dropped_too() -> None:
    other = _levels((2.0, -20.0), (8.0, SILENCE))
    own = _levels((0.25, SILENCE), (2.0, -45.0), (2.75, SILENCE), (5.0, -22.0))
    speech = [Segment(0.25, 2.25), Segment(5.0, 10.0)]
    assert own_speech(speech, find_crosstalk(speech, own, other)) == [Segment(5.0, 10.0)]


def test_words_into_the_other_voice_are_kept_even_if_the_other_is_much_louder() -> None:
    other = _levels((5.0, -10.0), (5.0, SILENCE))
    own = _levels((5.0, -30.0), (5.0, -28.0))
    speech = [Segment(1.0, 4.0), Segment(5.0, 10.0)]
    assert own_speech(speech, find_crosstalk(speech, own, other)) == speech


def test_a_channel_with_nothing_but_echo_has_no_speech() -> None:
    speech = [Segment(1.0, 4.0)]
    leaks = find_crosstalk(speech, _levels((5.0, -45.0)), _levels((5.0, -20.0)))
    assert own_speech(speech, leaks) == []


def test_the_agents_echo_is_never_taken_for_the_customer(
    recogniser: Recogniser, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal]
) -> None:
    agent = both_voices[0][: 30 * RATE]
    echo = 0.05 * np.concatenate([np.zeros(RATE // 10, np.float32), agent[: -RATE // 10]])
    noise = np.random.default_rng(0).normal(0.0, 1e-4, agent.size).astype(np.float32)
    call = analyze_call(write_call_file(agent, echo + noise), customer="right", recogniser=recogniser)
    assert {turn.party for turn in call.turns} == {"agent"}
    assert total(call.timelines["customer"].speech) < 0.5
    assert call.verdict.label == "unknown"
