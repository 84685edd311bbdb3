"""What is told when an escalation rule holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emotrace.types import Prediction, Segment


@dataclass(frozen=True)
class Escalation:
    """A stretch of a call in which an escalation rule holds.

    Attributes
    ----------
    rule, severity, message
        The rule's name, its severity (``warning`` or ``critical``) and its sentence.
    party
        Who was heard: ``customer``, ``agent`` or ``unknown``.
    segment
        From the first to the last prediction of the event that has at least the rule's release probability.
    peak, peak_segment
        The highest probability of a single prediction, and where.
    emotion
        The strongest of the rule's emotions, in the weighted mean over the event.
    emotions
        The rule's emotions: a prediction's probability is their sum.
    evidence
        The strongest predictions, at most 12, in order of time.
    is_over
        False when the rule begins to hold, True when the event has ended.
    """

    rule: str
    severity: str
    party: str
    segment: Segment
    peak: float
    peak_segment: Segment
    emotion: str
    emotions: tuple[str, ...]
    message: str
    evidence: tuple[Prediction, ...]
    is_over: bool

    def to_dict(self) -> dict[str, Any]:
        """Give the record as it stands in the JSON of a call; times in seconds."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "party": self.party,
            "start": round(self.segment.start, 3),
            "end": round(self.segment.end, 3),
            "peak": round(self.peak, 4),
            "peak_start": round(self.peak_segment.start, 3),
            "peak_end": round(self.peak_segment.end, 3),
            "emotion": self.emotion,
            "message": self.message,
            "evidence": [
                {
                    "start": round(heard.segment.start, 3),
                    "end": round(heard.segment.end, 3),
                    "probability": round(sum_of(heard.probabilities, self.emotions), 4),
                }
                for heard in self.evidence
            ],
        }


def sum_of(probabilities: Mapping[str, float], emotions: Iterable[str]) -> float:
    """Add up the probabilities of ``emotions``; one that there is no probability for adds nothing."""
    return min(1.0, sum(probabilities.get(emotion, 0.0) for emotion in emotions))
