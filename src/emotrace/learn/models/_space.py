"""What a search may try for a parameter: one of some values, or a number of a range.

A ``SEARCH_SPACE`` is a plain mapping from parameters of ``build`` to `Choice` or `Range`. Every kind of search
reads it: a grid takes ``grid(n)``, a randomised search ``draw(rng)``, Optuna ``suggest(trial, name)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Value: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True)
class Choice:
    """One of ``values``, each as likely as the others.

    >>> Choice((1, 3, 5)).grid()
    [1, 3, 5]
    """

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a choice needs at least one value")

    def grid(self, n: int = 3) -> list[Value]:  # noqa: ARG002 (as of a range)
        """Give all values, whatever ``n``."""
        return list(self.values)

    def draw(self, rng: np.random.Generator) -> Value:
        """Draw one."""
        return self.values[int(rng.integers(len(self.values)))]

    def suggest(self, trial: Any, name: str) -> Value:
        """Ask an Optuna trial for one."""
        value: Value = trial.suggest_categorical(name, self.values)
        return value


@dataclass(frozen=True)
class Range:
    """A number from ``low`` to ``high``, both included; a whole one if both ends are whole (``int``).

    With ``log`` every factor is as likely as any other of its size, as suits rates and penalties.

    >>> Range(1, 100, log=True).grid(3), Range(0.5, 1.0).grid(2)
    ([1, 10, 100], [0.5, 1.0])
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"a range needs low < high, and low > 0 if log, got {self.low}, {self.high}")

    @property
    def is_whole(self) -> bool:
        """True if only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def grid(self, n: int = 3) -> list[Value]:
        """Give at most ``n`` values, evenly spaced from ``low`` to ``high``."""
        steps = np.geomspace if self.log else np.linspace
        return list(dict.fromkeys(self._plain(value) for value in steps(self.low, self.high, n)))

    def draw(self, rng: np.random.Generator) -> Value:
        """Draw one."""
        # Half a step beyond the ends, so that these whole numbers are as likely as the others.
        margin = 0.5 if self.is_whole else 0.0
        low, high = self.low - margin, self.high + margin
        value = np.exp(rng.uniform(np.log(low), np.log(high))) if self.log else rng.uniform(low, high)
        return self._plain(value)

    def suggest(self, trial: Any, name: str) -> Value:
        """Ask an Optuna trial for one."""
        ask = trial.suggest_int if self.is_whole else trial.suggest_float
        value: Value = ask(name, self.low, self.high, log=self.log)
        return value

    def _plain(self, value: float) -> Value:
        number = round(value) if self.is_whole else float(value)
        return min(max(number, self.low), self.high)


Space: TypeAlias = "Mapping[str, Choice | Range]"
