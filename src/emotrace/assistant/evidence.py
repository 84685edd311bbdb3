"""What is known of one approach: how much good and bad has been heard of it, fading with time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_N_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts of good and bad replies as they weigh at the time ``updated``.

    They are the parameters of a Beta distribution, less the uniform prior Beta(1, 1): what is believed of the
    probability that the approach pleases.

    Attributes
    ----------
    good, bad
        Faded counts, at least 0; a reply that was neither adds half to both.
    n_rewards
        How many rewards have been given, ever.
    updated
        Seconds since the epoch.
    """

    good: float = 0.0
    bad: float = 0.0
    n_rewards: int = 0
    updated: float = 0.0

    @property
    def preference(self) -> float:
        """The expected probability that the approach pleases, in (0, 1); 0.5 where nothing is known."""
        return (1.0 + self.good) / (2.0 + self.good + self.bad)

    def faded(self, now: float, half_life_seconds: float) -> Evidence:
        """Give the evidence as it weighs at ``now``: half as much for every half-life since.

        Before ``updated`` nothing is made heavier: clocks are set back now and then.

        >>> Evidence(good=8.0, bad=4.0, n_rewards=12, updated=0.0).faded(20.0, half_life_seconds=10.0)
        Evidence(good=2.0, bad=1.0, n_rewards=12, updated=20.0)
        """
        if now <= self.updated:
            return self
        weight = 0.5 ** ((now - self.updated) / half_life_seconds)
        return Evidence(self.good * weight, self.bad * weight, self.n_rewards, now)

    def rewarded(self, reward: float, when: float, half_life_seconds: float) -> Evidence:
        """Add a reward in [-1, 1] given at ``when``.

        One that is older than the newest counts in full, too: had a clock once been wrong by years, nothing could
        be learned until then.

        >>> Evidence(good=2.0, updated=5.0).rewarded(1.0, 15.0, half_life_seconds=10.0)
        Evidence(good=2.0, bad=0.0, n_rewards=1, updated=15.0)
        """
        now = self.faded(when, half_life_seconds)
        share = (1.0 + reward) / 2.0
        return Evidence(now.good + share, now.bad + 1.0 - share, now.n_rewards + 1, now.updated)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one belief of how probably the approach pleases."""
        return float(rng.beta(1.0 + self.good, 1.0 + self.bad))


def choice_probabilities(evidence: Sequence[Evidence]) -> list[float]:
    """Give the probability of each to draw the highest belief; they sum to 1.

    The integral of "this one draws x, all others less" over a grid of x, which needs no random numbers.

    >>> choice_probabilities([Evidence(), Evidence()])
    [0.5, 0.5]
    """
    grid = (np.arange(_N_STEPS) + 0.5) / _N_STEPS
    densities = np.stack([_density(one, grid) for one in evidence])
    below = np.cumsum(densities, axis=1) - 0.5 * densities
    wins = np.array(
        [(row * np.delete(below, number, axis=0).prod(axis=0)).sum() for number, row in enumerate(densities)]
    )
    # All of it may be lost where everyone's belief is narrower than the grid.
    return [float(p) for p in wins / wins.sum()] if wins.sum() > 0.0 else [1.0 / len(wins)] * len(wins)


def _density(evidence: Evidence, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the Beta density on the grid, scaled to sum to 1, by logarithms: powers of thousands would vanish."""
    logarithm = evidence.good * np.log(grid) + evidence.bad * np.log1p(-grid)
    density = np.exp(logarithm - logarithm.max())
    return np.asarray(density / density.sum())
