"""Signals of a length that is asked for."""

from __future__ import annotations

import numpy as np

from emotrace.learn.augment._augmentation import Signal


def fit_length(signal: Signal, n_samples: int) -> Signal:
    """Cut the end off, or put zeros after it."""
    if signal.size >= n_samples:
        return signal[:n_samples]
    return np.pad(signal, (0, n_samples - signal.size))


def change_rate(signal: Signal, factor: float, n_samples: int) -> Signal:
    """Play a signal ``factor`` times as fast, band-limited (soxr HQ), and give ``n_samples`` of it."""
    import soxr

    resampled = np.asarray(soxr.resample(signal, factor, 1.0, quality="HQ"), dtype=np.float32)
    return fit_length(resampled, n_samples)
