"""How loud speech is: the level of the speech itself, whatever the pauses around it.

After the idea of ITU-T P.56 (2011), method B: speech is active where its envelope is less than a margin of 15.9 dB
below the active level, and the active level is the power of what is active. Simpler than the standard: frames of
20 ms take the place of its smoothed envelope, and there is no hang-over of 0.2 s, so the short pauses between
words are not counted as speech either.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import UsageError

MARGIN_DB = 15.9
"""How far below the active level a frame may be to count as speech (ITU-T P.56)."""

FLOOR_DBFS = -120.0
"""What is said of digital silence, which has no level."""

_FRAME_SECONDS = 0.02


def speech_level_dbfs(signal: NDArray[np.floating], sampling_rate: int = 16_000) -> float:
    """Give the RMS level of the speech in a signal, in dB of full scale: a square wave of amplitude 1 has 0 dB.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,).
    sampling_rate
        In Hz; sets only how long a frame is, so that any rate near the true one will do.

    Returns
    -------
    float
        At least -120, which stands for silence.

    Raises
    ------
    UsageError
        If the signal has another shape, or samples that are NaN or infinite.
    """
    samples = check_signal(signal, sampling_rate)
    if samples.size == 0:
        return FLOOR_DBFS
    samples = samples - samples.mean()
    frame = min(samples.size, max(1, round(_FRAME_SECONDS * sampling_rate)))
    n_frames = samples.size // frame
    power = np.mean(np.square(samples[: n_frames * frame]).reshape(n_frames, frame), axis=1)
    level = float(power.mean())
    # Leaving out what is quieter than the mean raises the mean: this only climbs, and ends.
    while (active := float(power[power >= level * 10.0 ** (-MARGIN_DB / 10.0)].mean())) > level * (1.0 + 1e-9):
        level = active
    return max(FLOOR_DBFS, 10.0 * float(np.log10(level))) if level > 0.0 else FLOOR_DBFS


def check_signal(signal: NDArray[np.floating], sampling_rate: int) -> NDArray[np.float64]:
    """Give the samples as float64; raise `UsageError` for what is no signal of one channel."""
    samples = np.asarray(signal)
    if samples.ndim != 1:
        raise UsageError(
            f"a signal must have shape (n_samples,), got {samples.shape}; measure one channel at a time"
        )
    if not np.issubdtype(samples.dtype, np.floating):
        raise UsageError(
            f"a signal must hold floats in [-1, 1], got {samples.dtype}; divide integers by their range"
        )
    if not np.isfinite(samples).all():
        raise UsageError("the signal holds samples that are NaN or infinite")
    if sampling_rate < 1_000:
        raise UsageError(f"the sampling rate must be at least 1000 Hz, got {sampling_rate}")
    return samples.astype(np.float64)
