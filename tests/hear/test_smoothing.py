"""Smoothing: constant input passes, nothing is invented, labels change for a reason only, silence is silence."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import UsageError
from emotrace.hear.judge import no_speech
from emotrace.hear.smoothing import Smoother, Smoothing
from emotrace.labels import valence_arousal
from emotrace.types import Prediction, Segment

LABELS = ("neutral", "happiness", "sadness", "anger")


def heard(start, end, probabilities, speech_seconds=None, uncertain=False) -> Prediction:
    emotion = max(probabilities, key=lambda label: probabilities[label])
    return Prediction(
        segment=Segment(start, end),
        emotion=emotion,
        confidence=probabilities[emotion],
        uncertain=uncertain,
        probabilities=probabilities,
        speech_seconds=end - start if speech_seconds is None else speech_seconds,
        file="call.wav",
        channel="1",
    )


def angry(start, anger, **options) -> Prediction:
    """One second in which it is either anger or neutral."""
    return heard(start, start + 1.0, {"neutral": 1.0 - anger, "anger": anger}, **options)


@st.composite
def streams(draw, max_size=25) -> list[Prediction]:
    """Predictions in a row, some of them "no speech", hops and speech of any length."""
    found, now = [], 0.0
    for _ in range(draw(st.integers(1, max_size))):
        end = now + draw(st.floats(0.1, 5.0))
        if draw(st.integers(0, 3)) == 0:
            found.append(no_speech(Segment(now, end), file="call.wav", channel="1"))
        else:
            weights = [draw(st.floats(0.0, 1.0)) + 1e-6 for _ in LABELS]
            chances = {label: weight / sum(weights) for label, weight in zip(LABELS, weights, strict=True)}
            found.append(heard(now, end, chances, draw(st.floats(0.0, 1.0)) * (end - now), draw(st.booleans())))
        now = end
    return found


smoothings = st.builds(
    Smoothing,
    half_life_seconds=st.floats(0.05, 20.0),
    margin=st.floats(0.0, 1.0),
    hold_seconds=st.floats(0.0, 10.0),
)


@given(stream=streams(), smoothing=smoothings)
def test_every_output_is_a_prediction_of_the_same_stretch(stream, smoothing):
    smoother = Smoother(smoothing)
    for prediction in stream:
        smoothed = smoother.push(prediction)
        assert (smoothed.segment, smoothed.file, smoothed.channel, smoothed.speech_seconds) == (
            prediction.segment,
            prediction.file,
            prediction.channel,
            prediction.speech_seconds,
        )
        assert smoothed.is_speech == prediction.is_speech
        assert smoothed.probabilities.keys() == prediction.probabilities.keys()
        if smoothed.is_speech:
            assert smoothed.emotion in LABELS
            assert smoothed.confidence == smoothed.probabilities[smoothed.emotion]
            assert sum(smoothed.probabilities.values()) == pytest.approx(1.0)
            assert all(0.0 <= p <= 1.0 for p in smoothed.probabilities.values())
        else:
            assert smoothed == prediction


@given(stream=streams(), smoothing=smoothings)
def test_valence_and_arousal_are_smoothed_with_the_probabilities(stream, smoothing):
    smoother, valences = Smoother(smoothing), []
    for prediction in stream:
        smoothed = smoother.push(prediction)
        if not smoothed.is_speech:
            assert smoothed.valence is smoothed.arousal is None
            continue
        assert (smoothed.valence, smoothed.arousal) == valence_arousal(smoothed.probabilities)
        valences.append(prediction.valence)
        # A mean of what was heard is never beyond it.
        assert min(valences) - 1e-9 <= smoothed.valence <= max(valences) + 1e-9


@given(stream=streams(), smoothing=smoothings)
def test_a_label_is_never_invented(stream, smoothing):
    smoother, known = Smoother(smoothing), set()
    for prediction in stream:
        smoothed = smoother.push(prediction)
        # An average can prefer what no single prediction preferred; what is shown must lead it or have led it.
        leader = max(smoothed.probabilities, key=lambda label: smoothed.probabilities[label], default="no speech")
        known |= {prediction.emotion, leader}
        assert smoothed.emotion in known


@given(
    stream=streams(),
    smoothing=smoothings,
    chances=st.permutations([0.7, 0.15, 0.1, 0.05]),
    uncertain=st.booleans(),
)
def test_constant_input_comes_out_as_it_went_in(stream, smoothing, chances, uncertain):
    probabilities = dict(zip(LABELS, chances, strict=True))
    smoother = Smoother(smoothing)
    for p in stream:
        if p.is_speech:
            p = heard(p.segment.start, p.segment.end, probabilities, p.speech_seconds, uncertain)
        smoothed = smoother.push(p)
        assert smoothed.emotion == p.emotion
        assert smoothed.uncertain == p.uncertain
        assert smoothed.probabilities == pytest.approx(p.probabilities)


@given(stream=streams(), smoothing=smoothings)
def test_without_a_past_nothing_is_changed(stream, smoothing):
    first = next((p for p in stream if p.is_speech), None)
    if first is not None:
        smoothed = Smoother(smoothing).push(first)
        assert (smoothed.emotion, smoothed.uncertain) == (first.emotion, first.uncertain)
        assert smoothed.probabilities == pytest.approx(first.probabilities)


@given(stream=streams(), smoothing=smoothings, data=st.data())
def test_a_peek_is_the_push_to_come_and_changes_nothing(stream, smoothing, data):
    peeked, plain = Smoother(smoothing), Smoother(smoothing)
    for prediction in stream:
        if data.draw(st.booleans()):
            assert peeked.peek(prediction) == peeked.peek(prediction)
            assert peeked.peek(prediction) == plain.push(prediction) == peeked.push(prediction)
        else:
            assert peeked.push(prediction) == plain.push(prediction)


@given(stream=streams(), half_life=st.floats(0.05, 20.0))
def test_without_margin_and_hold_the_most_probable_label_is_shown(stream, half_life):
    smoother = Smoother(Smoothing(half_life, margin=0.0, hold_seconds=0.0))
    for smoothed in map(smoother.push, stream):
        if smoothed.is_speech:
            assert smoothed.confidence == max(smoothed.probabilities.values())


@given(stream=streams(max_size=40), hold=st.floats(0.5, 8.0), margin=st.floats(0.0, 0.5))
def test_a_label_is_shown_for_the_hold_at_least(stream, hold, margin):
    smoother, shown = Smoother(Smoothing(1000.0, margin, hold)), []
    for smoothed in map(smoother.push, stream):
        if smoothed.is_speech:
            shown.append((smoothed.emotion, smoothed.segment.duration))
    runs = [(label, [d for _, d in group]) for label, group in itertools.groupby(shown, key=lambda pair: pair[0])]
    # From one change to the next: the rival's lead, which brought the last change, is all in the run before it.
    for _, durations in runs[1:-1]:
        assert sum(durations) + 1e-6 >= hold - max(d for _, d in shown)


def test_the_average_is_that_of_the_docstring():
    smoother = Smoother(Smoothing(half_life_seconds=2.0, margin=0.0, hold_seconds=0.0))
    smoother.push(angry(0.0, 0.2, speech_seconds=1.0))
    smoother.push(angry(1.0, 0.4, speech_seconds=0.5))
    smoothed = smoother.push(angry(2.0, 0.9, speech_seconds=0.8))
    weights = [1.0 * 2**-1.0, 0.5 * 2**-0.5, 0.8]
    expected = sum(w * p for w, p in zip(weights, [0.2, 0.4, 0.9], strict=True)) / sum(weights)
    assert smoothed.probabilities["anger"] == pytest.approx(expected)


def test_another_label_must_lead_by_the_margin_for_the_hold():
    smoother = Smoother(Smoothing(half_life_seconds=0.01, margin=0.2, hold_seconds=3.0))
    stream = [0.1, 0.55, 0.55, 0.55, 0.55, 0.9, 0.9, 0.2, 0.9, 0.9, 0.9, 0.45]
    shown = [smoother.push(angry(float(t), anger)).emotion for t, anger in enumerate(stream)]
    # 0.55 leads by too little; the first lead of 0.9 is broken after 2 s; 0.45 does not lead back by the margin.
    assert shown == ["neutral"] * 10 + ["anger"] * 2


def test_a_third_label_begins_its_own_lead():
    smoother = Smoother(Smoothing(half_life_seconds=0.01, margin=0.1, hold_seconds=2.0))
    only = {label: {**dict.fromkeys(LABELS, 0.1), label: 0.7} for label in LABELS}
    order = ["neutral", "anger", "sadness", "anger", "anger"]
    shown = [smoother.push(heard(float(t), t + 1.0, only[label])).emotion for t, label in enumerate(order)]
    assert shown == ["neutral", "neutral", "neutral", "neutral", "anger"]


def test_a_short_silence_keeps_what_is_shown_and_a_long_one_forgets_it():
    def after(silence: float) -> Prediction:
        smoother = Smoother(Smoothing(half_life_seconds=2.0, margin=0.2, hold_seconds=3.0))
        for t in range(5):
            smoother.push(angry(float(t), 0.9))
        pause = no_speech(Segment(5.0, 5.0 + silence))
        assert smoother.push(pause) is pause
        return smoother.push(angry(5.0 + silence, 0.1))

    assert after(0.5).emotion == after(7.9).emotion == "anger"
    assert after(0.5).probabilities["anger"] > after(4.0).probabilities["anger"] > 0.1
    assert after(8.0).emotion == "neutral"
    assert after(8.0).probabilities["anger"] == pytest.approx(0.1)


def test_many_short_silences_are_a_long_one():
    smoother = Smoother(Smoothing(half_life_seconds=1.0))
    smoother.push(angry(0.0, 0.9))
    for t in range(1, 6):
        smoother.push(no_speech(Segment(float(t), t + 1.0)))
    assert smoother.push(angry(6.0, 0.1)).emotion == "neutral"


def test_speech_counts_by_its_length():
    smoother = Smoother(Smoothing(half_life_seconds=1000.0))
    smoother.push(angry(0.0, 0.9, speech_seconds=0.9))
    assert smoother.push(angry(1.0, 0.1, speech_seconds=0.1)).probabilities["anger"] > 0.8


@pytest.mark.parametrize(
    ("stream", "uncertain"),
    [
        ([(0.9, False), (0.9, False)], False),
        ([(0.55, True), (0.55, True)], True),
        ([(0.55, True), (0.9, False), (0.9, False)], False),
        # Sure of one thing, then of the other: nothing is sure.
        ([(0.9, False), (0.9, False), (0.1, False), (0.1, False), (0.1, False)], True),
    ],
)
def test_it_is_certain_where_half_of_the_speech_was_surely_that(stream, uncertain):
    smoother = Smoother(Smoothing(half_life_seconds=1000.0, margin=1.0))
    for t, (anger, flag) in enumerate(stream):
        smoothed = smoother.push(angry(float(t), anger, uncertain=flag))
    assert smoothed.emotion == "anger"
    assert smoothed.uncertain is uncertain


def test_centuries_of_silence_do_no_harm():
    smoother = Smoother()
    smoother.push(angry(0.0, 0.9))
    smoother.push(no_speech(Segment(1.0, 1e10)))
    assert smoother.push(angry(1e10, 0.3)).probabilities["anger"] == pytest.approx(0.3)


def test_going_back_in_time_is_refused():
    smoother = Smoother()
    smoother.push(angry(5.0, 0.9))
    with pytest.raises(
        UsageError, match=r"in order of time, got one that ends at 2 s after 6 s; interim .* `peek`"
    ):
        smoother.push(angry(1.0, 0.9))
    assert smoother.push(angry(6.0, 0.9)).emotion == "anger"


def test_another_streams_labels_are_refused():
    smoother = Smoother()
    smoother.push(angry(0.0, 0.9))
    with pytest.raises(UsageError, match="whose labels are neutral, anger; got a prediction among calm, fear"):
        smoother.push(heard(1.0, 2.0, {"calm": 0.5, "fear": 0.5}))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"half_life_seconds": 0.0}, "half_life_seconds is 0; it must be above 0"),
        ({"half_life_seconds": float("nan")}, "half_life_seconds is nan; it must be a finite number"),
        ({"margin": 1.1}, "margin is 1.1; it must be between 0 and 1"),
        ({"margin": -0.1}, "margin is -0.1; it must be between 0 and 1"),
        ({"hold_seconds": -1.0}, "hold_seconds is -1; it must be at least 0"),
        ({"hold_seconds": float("inf")}, "hold_seconds is inf; it must be a finite number"),
    ],
)
def test_a_bad_setting_is_refused(setting, sentence):
    with pytest.raises(UsageError, match=f"smoothing: {sentence}"):
        Smoothing(**setting)
