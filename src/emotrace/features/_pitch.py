"""Pitch: the fundamental frequency of a voice, by autocorrelation and the best path through its candidates.

The method is Boersma's ("Accurate short-term analysis of the fundamental frequency ...", IFA Proceedings 17, 1993;
the one behind Praat): the autocorrelation of a windowed frame is divided by that of the window, its peaks are
candidates, and a path through all frames chooses among them and "no voice", at a price for every jump in pitch.
The price is what keeps the path from falling into wrong octaves. Telephones cut the fundamental off; its overtones
repeat with it.

Signals are brought to 8 kHz first: the overtones that tell the pitch lie below 4 kHz, and telephones have no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.resample import resample
from emotrace.features._level import check_signal

LOWEST_HZ = 60.0
HIGHEST_HZ = 500.0
SAMPLING_RATE = 8_000
"""At which pitch is measured, in Hz."""

HOP_SECONDS = 0.01

# Three periods of the lowest pitch: fewer do not tell a voice from noise.
_FRAME = round(3.0 / LOWEST_HZ * SAMPLING_RATE)
_HOP = round(HOP_SECONDS * SAMPLING_RATE)
_N_FFT = 1024
# The peaks of an autocorrelation at 8 kHz are sharp: between its samples it is found by a finer inverse transform.
_FINER = 2
_N_CANDIDATES = 6
_FRAMES_AT_ONCE = 256

# Boersma's values, in units of autocorrelation, which is 1 for a perfect tone.
_VOICING_THRESHOLD = 0.45
_SILENCE_THRESHOLD = 0.03
_OCTAVE_COST = 0.01
_OCTAVE_JUMP_COST = 0.35
_VOICING_COST = 0.14

Array = NDArray[np.float64]


def pitch_hz(signal: NDArray[np.floating], sampling_rate: int) -> tuple[Array, Array]:
    """Follow the pitch of one voice.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,).
    sampling_rate
        In Hz.

    Returns
    -------
    times, f0 : ndarray of float64, shape (n_frames,)
        Centres of frames every 10 ms, in seconds, and the fundamental frequency there, 60 to 500 Hz; NaN where
        there is no voice. Both are empty for signals shorter than a frame, 50 ms.

    Raises
    ------
    UsageError
        If the signal has another shape, or samples that are NaN or infinite.
    """
    samples = check_signal(signal, sampling_rate)
    samples = resample(samples.astype(np.float32), sampling_rate, SAMPLING_RATE).astype(np.float64)
    n_frames = max(0, (samples.size - _FRAME) // _HOP + 1)
    times = (np.arange(n_frames) * _HOP + _FRAME / 2.0) / SAMPLING_RATE
    if n_frames == 0:
        return times, np.empty(0)
    samples = samples - samples.mean()
    peak = np.abs(samples).max()
    if peak <= 0.0:
        return times, np.full(n_frames, np.nan)
    frames = np.lib.stride_tricks.sliding_window_view(samples / peak, _FRAME)[::_HOP]
    found = [_candidates(frames[i : i + _FRAMES_AT_ONCE]) for i in range(0, n_frames, _FRAMES_AT_ONCE)]
    hz, strength = (np.concatenate(parts) for parts in zip(*found, strict=True))
    chosen = _best_path(np.log2(hz), strength)
    return times, np.where(chosen == 0, np.nan, hz[np.arange(n_frames), chosen])


def _candidates(frames: Array) -> tuple[Array, Array]:
    """Give frequencies and strengths, shapes (n_frames, 1 + n_candidates); column 0 is "no voice"."""
    level = np.abs(frames - frames.mean(axis=1, keepdims=True)).max(axis=1)
    correlation = _autocorrelation(frames)
    lags = np.arange(correlation.shape[1]) / (_FINER * SAMPLING_RATE)
    first, last = int(np.ceil(_FINER * SAMPLING_RATE / HIGHEST_HZ)), int(_FINER * SAMPLING_RATE / LOWEST_HZ)
    left, middle, right = (correlation[:, first + d : last + 1 + d] for d in (-1, 0, 1))
    is_peak = (middle > left) & (middle >= right) & (middle > 0.5 * _VOICING_THRESHOLD)
    # The top of the parabola through three points.
    bend = np.where(is_peak, left - 2.0 * middle + right, -1.0)
    shift = np.where(is_peak, 0.5 * (left - right) / bend, 0.0)
    height = middle - 0.25 * (left - right) * shift
    seconds = lags[first : last + 1] + shift / (_FINER * SAMPLING_RATE)
    # Twice the period repeats as well as the period itself: the shorter one is meant.
    merit = np.where(is_peak, np.minimum(height, 1.0) - _OCTAVE_COST * np.log2(LOWEST_HZ * seconds), -np.inf)
    best = np.argsort(-merit, axis=1, kind="stable")[:, :_N_CANDIDATES]
    silence = np.maximum(0.0, 2.0 - level * (1.0 + _VOICING_THRESHOLD) / _SILENCE_THRESHOLD)
    hz = np.concatenate([np.ones((len(frames), 1)), 1.0 / np.take_along_axis(seconds, best, axis=1)], axis=1)
    strength = np.concatenate(
        [(_VOICING_THRESHOLD + silence)[:, None], np.take_along_axis(merit, best, axis=1)], axis=1
    )
    return hz, strength


def _autocorrelation(frames: Array) -> Array:
    """Give the normalised autocorrelation of the frames without their window, by lags of 1 / 16,000 s."""
    window, own = _window()
    windowed = (frames - frames.mean(axis=1, keepdims=True)) * window
    raw = _correlate(windowed)
    energy = np.maximum(raw[:, :1], 1e-20)
    return np.asarray(raw / energy / own)


@lru_cache(maxsize=1)
def _window() -> tuple[Array, Array]:
    """Give the Hann window and its own normalised autocorrelation."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(_FRAME) + 0.5) / _FRAME)
    own = _correlate(window[None])[0]
    return window, own / own[0]


def _correlate(windowed: Array) -> Array:
    spectrum = np.fft.rfft(windowed, _N_FFT, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    longest = int(_FINER * SAMPLING_RATE / LOWEST_HZ) + 2
    return np.asarray(np.fft.irfft(power, _FINER * _N_FFT, axis=1)[:, :longest])


def _best_path(octaves: Array, strength: Array) -> NDArray[np.intp]:
    """Choose one candidate per frame, so that strengths less the prices of jumps are highest (Viterbi)."""
    n_frames = len(strength)
    came_from = np.zeros(strength.shape, dtype=np.intp)
    total = strength[0]
    columns = np.arange(strength.shape[1])
    for i, price in enumerate(_prices(octaves), start=1):
        step = total[:, None] - price
        came_from[i] = step.argmax(axis=0)
        total = step[came_from[i], columns] + strength[i]
    chosen = np.empty(n_frames, dtype=np.intp)
    chosen[-1] = total.argmax()
    for i in range(n_frames - 1, 0, -1):
        chosen[i - 1] = came_from[i, chosen[i]]
    return chosen


def _prices(octaves: Array) -> Iterator[Array]:
    """Give what every step from a candidate of one frame to a candidate of the next costs."""
    for start in range(0, len(octaves) - 1, _FRAMES_AT_ONCE):
        some = octaves[start : start + _FRAMES_AT_ONCE + 1]
        prices = _OCTAVE_JUMP_COST * np.abs(some[:-1, :, None] - some[1:, None, :])
        # Column 0 is "no voice".
        prices[:, 0, :] = prices[:, :, 0] = _VOICING_COST
        prices[:, 0, 0] = 0.0
        yield from prices
