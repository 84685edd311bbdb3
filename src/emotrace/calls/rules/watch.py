"""One rule watching one party: the state between predictions, and nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from emotrace.calls.rules.escalation import Escalation, sum_of
from emotrace.calls.rules.rule import RISE, UNCERTAIN_WEIGHT, Rule
from emotrace.types import Prediction, Segment

MAX_EVIDENCE = 12
"""Most predictions that are kept of an event, however long it is."""

_TINY_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class _Piece:
    """A prediction with what the rule makes of it."""

    prediction: Prediction
    probability: float
    weight: float

    @property
    def segment(self) -> Segment:
        return self.prediction.segment


class _Stretch(NamedTuple):
    """The latest speech up to some amount: its pieces (newest first), weight and weighted sum of probabilities."""

    pieces: list[_Piece]
    weight: float
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.weight if self.weight > 0.0 else 0.0


class RuleWatch:
    """Follows one rule through the predictions of one party; see `Rule` for when it holds."""

    def __init__(self, rule: Rule, party: str) -> None:
        self.rule = rule
        self._party = party
        self._heard: deque[_Piece] = deque()
        self._event: _Event | None = None
        self._pending: list[_Piece] = []
        self._held_until = 0.0
        self._rests_until = 0.0

    def push(self, prediction: Prediction) -> list[Escalation]:
        """Take the next prediction, and give what begins or is over."""
        if not prediction.is_speech or prediction.speech_seconds <= 0.0:
            return self._pass_time(prediction.segment.end)
        # The pause before it has passed, whether or not somebody pushed it.
        told = self._pass_time(prediction.segment.start)
        piece = self._hear(prediction)
        told += self._begin() if self._event is None else self._go_on(self._event, piece)
        return told + self._pass_time(piece.segment.end)

    def close(self) -> list[Escalation]:
        """Say that nothing more comes, and give the event that was still open."""
        return [] if self._event is None else self._end(self._event)

    def _hear(self, prediction: Prediction) -> _Piece:
        certainty = UNCERTAIN_WEIGHT if prediction.uncertain else 1.0
        probability = sum_of(prediction.probabilities, self.rule.emotions)
        piece = _Piece(prediction, probability, certainty * prediction.speech_seconds)
        self._heard.append(piece)
        forgotten = piece.segment.end - 2.0 * self.rule.within_seconds - _TINY_SECONDS
        while self._heard[0].segment.start < forgotten:
            self._heard.popleft()
        return piece

    def _begin(self) -> list[Escalation]:
        now = self._heard[-1].segment.end
        if now < self._rests_until or not self._begins_to_hold(now):
            return []
        latest = self._latest(now)
        self._event = _Event(self.rule, self._party)
        self._event.add(reversed(latest.pieces))
        self._held_until = now
        return [self._event.tell(is_over=False)]

    def _begins_to_hold(self, now: float) -> bool:
        latest = self._latest(now)
        if latest.weight < self.rule.seconds - _TINY_SECONDS or latest.mean < self.rule.threshold:
            return False
        if not self.rule.rising:
            return True
        both = _take(self._heard, 2.0 * self.rule.seconds, now - 2.0 * self.rule.within_seconds)
        before = both.weight - latest.weight
        if before < self.rule.seconds - _TINY_SECONDS:
            return False
        return latest.mean - (both.total - latest.total) / before >= RISE

    def _go_on(self, event: _Event, piece: _Piece) -> list[Escalation]:
        self._pending.append(piece)
        if self._latest(piece.segment.end).mean >= self.rule.release:
            event.add(self._pending)
            self._pending.clear()
            self._held_until = piece.segment.end
        return []

    def _pass_time(self, now: float) -> list[Escalation]:
        if self._event is None or now - self._held_until <= self.rule.merge_seconds + _TINY_SECONDS:
            return []
        return self._end(self._event)

    def _end(self, event: _Event) -> list[Escalation]:
        # What was part of this event cannot begin another.
        self._heard = deque(self._pending)
        self._pending.clear()
        self._event = None
        self._rests_until = self._held_until + self.rule.cooldown_seconds
        return [event.tell(is_over=True)]

    def _latest(self, now: float) -> _Stretch:
        return _take(self._heard, self.rule.seconds, now - self.rule.within_seconds)


class _Event:
    """What is known of an event that is not over: of any length in little memory."""

    def __init__(self, rule: Rule, party: str) -> None:
        self._rule, self._party = rule, party
        self._strong: list[_Piece] = []
        self._first: _Piece | None = None
        self._last: _Piece | None = None
        self._by_emotion = dict.fromkeys(rule.emotions, 0.0)

    def add(self, pieces: Iterable[_Piece]) -> None:
        """Take more speech, in order of time."""
        for piece in pieces:
            for emotion in self._by_emotion:
                self._by_emotion[emotion] += piece.weight * piece.prediction.probabilities.get(emotion, 0.0)
            if piece.probability >= self._rule.release:
                self._first = self._first or piece
                self._last = piece
                self._strong.append(piece)
        self._strong = sorted(sorted(self._strong, key=_strength)[-MAX_EVIDENCE:], key=lambda p: p.segment)

    def tell(self, is_over: bool) -> Escalation:
        """Give the event as it is known by now."""
        # A mean above the threshold has at least one piece that is.
        assert self._first is not None
        assert self._last is not None
        peak = max(self._strong, key=lambda piece: piece.probability)
        return Escalation(
            rule=self._rule.name,
            severity=self._rule.severity,
            party=self._party,
            segment=Segment(self._first.segment.start, self._last.segment.end),
            peak=peak.probability,
            peak_segment=peak.segment,
            emotion=max(self._by_emotion, key=lambda emotion: self._by_emotion[emotion]),
            emotions=self._rule.emotions,
            message=self._rule.message,
            evidence=tuple(piece.prediction for piece in self._strong),
            is_over=is_over,
        )


def _strength(piece: _Piece) -> tuple[float, float]:
    certainty = UNCERTAIN_WEIGHT if piece.prediction.uncertain else 1.0
    return certainty * piece.probability, -piece.segment.start


def _take(heard: Iterable[_Piece], amount: float, not_before: float) -> _Stretch:
    """Go back from the newest piece until ``amount`` of weight is found, none of it starting before a time."""
    taken: list[_Piece] = []
    weight = total = 0.0
    for piece in reversed(tuple(heard)):
        if weight >= amount - _TINY_SECONDS or piece.segment.start < not_before - _TINY_SECONDS:
            break
        part = min(piece.weight, amount - weight)
        taken.append(piece)
        weight += part
        total += part * piece.probability
    return _Stretch(taken, weight, total)
