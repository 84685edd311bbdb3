"""A mel spectrogram of two seconds as a grey picture, 64 x 64 pixels: mel-image without its mistakes.

128 mel bands of power at 22,050 Hz in decibels, black 80 dB below the loudest value, white at it. A column is
always 1/32 s: shorter clips end in black, of longer ones the middle two seconds are seen. All three channels are
alike, for networks that want red, green and blue.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features import _image
from emotrace.features._signal import require_rate
from emotrace.features._spectra import HOP_LENGTH, RANGE_DB, Spectra

SAMPLING_RATE = 22_050
LEVEL = "image"
NAMES = _image.NAMES
SHAPE = _image.SHAPE
SECONDS = 2.0
_N_SAMPLES = round(SECONDS * SAMPLING_RATE)
_N_FRAMES = 1 + _N_SAMPLES // HOP_LENGTH
_SILENCE_DB = -100.0


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Draw one signal.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        Must be 22,050 Hz.

    Returns
    -------
    ndarray of float32, shape (64, 64, 3)
        Three times the same grey in [0, 1]; the first row is the highest band. Digital silence is all black.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("mel-image-clean", sampling_rate, SAMPLING_RATE)
    start = max(0, (signal.size - _N_SAMPLES) // 2)
    mel_db = Spectra(signal[start : start + _N_SAMPLES], sampling_rate).mel_db
    loudest = float(mel_db.max())
    grey = np.zeros((_N_FRAMES, mel_db.shape[1]), dtype=np.float32)
    if loudest > _SILENCE_DB:
        grey[: len(mel_db)] = 1.0 - (loudest - mel_db) / RANGE_DB
    return np.repeat(_image.shrink(_image.upright(grey)[:, :, np.newaxis]), len(NAMES), axis=2)
