"""Periodicity: how alike a voice is to itself one period later, for 64 periods, one frame every 16 ms.

Beside the log-mel spectrogram, whose bands are too wide to tell the overtones of a voice apart, this shows its
pitch as a ridge over time, and how clear the voice is as the ridge's height. It says nothing of level. Frames
stand at the centres of those of `emotrace.features.log_mel`, so that both are columns of one table.

The method is the autocorrelation of P. Boersma, "Accurate short-term analysis of the fundamental frequency and
the harmonics-to-noise ratio of a sampled sound" (IFA Proceedings 17, 1993): that of the windowed frame divided
by that of the window. It is taken from the power spectrum up to 4 kHz, which is all that a telephone carries.

Conventions: 16 kHz; frames of 768 samples (48 ms) every 256 samples, centred on sample 256 i + 256 with zeros
before the beginning and after the end; Hann window; periods of 64 pitches from 60 to 500 Hz at equal steps of
0.58 semitones.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from emotrace.features import log_mel
from emotrace.features._signal import require_channel, require_rate

SAMPLING_RATE = log_mel.SAMPLING_RATE
LEVEL = "lld"
HOP_LENGTH = log_mel.HOP_LENGTH
FRAME_LENGTH = 3 * HOP_LENGTH
MARGIN = (FRAME_LENGTH - log_mel.N_FFT) // 2
"""Samples that a frame reaches beyond the log-mel frame in its middle, on either side."""

N_FFT = 1040
"""Frame and longest period together, so that the transform's ends do not meet."""

N_PERIODS = 64
LOWEST_HZ = 60.0
HIGHEST_HZ = 500.0
LEAST = -0.25
"""What is less alike than this is cut to it: how unlike a voice is to itself says nothing of its pitch."""

SILENCE = 1e-9
_HIGHEST_OVERTONE_HZ = 4_000.0
N_BINS = int(_HIGHEST_OVERTONE_HZ * N_FFT / SAMPLING_RATE) + 1
NAMES = tuple(f"periodicity_{band:02d}" for band in range(N_PERIODS))


def pitches_hz() -> NDArray[np.float64]:
    """Give the pitch that each of the 64 periods belongs to, rising."""
    return np.geomspace(LOWEST_HZ, HIGHEST_HZ, N_PERIODS)


@lru_cache(maxsize=1)
def window() -> NDArray[np.float64]:
    """Give the symmetric Hann window without its zeros, shape (FRAME_LENGTH,)."""
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(FRAME_LENGTH) + 0.5) / FRAME_LENGTH))


@lru_cache(maxsize=1)
def energy_weights() -> NDArray[np.float64]:
    """Give how often each bin counts in a frame's energy, shape (N_BINS,): all but the first stand for two."""
    return np.where(np.arange(N_BINS) == 0, 1.0, 2.0)


@lru_cache(maxsize=1)
def period_weights() -> NDArray[np.float64]:
    """Give the matrix (N_BINS, N_PERIODS) from power to autocorrelation, divided by the window's own."""
    periods = SAMPLING_RATE / pitches_hz()
    own = np.correlate(window(), window(), "full")[FRAME_LENGTH - 1 :]
    shares = np.interp(periods, np.arange(FRAME_LENGTH), own / own[0])
    cosines = np.cos(2.0 * np.pi * np.outer(np.arange(N_BINS), periods) / N_FFT)
    return np.asarray(energy_weights()[:, None] * cosines / shares)


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Compute the periodicity.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,).
    sampling_rate
        Must be 16,000 Hz.

    Returns
    -------
    ndarray of float32, shape (n_frames, 64)
        As many frames as log-mel has. Correlations, -0.25 to about 1: near 1 at the period of a clear voice,
        near 0 in noise; 0 in silence.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is not one-dimensional.
    """
    require_rate("periodicity", sampling_rate, SAMPLING_RATE)
    require_channel(signal)
    n_frames = log_mel.n_frames(signal.size)
    if n_frames == 0:
        return np.empty((0, N_PERIODS), dtype=np.float32)
    samples = np.pad(signal.astype(np.float64), MARGIN)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME_LENGTH)[::HOP_LENGTH][:n_frames]
    frames = (frames - frames.mean(axis=1, keepdims=True)) * window()
    spectrum = np.fft.rfft(frames, N_FFT, axis=1)[:, :N_BINS]
    power = spectrum.real**2 + spectrum.imag**2
    energy = power @ energy_weights() + SILENCE
    alike = power @ period_weights() / energy[:, None]
    return np.asarray(np.maximum(alike, LEAST), dtype=np.float32)
