"""What a model says of the windows of one clip, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class HeardClip:
    """One clip as `emotrace.Recogniser.hear` hears it.

    Attributes
    ----------
    seconds
        Length of the clip.
    speech_seconds
        How much of it is speech.
    weights
        Seconds of speech in each window, (n_windows,). Without enough speech there are no windows; windows
        overlap, so that the sum may be more than there is speech.
    probabilities
        Of all the bundle's labels, (n_windows, n_labels), as the model gives them.
    """

    seconds: float
    speech_seconds: float
    weights: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean of the windows' probabilities, each counting as much as it holds speech, (n_labels,)."""
        return np.asarray(self.weights @ self.probabilities / self.weights.sum())
