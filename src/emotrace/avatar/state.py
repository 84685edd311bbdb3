"""The state of an avatar: predictions in, what it shows at any moment out. No clock, no input, no output.

Between two predictions the weights move on a straight line from where they were to where they should be, by an
exponential of the time that has passed; so they always sum to 1. Everything is computed from the last prediction
and the time, and nothing is changed by looking: however often `AvatarState.tick` is called, the avatar shows the
same at the same time. The moments at which the emotion shown changes are solved for, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.avatar.motion import Motion
from emotrace.errors import UsageError
from emotrace.labels import EMOTIONS, valence_arousal
from emotrace.types import Prediction

_NEUTRAL = EMOTIONS.index("neutral")

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pose:
    """What an avatar shows at one moment.

    Attributes
    ----------
    time
        In seconds, on the clock of who asked.
    emotion
        The one shown, calmed by margin and hold; not always the heaviest.
    weights
        By emotion, all of `emotrace.labels.EMOTIONS`, in [0, 1], summing to 1.
    valence, arousal
        In [-1, 1]; derived from the weights, see `emotrace.labels.valence_arousal`.
    is_speaking
        True if somebody spoke in the stretch judged last.
    """

    time: float
    emotion: str
    weights: Mapping[str, float]
    valence: float
    arousal: float
    is_speaking: bool

    @property
    def intensity(self) -> float:
        """How far from neutral, in [0, 1]: the weight of all other emotions together."""
        return 1.0 - self.weights["neutral"]

    def to_dict(self) -> dict[str, Any]:
        """Give the pose as JSON-ready data, rounded to four digits; emotions without weight are left out."""
        return {
            "time": round(self.time, 3),
            "emotion": self.emotion,
            "valence": round(self.valence, 4),
            "arousal": round(self.arousal, 4),
            "intensity": round(self.intensity, 4),
            "is_speaking": self.is_speaking,
            "weights": {emotion: round(w, 4) for emotion, w in self.weights.items() if w >= 0.00005},
        }


class AvatarState:
    """Follows the predictions of one speaker.

    Parameters
    ----------
    motion
        How it moves.

    Examples
    --------
    >>> from emotrace import Prediction, Segment
    >>> angry = Prediction(Segment(0, 1), "anger", 0.9, False, {"anger": 0.9, "neutral": 0.1}, 1.0)
    >>> avatar = AvatarState(Motion(attack_seconds=0.5, decay_seconds=1.0, silence_seconds=3.0))
    >>> avatar.push(angry, now=10.0)
    >>> [round(avatar.tick(now).weights["anger"], 2) for now in (10.0, 10.5, 13.0, 14.0, 20.0)]
    [0.0, 0.57, 0.9, 0.33, 0.0]
    >>> avatar.tick(20.0).emotion
    'neutral'
    """

    def __init__(self, motion: Motion = Motion()) -> None:  # noqa: B008 - frozen
        self.motion = motion
        rest = _rest()
        self._move = _Move(0.0, rest, rest, 0.0)
        self._shown = _NEUTRAL
        self._shown_since = -math.inf
        self._expires = math.inf
        self._is_speaking = False
        self._now = -math.inf

    def push(self, prediction: Prediction, now: float) -> None:
        """Take a prediction, final or interim, that has become known at the time ``now``.

        Raises
        ------
        UsageError
            If time runs backwards, or ``now`` is not a number.
        """
        self._advance(now)
        self._is_speaking = prediction.is_speech
        self._expires = now + self.motion.silence_seconds if prediction.is_speech else math.inf
        self._set_out(now, self._aim(prediction))

    def tick(self, now: float) -> Pose:
        """Give what the avatar shows at the time ``now``, in seconds on any clock that never goes back.

        Raises
        ------
        UsageError
            If time runs backwards, or ``now`` is not a number.
        """
        self._advance(now)
        weights = dict(zip(EMOTIONS, self._move.at(now).tolist(), strict=True))
        valence, arousal = valence_arousal(weights)
        return Pose(now, EMOTIONS[self._shown], weights, valence, arousal, self._is_speaking)

    def _aim(self, prediction: Prediction) -> Weights:
        """Give the weights to move to: probabilities times strengths; neutral has what is left of 1."""
        strength = self.motion.strength * (self.motion.uncertain_strength if prediction.uncertain else 1.0)
        aim = np.zeros(len(EMOTIONS))
        for emotion, probability in prediction.probabilities.items():
            aim[EMOTIONS.index(emotion)] = probability * strength * self.motion.strengths.get(emotion, 1.0)
        aim[_NEUTRAL] = 0.0
        aim /= max(1.0, aim.sum())
        aim[_NEUTRAL] = max(0.0, 1.0 - aim.sum())
        return aim

    def _set_out(self, now: float, aim: Weights) -> None:
        here = self._move.at(now)
        is_back = aim[_NEUTRAL] > here[_NEUTRAL]
        self._move = _Move(now, here, aim, self.motion.decay_seconds if is_back else self.motion.attack_seconds)

    def _advance(self, now: float) -> None:
        if not now >= self._now or math.isinf(now):
            raise UsageError(f"an avatar's time must not run backwards: got {now:g} s after {self._now:g} s")
        self._now = now
        if self._expires <= now:
            expired, self._expires = self._expires, math.inf
            self._choose_until(expired)
            self._is_speaking = False
            self._set_out(expired, _rest())
        self._choose_until(now)

    def _choose_until(self, now: float) -> None:
        """Change the emotion shown as often as it is due; each pair of weights crosses once in a move at most."""
        while True:
            earliest = max(self._move.start, self._shown_since + self.motion.hold_seconds)
            due = [
                (self._move.lead_time(i, self._shown, self.motion.margin, earliest), i)
                for i in range(len(EMOTIONS))
                if i != self._shown
            ]
            when = min(time for time, _ in due)
            if when > now:
                return
            weights = self._move.at(when)
            self._shown = max((i for time, i in due if time == when), key=lambda i: float(weights[i]))
            self._shown_since = when


@dataclass(frozen=True, slots=True)
class _Move:
    """The way from one set of weights to another, by an exponential of time."""

    start: float
    origin: Weights
    aim: Weights
    time_constant: float

    def at(self, now: float) -> Weights:
        weights: Weights = self.aim + (self.origin - self.aim) * self._rest_of_way(now)
        return weights

    def lead_time(self, i: int, j: int, margin: float, earliest: float) -> float:
        """Give when, not before ``earliest``, weight ``i`` leads weight ``j`` by ``margin``; infinity if never."""
        origin, aim = float(self.origin[i] - self.origin[j]), float(self.aim[i] - self.aim[j])
        # A lead grows or shrinks all the way.
        if aim + (origin - aim) * self._rest_of_way(earliest) >= margin:
            return earliest
        if aim <= margin or self.time_constant == 0.0:
            return math.inf
        rest_of_way = (aim - margin) / (aim - origin)
        return max(earliest, self.start - self.time_constant * math.log(rest_of_way))

    def _rest_of_way(self, now: float) -> float:
        if self.time_constant == 0.0:
            return 0.0
        return math.exp(-(now - self.start) / self.time_constant)


def _rest() -> Weights:
    weights = np.zeros(len(EMOTIONS))
    weights[_NEUTRAL] = 1.0
    return weights
