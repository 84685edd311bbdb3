"""The records: checked segments, runs that join what belongs together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.types import Prediction, Recording, Segment, Timeline, Utterance


def prediction(start: float, end: float, emotion: str, p: float = 0.8, speech: float = 1.0) -> Prediction:
    if emotion == "no speech":
        return Prediction(Segment(start, end), emotion, None, False, {}, 0.0)
    probabilities = {emotion: p, "other": 1.0 - p}
    return Prediction(Segment(start, end), emotion, p, False, probabilities, speech)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_a_segment_must_be_a_stretch_of_time(start, end):
    with pytest.raises(ValueError, match="0 <= start <= end"):
        Segment(start, end)


def test_runs_join_neighbours_of_one_emotion_and_average_by_speech():
    timeline = Timeline(
        "a.wav",
        "mix",
        4.0,
        (
            prediction(0, 1, "anger", 0.9, speech=1.0),
            prediction(1, 2, "anger", 0.6, speech=0.5),
            prediction(2, 3, "no speech"),
            prediction(3, 4, "anger"),
        ),
    )
    first, second, third = timeline.runs()
    assert (first.segment, second.segment, third.segment) == (Segment(0, 2), Segment(2, 3), Segment(3, 4))
    assert first.confidence == pytest.approx(0.8)
    assert first.speech_seconds == 1.5
    assert second.emotion == "no speech"


@given(st.lists(st.sampled_from(["anger", "fear", "no speech"]), max_size=30))
def test_runs_cover_the_same_time_and_never_repeat(emotions):
    predictions = tuple(prediction(i, i + 1, emotion) for i, emotion in enumerate(emotions))
    runs = Timeline("a.wav", "mix", len(emotions), predictions).runs()
    assert [e for run in runs for e in [run.emotion] * round(run.segment.duration)] == emotions
    assert all(a.emotion != b.emotion for a, b in zip(runs, runs[1:], strict=False))  # noqa: RUF007


def test_a_prediction_as_a_record():
    record = prediction(0.12345, 1.0, "anger", 0.87654).to_dict()
    assert record == {
        "file": "",
        "channel": "mix",
        "start": 0.123,
        "end": 1.0,
        "emotion": "anger",
        "confidence": 0.8765,
        "uncertain": False,
        "probabilities": {"anger": 0.8765, "other": 0.1235},
        "speech_seconds": 1.0,
    }


def test_durations_and_identities():
    assert Recording("a.wav", 8_000, 1, 4_000).duration == 0.5
    assert Recording("a.webm", 8_000, 1).duration is None
    assert Utterance("a.wav", "anger", "s").recording_id == "a.wav"
    assert Utterance("b.wav", "anger", "s", recording="r").recording_id == "r"
    assert Utterance("c.wav", "anger", "s", recording="r", twin_of="a.wav").recording_id == "a.wav"
