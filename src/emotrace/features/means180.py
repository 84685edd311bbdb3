"""The 180 means of the picture-session project: 40 MFCC, 12 chroma, 128 mel bands (power), averaged over frames.

The order is that of the names. Speech is taken as it is, at 16 kHz: neither trimmed nor scaled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_rate
from emotrace.features._spectra import Spectra
from emotrace.features._summary import means, means_names

SAMPLING_RATE = 16_000
LEVEL = "functionals"
NAMES = means_names(mfcc=40, chroma=12, mel_power=128)


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give the means of one signal.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        Must be 16,000 Hz.

    Returns
    -------
    ndarray of float32, shape (180,)

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("means180", sampling_rate, SAMPLING_RATE)
    spectra = Spectra(signal, sampling_rate)
    return means(spectra.mfcc(40), spectra.chroma, spectra.mel_power)
