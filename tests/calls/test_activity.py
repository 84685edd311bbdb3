"""The first pass: where each channel speaks, and how loud it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls.conftest import RATE, Signal, WriteCallFile

from emotrace.audio.resample import resample
from emotrace.calls.activity import SpeechFollower, find_activity
from emotrace.calls.levels import LevelMeter
from emotrace.calls.stretches import total
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.speech import SpeechDetector


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(0, 12 * 16_000), max_size=5))
def test_any_blocks_give_the_same_speech(
    recogniser: Recogniser, both_voices: tuple[Signal, Signal], cuts: list[int]
) -> None:
    signal = resample(both_voices[1][: 12 * RATE], RATE, 16_000)
    detector = SpeechDetector(recogniser.speech_bundle)

    def follow(blocks: list[Signal]) -> list[tuple[float, float]]:
        follower = SpeechFollower(recogniser.speech_bundle, detector)
        for block in blocks:
            follower.push(block)
        return [(stretch.start, stretch.end) for stretch in follower.close()]

    assert follow(np.split(signal, sorted(cuts))) == follow([signal])


def test_finds_the_speech_that_a_timeline_has(
    recogniser: Recogniser, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal]
) -> None:
    path = write_call_file(*both_voices)
    activity = find_activity(path, recogniser.speech_bundle, pair=(1, 0))
    for channel, speech in enumerate(activity.speech):
        assert speech == recogniser.analyze(path, channel=channel).speech
    assert activity.duration == pytest.approx(64.17, abs=0.01)
    assert [len(levels) for levels in activity.levels] == [1284, 1284]
    assert [(row, flags.any()) for row, flags in activity.is_like.items()] == [(1, False), (0, False)]


def test_the_mix_is_one_channel(
    recogniser: Recogniser, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal]
) -> None:
    activity = find_activity(write_call_file(*both_voices), recogniser.speech_bundle, "mix")
    assert len(activity.speech) == 1
    assert total(activity.speech[0]) > 40.0
    assert activity.is_like == {}


def test_levels_are_those_of_their_frames() -> None:
    meter = LevelMeter(1000)
    loud, silent = np.full(70, 0.1, np.float32), np.zeros(60, np.float32)
    for block in (loud[:33], loud[33:], silent):
        meter.push(block)
    # 50 samples of 0.1; 20 of them and 30 of silence; 30 of silence.
    np.testing.assert_allclose(meter.close(), [-20.0, -20.0 + 10 * np.log10(0.4), -120.0], atol=1e-3)
