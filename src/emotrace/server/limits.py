"""What is refused because there is too much of it: counted places for requests and streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ServiceFull(Exception):  # noqa: N818 - it tells of a state, not of a mistake
    """There is no place for one more; the client should come again later.

    Attributes
    ----------
    reason
        One word for counting: ``queue``, ``draining``, or the name of the places.
    detail
        The one line for the client.
    retry_after_seconds
        When to come again.
    """

    def __init__(self, reason: str, detail: str, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class Slots:
    """A fixed number of places, taken and given back within one event loop.

    Parameters
    ----------
    name
        One word for counting.
    n_slots
        How many there are.
    who
        For whom they are, in words; by default the name.

    Examples
    --------
    >>> slots = Slots("streams", 1)
    >>> with slots.acquire():
    ...     slots.n_taken
    1
    >>> slots.n_taken
    0
    """

    def __init__(self, name: str, n_slots: int, who: str | None = None) -> None:
        self._name, self._who = name, who or name
        self.n_slots = n_slots
        self.n_taken = 0

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Hold one place; raise `ServiceFull` at once if there is none."""
        if self.n_taken >= self.n_slots:
            raise ServiceFull(
                self._name, f"all {self.n_slots} places for {self._who} are taken; try again in a moment"
            )
        self.n_taken += 1
        try:
            yield
        finally:
            self.n_taken -= 1
