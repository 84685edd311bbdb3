"""How a voice sounds to a model that was taught by people labelled female or male."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.bundle import Bundle
from emotrace.hear.speech import Signal, pad_to


class SexJudge:
    """Says of windows whether they sound female or male, with a bundle of kind ``sex``.

    Parameters
    ----------
    bundle
        The bundle.
    threads
        Most threads that one run may use.

    Raises
    ------
    UsageError
        If the bundle is of another kind.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        bundle.card.require_kind("sex")
        self._bundle = bundle
        self._threads = threads

    def hear(self, window: Signal) -> NDArray[np.float64]:
        """Give the probabilities of female and male for one window, shape (2,)."""
        heard = pad_to(window, self._bundle.card.minimum_samples)
        return np.asarray(self._bundle.predict(heard[np.newaxis], self._threads)[0], dtype=np.float64)
