"""What the two decoders (libsndfile, PyAV) have in common."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotrace.types import Recording


class Decoder(Protocol):
    """An open recording that gives its samples from first to last.

    Attributes
    ----------
    recording
        What the header says.
    damage
        What was wrong with the data met so far, for a warning; None while all is well.
    tolerance_samples
        By how much an undamaged file may fall short of ``recording.n_samples``.
    """

    recording: Recording
    damage: str | None
    tolerance_samples: int

    def read(self, n_samples: int) -> NDArray[np.float32]:
        """Give the next block, (n_channels, at most n_samples), unchecked; no samples at the end."""
        ...

    def close(self) -> None:
        """Free the decoder; the source stays open."""
        ...


class UnreadableError(Exception):
    """This decoder cannot read the source; the message says why. Another one may."""
