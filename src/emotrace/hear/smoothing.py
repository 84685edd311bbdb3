"""Smoothing and hysteresis: predictions in, calmer predictions out; the engine knows nothing of it.

How the defaults were chosen, on what `emotrace.hear.session` chose its own: changes of the label per minute of
speech (calls and meetings, 307 s of speech), share of time with the right label (clips of validation speakers in a
row, an emotion lasting about 3 s, 564 s of speech), accuracy of the last final (773 clips).

=========  ======  ====  ===========  =====  ==========
half life  margin  hold  changes/min  right  last final
=========  ======  ====  ===========  =====  ==========
none                            31.8  0.678       0.737
0.75       0.05    0.75         23.8  0.678       0.758
0.75       0.1     0.75         23.0  0.675       0.758
0.75       0.1     1.5          15.6  0.407       0.715
1.5        0.1     0.75         16.0  0.606       0.757
3          0.1     0.75         11.7  0.466       0.755
=========  ======  ====  ===========  =====  ==========

Calm costs speed: whoever shows a mood rather than a moment takes a longer half life.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from emotrace.errors import UsageError
from emotrace.types import Prediction

# A prediction that somebody made by hand may say nothing of its speech; it counts a little.
_LEAST_WEIGHT_SECONDS = 1e-3
# By then the past counts 1/16: who speaks now is heard afresh, without the margin and the hold.
_HALF_LIVES_TO_FORGET = 4.0


@dataclass(frozen=True)
class Smoothing:
    """How much a stream's predictions are calmed.

    Attributes
    ----------
    half_life_seconds
        After this time a prediction counts half as much in the average, above 0.
    margin
        By how much another label's averaged probability must lead the one shown, 0 to 1.
    hold_seconds
        For how much time with speech it must have led before it is shown, at least 0. The hop that brings the
        lead counts too.

    Raises
    ------
    UsageError
        If a value is out of its range.
    """

    half_life_seconds: float = 0.75
    margin: float = 0.1
    hold_seconds: float = 0.75

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            if not math.isfinite(value):
                raise UsageError(f"smoothing: {setting.name} is {value}; it must be a finite number")
        if self.half_life_seconds <= 0.0:
            raise UsageError(f"smoothing: half_life_seconds is {self.half_life_seconds:g}; it must be above 0")
        if not 0.0 <= self.margin <= 1.0:
            raise UsageError(f"smoothing: margin is {self.margin:g}; it must be between 0 and 1")
        if self.hold_seconds < 0.0:
            raise UsageError(f"smoothing: hold_seconds is {self.hold_seconds:g}; it must be at least 0")


@dataclass(frozen=True)
class _State:
    """All that a smoother remembers; frozen, so that a peek can try the next one and throw it away."""

    end: float = 0.0
    weight: float = 0.0
    sums: Mapping[str, float] = field(default_factory=dict)
    sure: Mapping[str, float] = field(default_factory=dict)
    silence: float = 0.0
    shown: str | None = None
    rival: str | None = None
    rival_seconds: float = 0.0


class Smoother:
    """Averages the predictions of one stream over time, and changes the label only for a good reason.

    Probabilities are averaged exponentially in time, each prediction counting as much as it holds speech: the sum
    of ``speech_seconds * 2 ** (-age / half_life) * probabilities``, divided by the same sum without probabilities.
    The label shown stays until another one leads by the margin for the hold; until then it may not be the most
    probable one. ``confidence`` is the averaged probability of the label shown. ``uncertain`` is true unless at
    least half of the remembered speech, weighted alike, was heard as the label shown, and surely: strong
    predictions that contradict one another make no certainty, and neither do many unsure ones.

    "no speech" passes as it is. A pause adds nothing to the average and leaves its proportions: a short one
    changes nothing, after a long one new speech outweighs the old. After four half-lives without speech all is
    forgotten, the label shown too.

    Parameters
    ----------
    smoothing
        How much to smooth.

    Examples
    --------
    >>> from emotrace import Prediction, Segment
    >>> def hear(start, anger):
    ...     chosen = "anger" if anger > 0.5 else "calm"
    ...     probabilities = {"anger": anger, "calm": 1 - anger}
    ...     return Prediction(Segment(start, start + 1), chosen, probabilities[chosen], False, probabilities, 1.0)
    >>> smoother = Smoother(Smoothing(half_life_seconds=1.0, margin=0.2, hold_seconds=2.0))
    >>> [smoother.push(hear(t, anger)).emotion for t, anger in enumerate([0.1, 0.9, 0.9, 0.9])]
    ['calm', 'calm', 'anger', 'anger']
    """

    def __init__(self, smoothing: Smoothing = Smoothing()) -> None:
        self.smoothing = smoothing
        self._state = _State()

    def push(self, prediction: Prediction) -> Prediction:
        """Take the stream's next prediction and give the smoothed one, with the same segment and labels.

        Raises
        ------
        UsageError
            If it ends before the last one did, or has other labels: a smoother follows one stream.
        """
        smoothed, self._state = self._follow(prediction)
        return smoothed

    def peek(self, prediction: Prediction) -> Prediction:
        """Smooth an interim prediction: what `push` would give, with nothing remembered."""
        return self._follow(prediction)[0]

    def _follow(self, prediction: Prediction) -> tuple[Prediction, _State]:
        state, segment = self._state, prediction.segment
        if segment.end < state.end:
            raise UsageError(
                f"a smoother takes the predictions of one stream in order of time, got one that ends at "
                f"{segment.end:g} s after {state.end:g} s; interim results go to `peek`"
            )
        fading = 0.5 ** ((segment.end - state.end) / self.smoothing.half_life_seconds)
        if not prediction.is_speech:
            return prediction, self._fade(state, segment.end, fading)
        if state.sums and state.sums.keys() != prediction.probabilities.keys():
            raise UsageError(
                f"a smoother follows one stream, whose labels are {', '.join(state.sums)}; got a prediction among "
                f"{', '.join(prediction.probabilities)}"
            )
        state = self._average(state, prediction, fading)
        total = sum(state.sums.values())
        probabilities = {label: value / total for label, value in state.sums.items()}
        state = self._choose(state, probabilities, segment.duration)
        assert state.shown is not None
        smoothed = replace(
            prediction,
            emotion=state.shown,
            confidence=probabilities[state.shown],
            uncertain=state.sure[state.shown] < 0.5 * state.weight,
            probabilities=probabilities,
        )
        return smoothed, state

    def _fade(self, state: _State, end: float, fading: float) -> _State:
        """Let a silence pass."""
        silence = state.silence + end - state.end
        if state.shown is None or silence >= _HALF_LIVES_TO_FORGET * self.smoothing.half_life_seconds:
            # Nothing is kept but the time, which no later prediction may go back behind.
            return _State(end=end)
        return replace(
            state,
            end=end,
            silence=silence,
            weight=state.weight * fading,
            sums=_scale(state.sums, fading),
            sure=_scale(state.sure, fading),
        )

    def _average(self, state: _State, prediction: Prediction, fading: float) -> _State:
        """Add what is heard now to the faded past."""
        weight = max(prediction.speech_seconds, _LEAST_WEIGHT_SECONDS)
        sums, sure = _scale(state.sums, fading), _scale(state.sure, fading)
        return replace(
            state,
            end=prediction.segment.end,
            silence=0.0,
            weight=state.weight * fading + weight,
            sums={label: sums.get(label, 0.0) + weight * p for label, p in prediction.probabilities.items()},
            sure={
                label: sure.get(label, 0.0) + weight * (label == prediction.emotion and not prediction.uncertain)
                for label in prediction.probabilities
            },
        )

    def _choose(self, state: _State, probabilities: Mapping[str, float], seconds: float) -> _State:
        """Keep the label shown, or change it."""
        best = max(probabilities, key=lambda label: probabilities[label])
        if state.shown is None:
            return replace(state, shown=best, rival=None, rival_seconds=0.0)
        if best == state.shown or probabilities[best] - probabilities[state.shown] < self.smoothing.margin:
            return replace(state, rival=None, rival_seconds=0.0)
        led = seconds + (state.rival_seconds if best == state.rival else 0.0)
        # Hops are sums of samples: 0.75 + 0.75 + ... must reach 3 in spite of rounding.
        if led >= self.smoothing.hold_seconds - 1e-9:
            return replace(state, shown=best, rival=None, rival_seconds=0.0)
        return replace(state, rival=best, rival_seconds=led)


def _scale(values: Mapping[str, float], factor: float) -> dict[str, float]:
    return {label: value * factor for label, value in values.items()}
