"""MFCC frame by frame with their first and second slopes in time, at 22,050 Hz: for models that read sequences.

20 coefficients, the slopes of each and the slopes of those (over nine frames), a frame every 23 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_rate
from emotrace.features._slopes import slopes
from emotrace.features._spectra import Spectra
from emotrace.features._summary import numbered_names

SAMPLING_RATE = 22_050
LEVEL = "lld"
_N_MFCC = 20
NAMES = tuple(f"{name}{slope}" for slope in ("", "_delta", "_delta2") for name in numbered_names("mfcc", _N_MFCC))


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give the coefficients and slopes of every frame.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        Must be 22,050 Hz.

    Returns
    -------
    ndarray of float32, shape (1 + n_samples // 512, 60)

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("mfcc-frames", sampling_rate, SAMPLING_RATE)
    mfcc = Spectra(signal, sampling_rate).mfcc(_N_MFCC)
    return np.concatenate([mfcc, slopes(mfcc, 1), slopes(mfcc, 2)], axis=1)
