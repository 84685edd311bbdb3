"""Emotion by quarter, over time, and around the agent's turns."""

from __future__ import annotations

import numpy as np
import pytest

from emotrace.calls.summary import Trend, moment, negativity, quarters_of, tension, trend_of
from emotrace.types import Prediction, Segment


def _heard(start: float, anger: float, speech: float = 1.5, uncertain: bool = False) -> Prediction:
    probabilities = {"anger": anger, "neutral": 1.0 - anger}
    emotion = max(probabilities, key=lambda label: probabilities[label])
    return Prediction(
        Segment(start, start + 1.5), emotion, probabilities[emotion], uncertain, probabilities, speech
    )


def _silent(start: float) -> Prediction:
    return Prediction(Segment(start, start + 1.5), "no speech", None, False, {}, 0.0)


def _timeline(angers: list[float]) -> list[Prediction]:
    return [_heard(1.5 * n, anger) for n, anger in enumerate(angers)]


def test_negativity_and_tension_leave_out_disgust_and_labels_not_in_use() -> None:
    probabilities = {"anger": 0.1, "fear": 0.2, "sadness": 0.3, "disgust": 0.4}
    assert negativity(probabilities) == pytest.approx(0.6)
    assert tension(probabilities) == pytest.approx(0.3)
    assert negativity({"calm": 1.0}) == 0.0


def test_a_moment_weighs_by_speech_and_takes_parts() -> None:
    predictions = [_heard(0.0, 1.0, speech=1.0), _silent(1.5), _heard(3.0, 0.0, speech=0.5, uncertain=True)]
    whole = moment(predictions, Segment(0.0, 4.5))
    assert whole.speech_seconds == pytest.approx(1.5)
    assert whole.certain_seconds == pytest.approx(1.0)
    assert whole.emotion == "anger"
    assert whole.negativity == pytest.approx(2 / 3)
    half = moment(predictions, Segment(0.75, 1.5))
    assert half.speech_seconds == pytest.approx(0.5)
    assert half.negativity == 1.0


def test_a_moment_without_speech_says_nothing() -> None:
    nothing = moment([_silent(0.0)], Segment(0.0, 1.5))
    assert (nothing.emotion, nothing.negativity, nothing.speech_seconds) == (None, None, 0.0)


def test_quarters_share_all_speech_between_them() -> None:
    predictions = _timeline([0.9, 0.9, 0.1, 0.1, 0.8, 0.2, 0.2])
    quarters = quarters_of("customer", predictions, 10.5)
    assert [quarter.quarter for quarter in quarters] == [1, 2, 3, 4]
    assert quarters[0].segment == Segment(0.0, 2.625)
    assert quarters[-1].segment.end == 10.5
    assert sum(quarter.moment.speech_seconds for quarter in quarters) == pytest.approx(10.5)
    assert quarters[0].to_dict()["emotion"] == "anger"


def test_a_rising_call_rises() -> None:
    trend = trend_of("customer", _timeline(np.linspace(0.1, 0.9, 60).tolist()))
    assert trend.direction == "rising"
    # 0.8 in 88.5 s
    assert trend.per_minute == pytest.approx(0.8 / 88.5 * 60, rel=0.02)
    assert trend_of("customer", _timeline(np.linspace(0.9, 0.1, 60).tolist())).direction == "falling"


def test_one_outburst_is_no_trend() -> None:
    angers = [0.1] * 28 + [0.95] * 4 + [0.1] * 28
    assert trend_of("customer", _timeline(angers)).direction == "steady"


def test_noise_is_seldom_a_trend() -> None:
    rng = np.random.default_rng(0)
    found = [trend_of("customer", _timeline(rng.uniform(0, 1, 60).tolist())).direction for _ in range(200)]
    assert found.count("steady") >= 180


@pytest.mark.parametrize(
    "predictions",
    [
        [],
        _timeline([0.1] * 3 + [0.9] * 3),
        [_silent(1.5 * n) for n in range(90)],
        [_heard(0.0, 0.5), _heard(90.0, 0.9)],
    ],
    ids=["nothing", "too short", "silence", "too few moments"],
)
def test_too_little_has_no_trend(predictions: list[Prediction]) -> None:
    assert trend_of("customer", predictions) == Trend("customer", None, "unknown")


def test_a_day_of_speech_is_summed_up_quickly() -> None:
    trend = trend_of("customer", _timeline(np.linspace(0.0, 1.0, 57_600).tolist()))
    assert trend.direction == "rising"
    assert trend.per_minute == pytest.approx(1 / 1440, rel=0.02)
