"""The picture of the virtual-reality project: a mel spectrogram in red and blue, 64 x 64 pixels, as published.

What the project did, and what is done here:

- 128 mel bands of power at 22,050 Hz with its library's defaults (frames of 2048 samples every 512). *Kept.*
- Decibels as of an amplitude, 20 log10, though the values are power: all distances are doubled, so that the 80 dB
  that are kept below the loudest value are 40 dB of sound. *Kept.*
- The plotting library's diverging map from blue (the quietest value of this picture) to red (the loudest), which
  it chooses where values straddle 0 dB. *Kept*, also for the few clips (all but silent ones) that it would have
  drawn in another map.
- Time fills the width, however long the clip: two seconds and a remainder of half a second look alike. *Kept.*
- A figure of 720 x 720 pixels with white margins, shrunk to 64 x 64 by picking pixels. *Not kept*: there are no
  margins, and each pixel is the mean of its area.

`mel_image_clean` draws the same sound without the mistakes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.features import _image
from emotrace.features._coolwarm import colour
from emotrace.features._signal import require_rate
from emotrace.features._spectra import Spectra, power_to_db

SAMPLING_RATE = 22_050
LEVEL = "image"
NAMES = _image.NAMES
SHAPE = _image.SHAPE


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
        Red, green and blue in [0, 1]; the first row is the highest band. Digital silence is all blue.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("mel-image", sampling_rate, SAMPLING_RATE)
    mel_power = Spectra(signal, sampling_rate).mel_power
    doubled_db = power_to_db(np.square(mel_power, dtype=np.float64))
    above_quietest = doubled_db - doubled_db.min()
    share = above_quietest / max(float(above_quietest.max()), 1e-6)
    return _image.shrink(colour(_image.upright(share)))
