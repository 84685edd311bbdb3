"""The phase vocoder: speech faster or slower at the same pitch.

J. L. Flanagan and R. M. Golden (1966), "Phase vocoder", Bell System Technical Journal 45 (9). Frames, window and
interpolation are those of ``librosa.effects.time_stretch`` (McFee et al. 2015), which the reference projects used
at 22,050 Hz and the tests compare with: centred periodic Hann windows of 2048 samples, every 512. At other rates
the windows are the power of two that comes nearest in time: 2048 at 16 kHz too, 1024 at 8 kHz, 4096 at 48 kHz.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.augment._augmentation import Signal
from emotrace.learn.augment._length import fit_length

_N_FFT = 2048
_RATE_HZ = 22_050
Spectrum = NDArray[np.complex64]


def stretch(signal: Signal, sampling_rate: int, rate: float) -> Signal:
    """Give a signal ``rate`` times as fast: round(n_samples / rate) samples, but at least one."""
    n_samples = max(1, round(signal.size / rate))
    if not signal.any():
        return np.zeros(n_samples, np.float32)
    n_fft = choose_n_fft(sampling_rate)
    return _synthesise(_move_frames(_analyse(signal, n_fft), rate), n_samples)


def choose_n_fft(sampling_rate: int) -> int:
    """Give the length of a window in samples.

    >>> [choose_n_fft(rate) for rate in (8_000, 16_000, 22_050, 48_000)]
    [1024, 2048, 2048, 4096]
    """
    return int(2 ** round(math.log2(_N_FFT * sampling_rate / _RATE_HZ)))


def _analyse(signal: Signal, n_fft: int) -> Spectrum:
    """Give the short-time Fourier transform, (n_frames, n_fft / 2 + 1), a frame every quarter of a window."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, n_fft // 2), n_fft)[:: n_fft // 4]
    return np.asarray(np.fft.rfft(frames * _hann(n_fft), axis=1), dtype=np.complex64)


def _move_frames(spectrum: Spectrum, rate: float) -> Spectrum:
    """Take a frame every ``rate`` frames; phases advance as between the two frames it lies between."""
    positions = np.arange(0.0, len(spectrum), rate)
    before = positions.astype(int)
    share = (positions - before).astype(np.float32)[:, np.newaxis]
    padded = np.pad(spectrum, ((0, 2), (0, 0)))
    magnitude, phase = np.abs(padded), np.angle(padded).astype(np.float64)
    # From frame to frame, a quarter of a window, bin k turns by k quarters of a circle.
    expected = 0.5 * np.pi * np.arange(spectrum.shape[1])
    beyond = phase[before + 1] - phase[before] - expected
    advance = expected + beyond - 2.0 * np.pi * np.round(beyond / (2.0 * np.pi))
    phases = phase[0] + np.concatenate([np.zeros((1, advance.shape[1])), np.cumsum(advance[:-1], axis=0)])
    magnitudes = (1.0 - share) * magnitude[before] + share * magnitude[before + 1]
    return np.asarray(magnitudes * np.exp(1j * phases), dtype=np.complex64)


def _synthesise(spectrum: Spectrum, n_samples: int) -> Signal:
    """Give the signal whose transform comes nearest (D. W. Griffin and J. S. Lim 1984): overlap and add."""
    n_fft = 2 * (spectrum.shape[1] - 1)
    hop, window = n_fft // 4, _hann(n_fft)
    frames = np.fft.irfft(spectrum, n_fft, axis=1) * window
    added = np.zeros((len(frames) - 1) * hop + n_fft)
    weight = np.zeros_like(added)
    for start, frame in zip(range(0, added.size, hop), frames, strict=False):
        added[start : start + n_fft] += frame
        weight[start : start + n_fft] += window**2
    signal = added / np.where(weight > np.finfo(np.float32).tiny, weight, 1.0)
    return fit_length(signal[n_fft // 2 :].astype(np.float32), n_samples)


def _hann(n_fft: int) -> NDArray[np.float64]:
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n_fft) / n_fft))
