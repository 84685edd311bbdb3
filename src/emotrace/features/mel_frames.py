"""Mel bands in decibels frame by frame, at 22,050 Hz: the laboratory's log-mel spectrogram.

128 bands, a frame every 23 ms, at most 80 dB below the loudest value of the clip, as the reference projects draw
it. (`log_mel` is the front end of the shipped models: 64 bands at 16,000 Hz, with a fixed floor.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_rate
from emotrace.features._spectra import N_MELS, Spectra
from emotrace.features._summary import numbered_names

SAMPLING_RATE = 22_050
LEVEL = "lld"
NAMES = tuple(f"{name}_db" for name in numbered_names("mel", N_MELS))


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give the bands of every frame.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        Must be 22,050 Hz.

    Returns
    -------
    ndarray of float32, shape (1 + n_samples // 512, 128)
        Decibels of full scale, -100 at the lowest.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("mel-frames", sampling_rate, SAMPLING_RATE)
    return Spectra(signal, sampling_rate).mel_db
