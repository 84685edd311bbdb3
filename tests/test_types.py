"""The records: checked segments, runs that join what belongs together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.labels import EMOTIONS, VALENCE_AROUSAL, restrict, valence_arousal
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
        "derived": {"valence": None, "arousal": None},
        "speech_seconds": 1.0,
    }


def heard(probabilities: dict[str, float]) -> Prediction:
    best = max(probabilities, key=lambda label: probabilities[label])
    return Prediction(Segment(0, 1), best, probabilities[best], False, probabilities, 1.0)


SHARES = st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0.001, 1.0), min_size=2).map(
    lambda weights: {label: weight / sum(weights.values()) for label, weight in weights.items()}
)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_what_is_certain_has_the_valence_and_arousal_of_its_emotion(emotion):
    sure = heard({label: float(label == emotion) for label in EMOTIONS})
    assert (sure.valence, sure.arousal) == VALENCE_AROUSAL[emotion]
    valence, arousal = VALENCE_AROUSAL[emotion]
    assert sure.to_dict()["derived"] == {"valence": valence, "arousal": arousal}


@given(SHARES)
def test_valence_and_arousal_follow_from_the_probabilities_as_written(probabilities):
    prediction = heard(probabilities)
    assert (prediction.valence, prediction.arousal) == valence_arousal(probabilities)
    record = prediction.to_dict()
    again = replace(prediction, probabilities=record["probabilities"]).to_dict()
    assert again["derived"] == record["derived"]
    # Rounding: half a digit of every probability, and half a digit of the sum.
    slack = 0.5e-4 * (len(probabilities) + 1)
    assert record["derived"]["valence"] == pytest.approx(prediction.valence, abs=slack)
    assert record["derived"]["arousal"] == pytest.approx(prediction.arousal, abs=slack)
    assert "-0.0" not in {str(value) for value in record["derived"].values()}


@given(SHARES, st.data())
def test_valence_and_arousal_follow_the_labels_that_are_chosen_between(probabilities, data):
    labels = data.draw(st.lists(st.sampled_from(sorted(probabilities)), min_size=2, unique=True))
    shown = heard(restrict(probabilities, labels))
    valences = [VALENCE_AROUSAL[label][0] for label in labels]
    arousals = [VALENCE_AROUSAL[label][1] for label in labels]
    assert min(valences) - 1e-9 <= shown.valence <= max(valences) + 1e-9
    assert min(arousals) - 1e-9 <= shown.arousal <= max(arousals) + 1e-9


def test_nobody_who_speaks_has_neither():
    silence = prediction(0, 1, "no speech")
    assert (silence.valence, silence.arousal) == (None, None)
    assert silence.to_dict()["derived"] == {"valence": None, "arousal": None}


def test_a_run_has_the_mean_of_its_parts():
    first, second = heard({"anger": 0.9, "calm": 0.1}), heard({"anger": 0.6, "calm": 0.4})
    later = replace(second, segment=Segment(1, 2), speech_seconds=0.5)
    (run,) = Timeline("a.wav", "mix", 2.0, (first, later)).runs()
    assert run.valence == pytest.approx((2 * first.valence + later.valence) / 3)
    assert run.arousal == pytest.approx((2 * first.arousal + later.arousal) / 3)


def test_durations_and_identities():
    assert Recording("a.wav", 8_000, 1, 4_000).duration == 0.5
    assert Recording("a.webm", 8_000, 1).duration is None
    assert Utterance("a.wav", "anger", "s").recording_id == "a.wav"
    assert Utterance("b.wav", "anger", "s", recording="r").recording_id == "r"
    assert Utterance("c.wav", "anger", "s", recording="r", twin_of="a.wav").recording_id == "a.wav"
