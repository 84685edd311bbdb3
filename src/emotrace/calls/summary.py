"""What a call's emotion comes to: by quarter, over time, and around each of the agent's turns.

*Negativity* is the probability that one of anger, fear and sadness is heard, *tension* that one of anger and fear
is: sums over the labels in use. Disgust is in neither: a model taught by actors takes too much plain telephone
talk for it. Means are weighted by seconds of speech.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from emotrace.calls.parties import AGENT, CUSTOMER
from emotrace.types import Prediction, Segment

if TYPE_CHECKING:
    from emotrace.calls.call import CallTurn

NEGATIVE = ("anger", "fear", "sadness")
"""The emotions that negativity adds up."""

TENSE = ("anger", "fear")
"""The emotions that tension adds up: those that can be calmed."""

LEAST_SPEECH_SECONDS = 15.0
LEAST_SPAN_SECONDS = 30.0
LEAST_POINTS = 5
"""With less speech, or within a shorter time, nothing is said of a trend."""

LEAST_CHANGE = 0.15
"""By how much negativity must change from the first to the last word for a trend to be rising or falling, ..."""

LEAST_Z = 1.645
"""... and how sure that must be: the Mann-Kendall statistic that one trendless call in ten exceeds by chance."""

EFFECT = 0.2
"""By how much the customer's tension must change across an agent's turn to call it an effect, ..."""

LEAST_TURN_SECONDS = 1.0
"""... and how long the customer must speak on both sides of it."""

NEAR_SECONDS = 30.0
"""What the customer said longer before or after is no answer to an agent's turn."""

_MOST_POINTS = 200
_POINT_SECONDS = 3.0


def negativity(probabilities: Mapping[str, float]) -> float:
    """Give the sum of the probabilities of the negative emotions.

    >>> negativity({"anger": 0.5, "sadness": 0.25, "neutral": 0.25})
    0.75
    """
    return _share_of(probabilities, NEGATIVE)


def tension(probabilities: Mapping[str, float]) -> float:
    """Give the sum of the probabilities of anger and fear."""
    return _share_of(probabilities, TENSE)


def _share_of(probabilities: Mapping[str, float], emotions: Iterable[str]) -> float:
    return min(1.0, sum(probabilities.get(emotion, 0.0) for emotion in emotions))


@dataclass(frozen=True, slots=True)
class Moment:
    """The speech in a stretch of one party's timeline, taken together.

    ``emotion`` is None and ``probabilities`` is empty where nothing was heard; ``certain_seconds`` is the speech
    of which the model is certain.
    """

    speech_seconds: float
    certain_seconds: float
    probabilities: Mapping[str, float]

    @property
    def emotion(self) -> str | None:
        """The most probable emotion."""
        return max(self.probabilities, key=lambda e: self.probabilities[e]) if self.probabilities else None

    @property
    def negativity(self) -> float | None:
        """The negativity, None where nothing was heard."""
        return self.share(NEGATIVE) if self.probabilities else None

    def share(self, emotions: Iterable[str]) -> float:
        """Give the probability of any of ``emotions``; 0 where nothing was heard."""
        return _share_of(self.probabilities, emotions)


def moment(predictions: Sequence[Prediction], segment: Segment) -> Moment:
    """Take together the predictions in ``segment``; one that lies in it in part counts in part."""
    speech = certain = 0.0
    sums: dict[str, float] = {}
    for heard in predictions:
        share = _share(heard.segment, segment)
        if share <= 0.0 or not heard.is_speech:
            continue
        weight = share * heard.speech_seconds
        speech += weight
        certain += 0.0 if heard.uncertain else weight
        for label, probability in heard.probabilities.items():
            sums[label] = sums.get(label, 0.0) + weight * probability
    probabilities = {label: value / speech for label, value in sums.items()} if speech > 0.0 else {}
    return Moment(speech, certain, probabilities)


def _share(inner: Segment, outer: Segment) -> float:
    lasts = min(inner.end, outer.end) - max(inner.start, outer.start)
    return max(0.0, lasts) / inner.duration if inner.duration > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Quarter:
    """One party's emotion in a quarter of the call."""

    quarter: int
    party: str
    segment: Segment
    moment: Moment

    def to_dict(self) -> dict[str, Any]:
        """Give the record as it stands in the call's JSON."""
        negative = self.moment.negativity
        return {
            "quarter": self.quarter,
            "start": round(self.segment.start, 3),
            "end": round(self.segment.end, 3),
            "party": self.party,
            "speech_seconds": round(self.moment.speech_seconds, 3),
            "emotion": self.moment.emotion,
            "probabilities": {label: round(p, 4) for label, p in self.moment.probabilities.items()},
            "negativity": None if negative is None else round(negative, 4),
        }


def quarters_of(party: str, predictions: Sequence[Prediction], duration: float) -> list[Quarter]:
    """Cut the call into four equal parts and give one party's emotion in each."""
    spans = [Segment(duration * i / 4.0, duration * (i + 1) / 4.0) for i in range(4)]
    return [Quarter(i, party, span, moment(predictions, span)) for i, span in enumerate(spans, start=1)]


def emotion_seconds(predictions: Sequence[Prediction]) -> dict[str, float]:
    """Give the seconds of speech by the emotion heard in it, most first."""
    seconds: dict[str, float] = {}
    for heard in predictions:
        if heard.is_speech:
            seconds[heard.emotion] = seconds.get(heard.emotion, 0.0) + heard.speech_seconds
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a party's negativity goes: ``rising``, ``falling``, ``steady``, or ``unknown`` where too little is
    heard.

    ``per_minute`` is the slope; None where the direction is unknown.
    """

    party: str
    per_minute: float | None
    direction: str

    def to_dict(self) -> dict[str, Any]:
        """Give the record as it stands in the call's JSON."""
        return {
            "party": self.party,
            "measure": "negativity",
            "per_minute": None if self.per_minute is None else round(self.per_minute, 4),
            "direction": self.direction,
        }


