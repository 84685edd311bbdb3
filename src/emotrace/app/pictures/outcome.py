"""What was heard at one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from emotrace.app.pictures.own import MOST_PICTURES
from emotrace.errors import LabelError, UsageError
from emotrace.labels import EMOTIONS, NO_SPEECH, canonical

State = Literal["as expected", "otherwise", "nothing said", "not heard"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A picture and what was heard while it was shown.

    Attributes
    ----------
    title, expected
        The picture, and the emotion that it is meant to call up.
    seconds
        Length of the recording.
    detected
        An emotion, or ``no speech``; None if it could not be heard, and then ``reason`` says why.
    confidence, uncertain, probabilities
        As in `emotrace.types.Prediction`.
    """

    title: str
    expected: str
    seconds: float
    detected: str | None
    confidence: float | None = None
    uncertain: bool = False
    probabilities: Mapping[str, float] | None = None
    reason: str = ""

    @property
    def state(self) -> State:
        """One of four words."""
        if self.detected is None:
            return "not heard"
        if self.detected == NO_SPEECH:
            return "nothing said"
        return "as expected" if self.detected == self.expected else "otherwise"


def read_outcomes(records: Sequence[Any]) -> list[Outcome]:
    """Read what a page has collected; raise `UsageError` if it makes no sense."""
    if not 0 < len(records) <= MOST_PICTURES:
        raise UsageError(f"a session has 1 to {MOST_PICTURES} pictures, not {len(records)}")
    try:
        return [_read(record) for record in records]
    except (KeyError, TypeError, ValueError, AttributeError, LabelError):
        raise UsageError("the session could not be read; load the page anew and start again") from None


def _read(record: Any) -> Outcome:
    heard: Any = record.get("heard")
    title, expected = str(record["title"])[:120], canonical(record["expected"])
    seconds = _number(record["seconds"], 3600.0)
    if heard is None:
        return Outcome(title, expected, seconds, None, reason=str(record["reason"])[:300])
    detected = heard["emotion"]
    if detected == NO_SPEECH:
        return Outcome(title, expected, seconds, NO_SPEECH)
    probabilities = {canonical(label): _number(p, 1.0) for label, p in heard["probabilities"].items()}
    if detected not in EMOTIONS or detected not in probabilities:
        raise ValueError(detected)
    uncertain, confidence = bool(heard["uncertain"]), _number(heard["confidence"], 1.0)
    return Outcome(title, expected, seconds, detected, confidence, uncertain, probabilities)


def _number(value: Any, most: float) -> float:
    number = float(value)
    if not (math.isfinite(number) and 0.0 <= number <= most):
        raise ValueError(value)
    return number
