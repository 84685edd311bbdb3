"""A recording as if it were being spoken now: block after block, none before its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import AudioStream


class PacedFile:
    """Plays an open recording at the pace of its samples.

    Parameters
    ----------
    stream
        The recording, at the rate of whoever hears it.
    is_fast
        Do not wait: as fast as it can be heard.
    now, sleep
        The clock, in seconds, and how to wait.
    """

    def __init__(
        self,
        stream: AudioStream,
        is_fast: bool = False,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stream, self._is_fast = stream, is_fast
        self._now, self._sleep = now, sleep
        self._blocks: Iterator[NDArray[np.float32]] = iter(stream)
        self._next: NDArray[np.float32] | None = None
        self._start: float | None = None
        self._seconds = 0.0
        self._is_finished = False

    @property
    def is_finished(self) -> bool:
        """True when all of it has been played."""
        return self._is_finished

    def read(self, timeout_seconds: float) -> NDArray[np.float32] | None:
        """Give the next block, shape (n_samples,), when it would have been spoken; None if not yet, or at the end.

        Raises
        ------
        AudioError
            If the recording is damaged there.
        """
        if self._start is None:
            self._start = self._now()
        if self._next is None:
            self._next = next(self._blocks, None)
        if self._next is None:
            self._is_finished = True
            return None
        end = self._seconds + self._next.size / self._stream.sampling_rate
        if not self._is_fast and not self._wait_until(self._start + end, timeout_seconds):
            return None
        block, self._next, self._seconds = self._next, None, end
        return block

    def close(self) -> None:
        """Close the recording. May be called twice."""
        self._is_finished = True
        self._stream.close()

    def _wait_until(self, due: float, timeout_seconds: float) -> bool:
        left = due - self._now()
        if left > 0.0:
            self._sleep(min(left, timeout_seconds))
        return left <= timeout_seconds