def trend_of(party: str, predictions: Sequence[Prediction]) -> Trend:
    """Give the trend of a party's negativity: the median of the slopes between any two moments (Theil-Sen).

    Moments are at least 3 s long, so that they share no window. A trend needs `LEAST_POINTS` moments with
    `LEAST_SPEECH_SECONDS` of speech over `LEAST_SPAN_SECONDS`. It is steady unless negativity changes by
    `LEAST_CHANGE` in all, and the Mann-Kendall test is not likely to find that much order by chance.

    Sources: Theil (1950), A rank-invariant method of linear and polynomial regression analysis; Sen (1968),
    Estimates of the regression coefficient based on Kendall's tau; Mann (1945), Nonparametric tests against trend.
    """
    times, values, speech = _points(predictions)
    if times.size < LEAST_POINTS or speech < LEAST_SPEECH_SECONDS or np.ptp(times) < LEAST_SPAN_SECONDS:
        return Trend(party, None, "unknown")
    i, j = np.triu_indices(times.size, 1)
    differences = values[j] - values[i]
    slope = float(np.median(differences / (times[j] - times[i])))
    n = times.size
    order = abs(float(np.sign(differences).sum()))
    z = max(0.0, order - 1.0) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)
    is_trend = z >= LEAST_Z and abs(slope) * float(np.ptp(times)) >= LEAST_CHANGE
    direction = ("rising" if slope > 0.0 else "falling") if is_trend else "steady"
    return Trend(party, 60.0 * slope, direction)


def _points(predictions: Sequence[Prediction]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], float]:
    """Give the times and negativities of a party's moments, at most 200, and its seconds of speech."""
    heard = [p for p in predictions if p.is_speech]
    if not heard:
        return np.empty(0), np.empty(0), 0.0
    time = np.array([(p.segment.start + p.segment.end) / 2.0 for p in heard])
    value = np.array([negativity(p.probabilities) for p in heard])
    weight = np.array([p.speech_seconds for p in heard])
    width = max(_POINT_SECONDS, float(np.ptp(time)) / _MOST_POINTS)
    bins = np.floor((time - time[0]) / width).astype(int)
    spoken = np.bincount(bins, weight)
    filled = spoken > 0.0
    times = np.bincount(bins, weight * time)[filled] / spoken[filled]
    values = np.bincount(bins, weight * value)[filled] / spoken[filled]
    return times, values, float(weight.sum())


@dataclass(frozen=True, slots=True)
class AgentEffect:
    """How the customer sounded before and after one of the agent's turns.

    ``before`` and ``after`` are what was heard in the customer's nearest turns, None where there is none near
    enough, or it is too short. ``effect`` is ``calmed``, ``stirred``, ``unchanged`` or ``unknown``.
    """

    turn: int
    segment: Segment
    before: Prediction | None
    after: Prediction | None

    @property
    def change(self) -> float | None:
        """By how much tension changed."""
        if self.before is None or self.after is None:
            return None
        return tension(self.after.probabilities) - tension(self.before.probabilities)

    @property
    def effect(self) -> str:
        """The change in a word."""
        change = self.change
        if change is None:
            return "unknown"
        return "calmed" if change <= -EFFECT else "stirred" if change >= EFFECT else "unchanged"

    def to_dict(self) -> dict[str, Any]:
        """Give the record as it stands in the call's JSON."""
        return {
            "turn": self.turn,
            "start": round(self.segment.start, 3),
            "end": round(self.segment.end, 3),
            "before": _side(self.before),
            "after": _side(self.after),
            "change": None if self.change is None else round(self.change, 4),
            "effect": self.effect,
        }


def _side(heard: Prediction | None) -> dict[str, Any]:
    if heard is None:
        return {"emotion": None, "negativity": None, "tension": None}
    return {
        "emotion": heard.emotion,
        "negativity": round(negativity(heard.probabilities), 4),
        "tension": round(tension(heard.probabilities), 4),
    }


def agent_effects(turns: Sequence[CallTurn]) -> list[AgentEffect]:
    """Compare the customer's turn before each of the agent's turns with the one after it.

    It says that the customer sounded otherwise afterwards, not that the agent was the reason.
    """
    before = _nearest_customers(turns)
    after = _nearest_customers(turns[::-1])[::-1]
    return [
        AgentEffect(turn.turn, turn.segment, _if_near(before[i], turn), _if_near(after[i], turn))
        for i, turn in enumerate(turns)
        if turn.party == AGENT
    ]


def _nearest_customers(turns: Sequence[CallTurn]) -> list[CallTurn | None]:
    """Give to each turn the customer's latest one before it."""
    latest: list[CallTurn | None] = [None]
    for turn in turns:
        latest.append(turn if turn.party == CUSTOMER else latest[-1])
    return latest[:-1]


def _if_near(customer: CallTurn | None, agent: CallTurn) -> Prediction | None:
    if customer is None or customer.prediction is None or customer.speech_seconds < LEAST_TURN_SECONDS:
        return None
    before, after = agent.segment.start - customer.segment.end, customer.segment.start - agent.segment.end
    return customer.prediction if max(before, after) <= NEAR_SECONDS else None
