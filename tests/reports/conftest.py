"""Timelines to write: one by hand, and many by hypothesis (``st.from_type(Timeline)``)."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import strategies as st

from emotrace import registry
from emotrace.labels import EMOTIONS, NO_SPEECH
from emotrace.types import Prediction, Segment, Timeline

Span = tuple[float, float, str]


def _heard(start: float, end: float, emotion: str, confidence: float, threshold: float = 0.5) -> Prediction:
    probabilities = {"anger": 0.0, "neutral": 0.0, "fear": 0.0}
    probabilities = dict.fromkeys(probabilities, (1 - confidence) / 2) | {emotion: confidence}
    uncertain = confidence < threshold
    segment = Segment(start, end)
    return Prediction(
        segment, emotion, confidence, uncertain, probabilities, end - start, "calls/my call.flac", "1"
    )


def _silent(start: float, end: float) -> Prediction:
    return Prediction(Segment(start, end), NO_SPEECH, None, False, {}, 0.0, file="calls/my call.flac", channel="1")


@pytest.fixture(scope="session")
def call() -> Timeline:
    """Silence, two hops of anger, one of uncertain fear, silence, neutral to the end at 12.25 s."""
    predictions = (
        _silent(0, 2),
        _heard(2, 4, "anger", 0.9),
        _heard(4, 6, "anger", 0.7),
        _heard(6, 8, "fear", 0.4),
        _silent(8, 10),
        _heard(10, 12.25, "neutral", 0.8),
    )
    speech = (Segment(2.5, 5.0), Segment(5.5, 7.5), Segment(10.0, 12.0))
    labels = ("anger", "neutral", "fear")
    settings = {"window": 3.0, "hop": 2.0}
    return Timeline("calls/my call.flac", "1", 12.25, predictions, speech, labels, "default 0.1", settings)


@pytest.fixture(scope="session")
def write() -> Callable[..., str]:
    """Give ``write(format_name, timelines) -> text``."""

    def _write(name: str, *timelines: Timeline) -> str:
        stream = io.StringIO()
        registry.load("format", name).write_timelines(timelines, stream)
        return stream.getvalue()

    return _write


@pytest.fixture(scope="session")
def write_clips() -> Callable[..., str]:
    """Give ``write_clips(format_name, predictions) -> text``."""

    def _write(name: str, predictions: Sequence[Prediction]) -> str:
        stream = io.StringIO()
        registry.load("format", name).write_predictions(iter(predictions), stream)
        return stream.getvalue()

    return _write


@pytest.fixture(scope="session")
def as_channels() -> Callable[[Sequence[Timeline]], list[Timeline]]:
    """Give ``as_channels(timelines)``: the same timelines as channels 0, 1, ... of the first one's file."""

    def _as_channels(timelines: Sequence[Timeline]) -> list[Timeline]:
        return [replace(timeline, file=timelines[0].file, channel=str(n)) for n, timeline in enumerate(timelines)]

    return _as_channels


@pytest.fixture(scope="session")
def check_spans() -> Callable[..., None]:
    """Give ``check_spans(timeline, spans, digits)``: the spans of speech a format was read back as are true.

    They are in order, apart, within the recording, joined, and say at the middle of every prediction what
    the prediction says; a stretch without speech is in no span.
    """

    def _check(timeline: Timeline, spans: Sequence[Span], digits: int) -> None:
        tick = 10.0**-digits
        for start, end, _ in spans:
            assert 0.0 <= start < end <= timeline.duration + 1e-8
        for (_, end, label), (start, _, next_label) in pairwise(spans):
            assert end <= start
            assert label != next_label or start > end + tick / 2, "neighbours of one label should be joined"
        for prediction in timeline.predictions:
            if prediction.segment.duration > 2.5 * tick:
                middle = (prediction.segment.start + prediction.segment.end) / 2
                found = [label for start, end, label in spans if start <= middle < end]
                mark = "?" if prediction.uncertain else ""
                assert found == ([prediction.emotion + mark] if prediction.is_speech else [])

    return _check


@st.composite
def _timelines(draw: st.DrawFn) -> Timeline:
    duration = draw(st.just(0.0) | st.floats(1e-4, 20.0) | st.floats(3600.0, 40_000.0))
    hop = max(draw(st.floats(0.02, 5.0)), duration / 25)
    labels = draw(st.lists(st.sampled_from(EMOTIONS), min_size=2, max_size=5, unique=True))
    file, channel = draw(st.text(min_size=1, max_size=20)), draw(st.sampled_from(["mix", "0", "1", "17"]))
    predictions: list[Prediction] = []
    speech: list[Segment] = []
    start = 0.0
    while start < duration:
        # Steps from the start of the recording, as an engine makes them; the last is cut at its end.
        end = min(hop * (len(predictions) + 1), duration)
        segment = Segment(start, end)
        if draw(st.booleans()):
            inner = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
            spoken = Segment(*(min(start + share * (end - start), end) for share in inner))
            speech.append(spoken)
            prediction = _draw_heard(draw, segment, labels, spoken.duration)
        else:
            prediction = Prediction(segment, NO_SPEECH, None, False, {}, 0.0)
        predictions.append(replace(prediction, file=file, channel=channel))
        start = end
    model, settings = draw(st.text(max_size=10)), {"window": draw(st.floats(0.1, 10)), "hop": hop}
    return Timeline(file, channel, duration, tuple(predictions), tuple(speech), tuple(labels), model, settings)


def _draw_heard(draw: st.DrawFn, segment: Segment, labels: Sequence[str], speech: float) -> Prediction:
    weights = [draw(st.floats(0.01, 1.0)) for _ in labels]
    probabilities = {label: w / sum(weights) for label, w in zip(labels, weights, strict=True)}
    emotion = max(probabilities, key=probabilities.__getitem__)
    uncertain = draw(st.booleans())
    return Prediction(segment, emotion, probabilities[emotion], uncertain, probabilities, speech)


st.register_type_strategy(Timeline, _timelines())
