"""Which answer to give next time: a preference for each approach, learned from rewards.

Thompson sampling (W. R. Thompson, "On the likelihood that one unknown probability exceeds another in view of the
evidence of two samples", Biometrika 25, 1933): believe of each approach a Beta distribution of how probably it
pleases, draw once from each and take the highest. What is known to be good is taken often, and what is little
known is tried. People change, so the counts fade exponentially (V. Raj and S. Kalyani, "Taming non-stationary
bandits: a Bayesian approach", arXiv:1707.09727, 2017), here by the clock instead of by rounds. A reward between
bad and good adds to both counts in proportion.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from emotrace.assistant.evidence import Evidence, choice_probabilities
from emotrace.assistant.memory import Memory
from emotrace.errors import UnknownNameError, UsageError

HALF_LIFE_DAYS = 30.0
"""After this time an impression counts half."""

_DAY_SECONDS = 86_400.0
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """How one approach stands.

    Attributes
    ----------
    approach
        Its name.
    preference
        Expected probability that it pleases, in (0, 1); 0.5 where nothing is known.
    choice_probability
        How probably it is chosen next; those of all approaches sum to 1.
    good, bad
        Counts of replies, faded with time.
    n_rewards
        How many rewards it has got, ever.
    """

    approach: str
    preference: float
    choice_probability: float
    good: float
    bad: float
    n_rewards: int


class Policy:
    """Chooses how to answer, and learns from what is heard afterwards.

    Parameters
    ----------
    path
        A file that keeps what is learned; made if there is none. Several processes may share it. What it holds of
        approaches that are not named now is kept.
    approaches
        Names of two or more ways to answer.
    half_life_days
        After this time an impression counts half; infinity never forgets. More than 0.
    rng
        Where random numbers come from: a generator or a seed; None for an unpredictable one.

    Raises
    ------
    UsageError
        If an argument is out of its range.
    PolicyError
        If the file cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     policy = Policy(f"{folder}/policy.db", ["brief", "detailed"], rng=7)
    ...     for _ in range(20):
    ...         approach = policy.choose("billing")
    ...         policy.feedback(approach, 0.8 if approach == "detailed" else -0.8, "billing")
    ...     max(policy.statistics("billing"), key=lambda standing: standing.preference).approach
    'detailed'
    """

    def __init__(
        self,
        path: str | PathLike[str],
        approaches: Sequence[str],
        half_life_days: float = HALF_LIFE_DAYS,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        if not half_life_days > 0.0:
            raise UsageError(
                f"half_life_days is {half_life_days}; it must be above 0, or infinity to never forget"
            )
        self.approaches = _checked(approaches)
        self._half_life_seconds = half_life_days * _DAY_SECONDS
        self._rng = np.random.default_rng(rng)
        self._memory = Memory(Path(path))

    def choose(self, context: str = "", now: float | None = None) -> str:
        """Choose an approach.

        Parameters
        ----------
        context
            What the answer is about, or to whom: each context is learned for itself.
        now
            Seconds since the epoch; None for the clock's.
        """
        beliefs = [evidence.draw(self._rng) for evidence in self._known(context, now)]
        return self.approaches[int(np.argmax(beliefs))]

    def feedback(self, approach: str, reward: float | None, context: str = "", when: float | None = None) -> None:
        """Learn how an approach was received.

        Parameters
        ----------
        approach
            The one that was chosen.
        reward
            From -1 (annoyed) to 1 (pleased); None, which `reward_from` gives if nothing could be heard, changes
            nothing.
        context
            As in `choose`.
        when
            Seconds since the epoch; None for the clock's. Rewards should come in the order of time.

        Raises
        ------
        UsageError
            If the approach is not one of the policy's (`UnknownNameError`), or the reward not in [-1, 1].
        PolicyError
            If the file cannot be used. Then nothing has been learned.
        """
        if approach not in self.approaches:
            raise UnknownNameError("approach", approach, self.approaches)
        if reward is None:
            return
        if not -1.0 <= reward <= 1.0:
            raise UsageError(f"the reward is {reward}; it must be from -1 (annoyed) to 1 (pleased)")
        at = _seconds(when, "when")
        self._memory.change(
            _name(context, "context"),
            approach,
            lambda evidence: evidence.rewarded(float(reward), at, self._half_life_seconds),
        )

    def statistics(self, context: str = "", now: float | None = None) -> list[Standing]:
        """Say how every approach stands in a context, in the order of `approaches`."""
        known = self._known(context, now)
        return [
            Standing(approach, evidence.preference, p, evidence.good, evidence.bad, evidence.n_rewards)
            for approach, evidence, p in zip(self.approaches, known, choice_probabilities(known), strict=True)
        ]

    def _known(self, context: str, now: float | None) -> list[Evidence]:
        at = _seconds(now, "now")
        known = self._memory.read(_name(context, "context"), self.approaches)
        return [evidence.faded(at, self._half_life_seconds) for evidence in known]


def _checked(approaches: Sequence[str]) -> tuple[str, ...]:
    # A word is a sequence of words to Python.
    names = () if isinstance(approaches, str) else tuple(_name(approach, "approach") for approach in approaches)
    if len(names) < 2 or len(set(names)) < len(names) or "" in names:
        raise UsageError(f"approaches must be two or more different names, got {approaches!r}")
    return names


def _name(text: str, what: str) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_NAME or not text.isprintable():
        raise UsageError(
            f"the {what} is {text!r:.60}; it must be printable text of up to {_LONGEST_NAME} characters"
        )
    return text


def _seconds(given: float | None, what: str) -> float:
    if given is None:
        return time.time()
    if not math.isfinite(given):
        raise UsageError(f"{what} is {given}; it must be seconds since the epoch, as time.time() gives them")
    return float(given)
