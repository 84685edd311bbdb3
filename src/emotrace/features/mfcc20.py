"""Means over frames of the first 20 MFCC, at 22,050 Hz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_rate
from emotrace.features._spectra import Spectra
from emotrace.features._summary import means, means_names

SAMPLING_RATE = 22_050
LEVEL = "functionals"
NAMES = means_names(mfcc=20)


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give the means of one signal.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        Must be 22,050 Hz.

    Returns
    -------
    ndarray of float32, shape (20,)

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("mfcc20", sampling_rate, SAMPLING_RATE)
    return means(Spectra(signal, sampling_rate).mfcc(20))
