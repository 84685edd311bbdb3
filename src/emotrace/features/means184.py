"""The 184 means of the quality-assurance project, averaged over frames.

In this order: RMS, spectral centroid, roll-off (85 %), zero-crossing rate, 12 chroma, 40 MFCC, 128 mel bands
(power), at 22,050 Hz. The project trims 60 dB below the peak before; that is `emotrace.audio.trim`'s work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_rate
from emotrace.features._spectra import Spectra
from emotrace.features._summary import means, means_names

SAMPLING_RATE = 22_050
LEVEL = "functionals"
NAMES = means_names(rms=1, centroid=1, roll_off=1, zero_crossing_rate=1, chroma=12, mfcc=40, mel_power=128)


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
    ndarray of float32, shape (184,)
        Centroid and roll-off in Hz.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("means184", sampling_rate, SAMPLING_RATE)
    s = Spectra(signal, sampling_rate)
    return means(s.rms, s.centroid, s.roll_off, s.zero_crossing_rate, s.chroma, s.mfcc(40), s.mel_power)
