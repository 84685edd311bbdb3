"""Log-mel spectrogram: 64 mel bands in decibels, one frame every 16 ms.

This is the front end of the shipped models. Their ONNX graphs hold the same arithmetic; this NumPy version
makes the training set and is the reference that the graphs are tested against.

Conventions: 16 kHz; frames of 512 samples (32 ms) every 256 samples (16 ms), not centred, so that frame *i*
sees samples ``[256 i, 256 i + 512)``; periodic Hann window; power spectrum; triangular filters of unit area on
the mel scale of Slaney's Auditory Toolbox (1998), as in ``librosa.filters.mel``; 10 log10 with a floor at
-100 dB.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_channel, require_rate

SAMPLING_RATE = 16_000
LEVEL = "lld"
N_FFT = 512
HOP_LENGTH = 256
N_MELS = 64
LOWEST_HZ = 40.0
HIGHEST_HZ = 8_000.0
FLOOR_POWER = 1e-10
NAMES = tuple(f"log_mel_{band:02d}_db" for band in range(N_MELS))

# Slaney's mel scale: linear below 1 kHz, logarithmic above.
_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1_000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert frequencies in Hz to Slaney mels."""
    above = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL, above)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert Slaney mels to frequencies in Hz."""
    above = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HZ_PER_MEL, above)


@lru_cache(maxsize=1)
def mel_filters() -> NDArray[np.float32]:
    """Give the filter bank, shape (N_MELS, N_FFT // 2 + 1); every triangle has unit area."""
    bins_hz = np.fft.rfftfreq(N_FFT, 1.0 / SAMPLING_RATE)
    lowest, highest = hz_to_mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    edges_hz = mel_to_hz(np.linspace(lowest, highest, N_MELS + 2))
    widths = np.diff(edges_hz)
    rising = (bins_hz - edges_hz[:-2, None]) / widths[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz) / widths[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    areas = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return np.asarray(triangles * areas[:, None], dtype=np.float32)


@lru_cache(maxsize=1)
def hann_window() -> NDArray[np.float32]:
    """Give the periodic Hann window, shape (N_FFT,)."""
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(N_FFT) / N_FFT), dtype=np.float32)


def n_frames(n_samples: int) -> int:
    """Count the whole frames in ``n_samples`` samples.

    >>> n_frames(511), n_frames(512), n_frames(48_000)
    (0, 1, 186)
    """
    return max(0, (n_samples - N_FFT) // HOP_LENGTH + 1)


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Compute the log-mel spectrogram.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,).
    sampling_rate
        Must be 16,000 Hz; resample first with `emotrace.audio.resample.resample`.

    Returns
    -------
    ndarray of float32, shape (n_frames, 64)
        Decibels, -100 at the lowest.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is not one-dimensional.
    """
    require_rate("log-mel", sampling_rate, SAMPLING_RATE)
    require_channel(signal)
    if n_frames(signal.size) == 0:
        return np.empty((0, N_MELS), dtype=np.float32)
    samples = np.ascontiguousarray(signal, dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP_LENGTH]
    spectrum = np.fft.rfft(frames * hann_window(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = power @ mel_filters().T
    return np.asarray(10.0 * np.log10(np.maximum(mel, FLOOR_POWER)), dtype=np.float32)
