"""Let a party's own stretches of a stream through, and silence everything else in it.

What belongs to another party must not be heard by what judges emotion: neither the agent in a mono recording, nor
the agent's echo on the customer's channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotrace.types import Segment

Signal = NDArray[np.float32]


class Mask:
    """Silences the samples outside of ``kept``, block by block; any sizes of blocks give the same.

    Parameters
    ----------
    kept
        The stretches let through, in order and without overlaps; None lets everything through.
    sampling_rate
        Of the blocks, in Hz.
    """

    def __init__(self, kept: Sequence[Segment] | None, sampling_rate: int) -> None:
        self._edges = None if kept is None else _edges(kept, sampling_rate)
        self._n_pushed = 0

    def push(self, block: Signal) -> Signal:
        """Take the next samples, shape (n_samples,), and give them back, silent where they are not kept."""
        start, self._n_pushed = self._n_pushed, self._n_pushed + block.size
        if self._edges is None:
            return block
        masked = np.zeros_like(block)
        first = np.searchsorted(self._edges[:, 1], start, side="right")
        for left, right in self._edges[first:].tolist():
            if left >= self._n_pushed:
                break
            piece = slice(max(left - start, 0), right - start)
            masked[piece] = block[piece]
        return masked


def _edges(kept: Sequence[Segment], sampling_rate: int) -> NDArray[np.int64]:
    seconds = np.array([(stretch.start, stretch.end) for stretch in kept], dtype=np.float64).reshape(-1, 2)
    return np.rint(seconds * sampling_rate).astype(np.int64)
