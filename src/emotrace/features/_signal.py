"""What every feature set asks of the signal that it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def require_rate(name: str, sampling_rate: int, wanted: int) -> None:
    """Raise `ValueError` unless a signal has the rate that a feature set is defined at."""
    if sampling_rate != wanted:
        raise ValueError(f"{name} is defined at {wanted} Hz, got {sampling_rate} Hz; resample first")


def require_channel(signal: NDArray[Any]) -> None:
    """Raise `ValueError` unless a signal is one channel of samples, none at all allowed."""
    if signal.ndim != 1:
        raise ValueError(f"signal must have shape (n_samples,), got {signal.shape}; give one channel at a time")


def require_signal(signal: NDArray[Any]) -> None:
    """Raise `ValueError` unless a signal is one channel of at least one sample, all of them finite."""
    require_channel(signal)
    if not signal.size:
        raise ValueError("the signal holds no sample; at least one is needed")
    n_bad = signal.size - int(np.count_nonzero(np.isfinite(signal)))
    if n_bad:
        raise ValueError(f"the signal holds samples that are NaN or infinite: {n_bad} of {signal.size}")
