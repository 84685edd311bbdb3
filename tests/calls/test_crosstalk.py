"""Echo and leaks are nobody's turn; real words into the other's voice are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls.conftest import RATE, Signal, WriteCallFile

from emotrace.audio.resample import resample
from emotrace.calls.analyze import analyze_call
from emotrace.calls.crosstalk import Levels, LikenessMeter, find_crosstalk, own_speech
from emotrace.calls.levels import FRAME_SECONDS
from emotrace.calls.stretches import total
from emotrace.errors import AudioWarning
from emotrace.hear.recognizer import Recogniser
from emotrace.types import Segment

SILENCE = -70.0


def _levels(*pieces: tuple[float, float]) -> np.ndarray:
    """Levels from (seconds, dBFS) pieces."""
    return np.concatenate([np.full(round(s / FRAME_SECONDS), db, np.float32) for s, db in pieces])


def _leaks(speech: list[Segment], own: Levels, other: Levels) -> list[Segment]:
    """Find the faint leaks: nothing sounds like the other."""
    return find_crosstalk(speech, own, other, np.zeros(own.size, bool))


def test_a_faint_copy_of_the_other_is_dropped() -> None:
    other = _levels((5.0, -20.0), (5.0, SILENCE))
    own = _levels((5.0, -45.0), (5.0, -22.0))
    speech = [Segment(0.0, 4.9), Segment(5.0, 10.0)]
    assert own_speech(speech, _leaks(speech, own, other)) == [Segment(5.0, 10.0)]


def test_a_late_echo_is_dropped_too() -> None:
    other = _levels((2.0, -20.0), (8.0, SILENCE))
    own = _levels((0.25, SILENCE), (2.0, -45.0), (2.75, SILENCE), (5.0, -22.0))
    speech = [Segment(0.25, 2.25), Segment(5.0, 10.0)]
    assert own_speech(speech, _leaks(speech, own, other)) == [Segment(5.0, 10.0)]


def test_words_into_the_other_voice_are_kept_even_if_the_other_is_much_louder() -> None:
    other = _levels((5.0, -10.0), (5.0, SILENCE))
    own = _levels((5.0, -30.0), (5.0, -28.0))
    speech = [Segment(1.0, 4.0), Segment(5.0, 10.0)]
    assert own_speech(speech, _leaks(speech, own, other)) == speech


def test_a_channel_with_nothing_but_echo_has_no_speech() -> None:
    speech = [Segment(1.0, 4.0)]
    leaks = _leaks(speech, _levels((5.0, -45.0)), _levels((5.0, -20.0)))
    assert own_speech(speech, leaks) == []


def test_what_sounds_like_the_other_is_dropped_however_loud_it_is() -> None:
    own, other = _levels((10.0, -22.0)), _levels((10.0, -20.0))
    is_like = np.arange(own.size) < 100
    speech = [Segment(0.0, 4.9), Segment(5.0, 10.0)]
    assert own_speech(speech, find_crosstalk(speech, own, other, is_like)) == [Segment(5.0, 10.0)]


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(0, 10 * 16_000), max_size=5))
def test_any_blocks_give_the_same_likeness(both_voices: tuple[Signal, Signal], cuts: list[int]) -> None:
    agent, caller = (resample(voice[: 10 * RATE], RATE, 16_000) for voice in both_voices)
    rows = np.stack([agent, caller + 0.5 * agent])

    def measure(blocks: list[Signal]) -> list[list[bool]]:
        meter = LikenessMeter(16_000)
        for block in blocks:
            meter.push(block)
        return [flags.tolist() for flags in meter.close()]

    whole = measure([rows])
    assert measure(np.split(rows, sorted(cuts), axis=1)) == whole
    assert [len(flags) for flags in whole] == [200, 200]


@pytest.mark.parametrize("delay_seconds", [0.0, 0.02, 0.25])
@pytest.mark.parametrize("gain", [0.2, 0.5, -0.7])
def test_a_leak_is_told_from_a_voice_of_its_own(
    both_voices: tuple[Signal, Signal], gain: float, delay_seconds: float
) -> None:
    agent, caller = both_voices
    n = round(delay_seconds * RATE)
    leak = gain * np.concatenate([np.zeros(n, np.float32), agent[: agent.size - n]])
    meter = LikenessMeter(RATE)
    meter.push(np.stack([agent, caller + leak]))
    agent_is_like, caller_is_like = meter.close()

    def share(flags: np.ndarray, voice: Signal, other: Signal) -> float:
        """Of the frames in which ``voice`` is heard and ``other`` is not."""
        loud, silent = (np.abs(x[: x.size // 400 * 400]).reshape(-1, 400).max(axis=1) for x in (voice, other))
        frames = (loud > 0.05) & (silent < 0.005)
        return float(flags[: frames.size][frames].mean())

    assert share(caller_is_like, leak / abs(gain), caller) > 0.9
    assert share(caller_is_like, caller, agent) < 0.02
    assert agent_is_like.mean() < 0.03


def test_two_voices_at_once_are_not_alike(both_voices: tuple[Signal, Signal]) -> None:
    agent, caller = both_voices
    meter = LikenessMeter(RATE)
    meter.push(np.stack([agent, np.roll(caller, 10 * RATE)]))
    assert all(flags.mean() < 0.01 for flags in meter.close())


def test_an_agent_heard_loudly_on_the_customers_channel_is_not_analysed(
    recogniser: Recogniser, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal]
) -> None:
    agent, caller = (voice[: 30 * RATE] for voice in both_voices)
    clean = analyze_call(write_call_file(agent, caller, name="clean.wav"), customer="right", recogniser=recogniser)
    path = write_call_file(agent, caller + 0.5 * agent)
    with pytest.warns(AudioWarning, match=r"channel 1 holds \d+ s of the other party's voice, hardly quieter"):
        call = analyze_call(path, customer="right", recogniser=recogniser)
    assert call.talk.talk_seconds["customer"] == pytest.approx(clean.talk.talk_seconds["customer"], abs=0.5)
    spoken = total(clean.timelines["customer"].speech)
    assert total(call.timelines["customer"].speech) == pytest.approx(spoken, abs=0.8)


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
