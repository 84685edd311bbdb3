"""Cut off the quiet stretches at the two ends of a clip.

The rule, its frames and its defaults are those of ``librosa.effects.trim`` 0.11 (McFee et al., "librosa:
Audio and music signal analysis in Python", SciPy 2015), whose cuts it reproduces exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import UsageError

# Quieter than -100 dB of full scale counts as -100 dB, so that digital silence has a level.
_FLOOR = 1e-10


def trim(
    signal: NDArray[np.float32], top_db: float = 60.0, frame_length: int = 2048, hop_length: int = 512
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Remove the leading and trailing stretch that is ``top_db`` or more below the loudest frame.

    Parameters
    ----------
    signal
        Shape (n_samples,), in [-1, 1].
    top_db
        Distance in dB below the root mean square of the loudest frame; above 0.
    frame_length, hop_length
        In samples, at least 1. Frames are centred: frame i is around sample ``i * hop_length``, with
        zeros beyond the ends.

    Returns
    -------
    signal
        A view of the samples that are kept.
    bounds
        ``(start_sample, end_sample)`` within the input, half-open.

    Raises
    ------
    UsageError
        If a parameter is out of range.

    Notes
    -----
    A clip without any contrast, digital silence for instance, is kept whole: nothing in it is quieter
    than its loudest frame.

    >>> clip = np.zeros(16000, np.float32)
    >>> clip[6000:9000] = 0.5
    >>> trim(clip)[1]
    (5120, 10240)
    """
    if not top_db > 0 or frame_length < 1 or hop_length < 1:
        raise UsageError(
            f"trim needs top_db above 0 and frame_length, hop_length of at least 1, "
            f"got {top_db}, {frame_length}, {hop_length}"
        )
    if len(signal) == 0:
        return signal, (0, 0)
    level = 10.0 * np.log10(np.maximum(_FLOOR, _power(signal, frame_length, hop_length)))
    loud = np.flatnonzero(level - level.max() > -top_db)
    start = int(loud[0]) * hop_length
    end = min(len(signal), (int(loud[-1]) + 1) * hop_length)
    return signal[start:end], (start, end)


def _power(signal: NDArray[np.float32], frame_length: int, hop_length: int) -> NDArray[np.float32]:
    """Mean square of each frame, shape (1 + n_samples // hop_length,) for even ``frame_length``."""
    padded = np.pad(signal, frame_length // 2)
    # A view: no copy of the overlapping frames is made.
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame_length)[::hop_length]
    power: NDArray[np.float32] = np.einsum("ij,ij->i", frames, frames) / np.float32(frame_length)
    return power
