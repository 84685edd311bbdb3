"""One escalation rule: what must be heard for how long before somebody is told."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

from emotrace.errors import LabelError, RulesError, suggest
from emotrace.labels import EMOTIONS, canonical

PARTIES = ("customer", "agent", "unknown", "any")
"""Whom a rule may listen to."""

SEVERITIES = ("warning", "critical")

LONGEST_SECONDS = 3600.0
"""The longest span a rule may look back, wait or rest."""

RELEASE = 0.8
"""A rule that holds goes on holding until the mean falls below this share of its threshold."""

RISE = 0.2
"""By how much the mean must have risen for a rule with ``rising``."""

UNCERTAIN_WEIGHT = 0.5
"""A second of speech whose prediction is marked uncertain counts as half a second."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An escalation rule; its fields are the keys of a rules file.

    The *probability* of a prediction is the sum of the probabilities of the rule's emotions. Its *weight* is its
    seconds of speech, halved where the prediction is uncertain. Pauses weigh nothing.

    **A rule begins to hold** at the end of a prediction if, going back from there, ``seconds`` of weight are found
    in predictions that start within the last ``within_seconds``, and the weighted mean probability of exactly
    these ``seconds`` (the oldest prediction may count in part) is at least ``threshold``. With ``rising``,
    moreover, that mean must be at least 0.2 above the mean of the ``seconds`` of weight before, which must start
    within the last ``2 within_seconds``: talk that was like this from the start does not rise.

    **It goes on** while the mean of up to ``seconds`` of weight from the last ``within_seconds``, however little,
    is at least 0.8 of the threshold. **The event is over** when the rule has not held for more than
    ``merge_seconds``, in silence or in other talk: what is nearer together is one event. The next event of the
    rule begins at the earliest ``cooldown_seconds`` after this one last held, and of speech that was not part of
    it.

    Attributes
    ----------
    name
        Unique among the rules in use.
    emotions
        Words of `emotrace.labels.EMOTIONS` or their aliases (``angry``); one that the labels in use do not have
        counts as probability 0.
    threshold
        Mean probability, in (0, 1]. It means more where there are more labels to choose between.
    seconds
        How much speech is averaged. Short is quick, long is sure.
    within_seconds
        How far back that speech may lie.
    message
        One sentence for whoever is told.
    rising
        Whether the mean must have risen.
    party
        ``customer`` (who is also listened to where the parties are unknown), ``agent``, ``unknown`` or ``any``.
    severity
        ``warning`` or ``critical``.
    merge_seconds, cooldown_seconds
        See above.

    Raises
    ------
    RulesError
        If a value is not allowed.
    """

    name: str
    emotions: tuple[str, ...]
    threshold: float
    seconds: float
    within_seconds: float
    message: str
    rising: bool = False
    party: str = "customer"
    severity: str = "warning"
    merge_seconds: float = 30.0
    cooldown_seconds: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float):
                _require(math.isfinite(value), f"key '{field.name}' must be a finite number, got {value}")
        for key in ("name", "message"):
            text = getattr(self, key)
            is_line = bool(text.strip()) and text.isprintable() and len(text) <= 500
            _require(is_line, f"key '{key}' must be one line of 1 to 500 printable characters")
        _require(bool(self.emotions), f"key 'emotions' must name at least one; allowed: {', '.join(EMOTIONS)}")
        try:
            object.__setattr__(self, "emotions", tuple(canonical(word) for word in self.emotions))
        except LabelError as error:
            raise RulesError(f"key 'emotions': {error}") from None
        _require(len(set(self.emotions)) == len(self.emotions), "key 'emotions' must name each emotion once")
        _require(0.0 < self.threshold <= 1.0, f"key 'threshold' must be in (0, 1], got {self.threshold:g}")
        _require(
            0.0 < self.seconds <= self.within_seconds <= LONGEST_SECONDS,
            f"keys must satisfy 0 < seconds <= within_seconds <= {LONGEST_SECONDS:g}, "
            f"got seconds = {self.seconds:g}, within_seconds = {self.within_seconds:g}",
        )
        for key in ("merge_seconds", "cooldown_seconds"):
            value = getattr(self, key)
            _require(
                0.0 <= value <= LONGEST_SECONDS, f"key '{key}' must be in 0 .. {LONGEST_SECONDS:g}, got {value:g}"
            )
        _require(self.party in PARTIES, f"key 'party' is '{self.party}'; {suggest(self.party, PARTIES)}")
        _require(
            self.severity in SEVERITIES,
            f"key 'severity' is '{self.severity}'; {suggest(self.severity, SEVERITIES)}",
        )

    @property
    def release(self) -> float:
        """The mean probability below which the rule no longer holds."""
        return RELEASE * self.threshold

    def listens_to(self, party: str) -> bool:
        """Say whether the rule is meant for ``party``."""
        return self.party in (party, "any") or (party == "unknown" and self.party == "customer")


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise RulesError(sentence)


def refuse_twins(rules: Iterable[Rule]) -> None:
    """Raise `RulesError` if two rules have the same name: nobody could tell their events apart."""
    names = [rule.name for rule in rules]
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin is not None:
        raise RulesError(f"two rules are named '{twin}'; give each a name of its own")
