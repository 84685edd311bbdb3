"""All rules at once, on the predictions of one party.

The engine has no input or output of its own and knows no clock but the times of the predictions: a live stream
and a file give the same escalations. Pauses may be pushed as any number of ``no speech`` predictions, or left out:
they decide when the end of an event is *told*, and not what is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emotrace.calls.rules.escalation import Escalation
from emotrace.calls.rules.rule import PARTIES, Rule, refuse_twins
from emotrace.calls.rules.watch import RuleWatch
from emotrace.errors import LabelError, UnknownNameError, UsageError
from emotrace.types import Prediction


class RuleEngine:
    """Listens to one party of one call by all rules that are meant for this party.

    Parameters
    ----------
    rules
        Those of `load_rules`, or one's own; names must be unique.
    party
        ``customer``, ``agent`` or ``unknown``. Rules for customers also listen to ``unknown``.

    Examples
    --------
    >>> from emotrace.calls.rules import load_rules
    >>> from emotrace.types import Segment
    >>> engine = RuleEngine(load_rules())
    >>> for start in (0.0, 1.5, 3.0, 4.5, 6.0, 7.5):
    ...     heard = Prediction(Segment(start, start + 1.5), "anger", 0.9, False, {"anger": 0.9}, 1.5)
    ...     for told in engine.push(heard):
    ...         print(heard.segment.end, told.severity, told.rule)
    6.0 warning signs of anger
    9.0 critical sustained anger
    """

    def __init__(self, rules: Iterable[Rule], party: str = "customer") -> None:
        chosen = tuple(rules)
        parties = [name for name in PARTIES if name != "any"]
        if party not in parties:
            raise UnknownNameError("party", party, parties)
        refuse_twins(chosen)
        self._watches = [RuleWatch(rule, party) for rule in chosen if rule.listens_to(party)]
        self._heard_until = 0.0
        self._is_closed = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that listen to this party."""
        return tuple(watch.rule for watch in self._watches)

    def push(self, prediction: Prediction) -> list[Escalation]:
        """Take the next final prediction, and give the events that begin (``is_over`` False) or are over.

        Raises
        ------
        UsageError
            After `close`, or if the prediction is earlier than one before it.
        """
        if self._is_closed:
            raise UsageError("this rule engine is closed; make a new one for the next call")
        if prediction.segment.start < self._heard_until - 1e-6:
            raise UsageError(
                f"predictions must come in order of time and not overlap: one from {prediction.segment.start:g} s "
                f"came after {self._heard_until:g} s were heard; push final predictions of one channel only"
            )
        self._heard_until = max(self._heard_until, prediction.segment.end)
        return [told for watch in self._watches for told in watch.push(prediction)]

    def close(self) -> list[Escalation]:
        """Say that the call has ended, and give the events still open, now over; a second close gives none."""
        told = [] if self._is_closed else [told for watch in self._watches for told in watch.close()]
        self._is_closed = True
        return told


def check_labels(rules: Iterable[Rule], labels: Sequence[str]) -> None:
    """Raise `LabelError` if a rule can never hold, because none of its emotions is among the labels in use."""
    for rule in rules:
        if not set(rule.emotions) & set(labels):
            raise LabelError(
                f"rule '{rule.name}' listens for {', '.join(rule.emotions)}, not among the labels in use "
                f"({', '.join(labels)}); choose other labels, or other rules"
            )
