"""What a model says of the windows of one clip, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.labels import SEXES


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
    sexes
        That the voice sounds female or male, (n_windows, 2); None where that was not asked for.
    """

    seconds: float
    speech_seconds: float
    weights: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    sexes: NDArray[np.float64] | None = None

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean of the windows' probabilities, each counting as much as it holds speech, (n_labels,)."""
        return self._average(self.probabilities)

    @property
    def speaker_sex(self) -> Mapping[str, float] | None:
        """The mean of `sexes`, by sex; empty without windows, None where that was not asked for."""
        if self.sexes is None:
            return None
        if not self.weights.size:
            return {}
        return dict(zip(SEXES, self._average(self.sexes).tolist(), strict=True))

    def _average(self, by_window: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.weights @ by_window / self.weights.sum())
