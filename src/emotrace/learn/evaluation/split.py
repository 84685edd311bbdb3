"""Divisions of utterances into train, validation and test.

A `Split` is a proof: it cannot be built if a speaker, a recording, identical audio or an augmented
twin stands on two sides. What random divisions give is a `LeakySplit`, another class altogether, so
that no function asking for a `Split` can be handed one by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

from emotrace.errors import LeakError, UsageError
from emotrace.learn.evaluation.leakage import SIDES, LeakReport, find_leaks, speaker_keys
from emotrace.types import Utterance


@final
@dataclass(frozen=True, slots=True)
class Split:
    """A speaker-independent division.

    Attributes
    ----------
    train, validation, test
        The utterances of each side, kept as tuples. A side may be empty.
    name
        For people and cards, for instance ``joint-6/fold-1``.

    Raises
    ------
    LeakError
        If anything but a sentence is on two sides, or an utterance has no speaker while two sides
        hold something (see `emotrace.learn.evaluation.leakage`).
    """

    train: Sequence[Utterance]
    validation: Sequence[Utterance]
    test: Sequence[Utterance]
    name: str = ""

    def __post_init__(self) -> None:
        _freeze(self)
        leaks = find_leaks(self.train, self.validation, self.test)
        if leaks.is_leaky:
            raise LeakError(
                f"split '{self.name}' would leak: {leaks.describe()}; keep all of a speaker on one side "
                "(the protocol speaker-k-fold does), give every utterance its speaker, or ask for "
                "random-leaky by that name"
            )

    @property
    def is_speaker_independent(self) -> bool:
        """Always True: a division that is not cannot be a `Split`."""
        return True

    def describe(self) -> dict[str, Any]:
        """Give name, counts, speakers and shared sentences, ready for JSON and model cards."""
        leaks = find_leaks(self.train, self.validation, self.test)
        return {
            "name": self.name,
            "is_speaker_independent": True,
            **_count_sides(self),
            "n_shared_sentences": len(leaks.sentences),
        }


@final
@dataclass(frozen=True, slots=True)
class LeakySplit:
    """A division in which speakers may stand on both sides: its scores are not honest.

    It exists to show how much a leak is worth, next to a `Split`. Everything that prints its scores
    must say "leaky".

    Attributes
    ----------
    train, validation, test
        The utterances of each side, kept as tuples.
    name
        Must contain the word ``leaky``.
    leaks
        What the sides share.

    Raises
    ------
    UsageError
        If the name does not say leaky.
    """

    train: Sequence[Utterance]
    validation: Sequence[Utterance]
    test: Sequence[Utterance]
    name: str
    leaks: LeakReport = field(init=False)

    def __post_init__(self) -> None:
        if "leaky" not in self.name.lower():
            raise UsageError(
                f"a random split may only go under a name that says 'leaky', not '{self.name}'; "
                f"call it for instance '{self.name or 'random'}-leaky'"
            )
        _freeze(self)
        object.__setattr__(self, "leaks", find_leaks(self.train, self.validation, self.test))

    @property
    def is_speaker_independent(self) -> bool:
        """Always False, even if by luck no speaker is shared: nothing guarantees it."""
        return False

    def describe(self) -> dict[str, Any]:
        """Give name, counts, speakers and leaks, ready for JSON and model cards."""
        return {
            "name": self.name,
            "is_speaker_independent": False,
            **_count_sides(self),
            "leaks": self.leaks.to_dict(),
        }


def _freeze(split: Split | LeakySplit) -> None:
    for side in SIDES:
        object.__setattr__(split, side, tuple(getattr(split, side)))


def _count_sides(split: Split | LeakySplit) -> dict[str, Any]:
    sides: dict[str, Sequence[Utterance]] = {side: getattr(split, side) for side in SIDES}
    return {
        side: {
            "n": len(utterances),
            "speakers": sorted({key for utterance in utterances for key in speaker_keys(utterance)}),
        }
        for side, utterances in sides.items()
    }
