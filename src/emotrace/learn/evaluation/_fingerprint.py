"""What is particular to one recording of a voice, kept through noise, gain, cuts, stretching and coding.

A fingerprint is the *ripple* of the spectrum: how far each quarter tone stands above its surroundings, frame by
frame. For a voice these are the harmonics and the edges of the formants, as they move. It is made so that

- **gain** and **equalisers** do not matter: a moving mean over a quarter of an octave is taken away;
- **noise** hardly matters: bands are floored a little above what the recording's own quietest frames hold;
- **telephones and codecs** do not matter: nothing above 3.5 kHz is looked at;
- a change of **pitch** moves it along one axis, a change of **tempo** stretches it along the other.

After Haitsma & Kalker (A Highly Robust Audio Fingerprinting System, ISMIR 2002), whose signs of energy differences
these are as real numbers, on an axis of logarithmic frequency as in Fenet et al. (A Scalable Audio Fingerprint
Method with Robustness to Pitch-Shifting, ISMIR 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SAMPLING_RATE = 8_000
HOP_LENGTH = 128
FRAME_SECONDS = HOP_LENGTH / SAMPLING_RATE
BANDS_PER_OCTAVE = 24
BANDS_PER_SEMITONE = BANDS_PER_OCTAVE // 12
N_BANDS = 120
LEAST_SECONDS = 0.8
"""A shorter recording has no fingerprint: too many others would resemble it."""
LEAST_SOUND_SECONDS = 0.3
"""Nor has one with less than this of anything but silence."""

_N_WINDOW = 512
_N_FFT = 1024
_LOWEST_HZ = 110.0
_RANGE_DB = 45.0
_QUIET_SHARE = 0.15
_ABOVE_NOISE_DB = 6.0
_MOST_NOISE_DB = -15.0
_RIPPLE_BANDS = BANDS_PER_OCTAVE // 4
_LEVEL_FRAMES = 31
_FLAT_DB = 1.0
_STEPS_PER_DB = 3.0
_FRAMES_AT_ONCE = 4096

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The ripple of one recording's spectrum.

    Attributes
    ----------
    ripple
        In thirds of a decibel, int8, (n_frames, 120): a frame every 16 ms, a band every quarter tone from 110 Hz.
    """

    ripple: NDArray[np.int8]

    @property
    def is_empty(self) -> bool:
        """True if there is too little sound to tell this recording from others."""
        return not len(self.ripple)

    @property
    def seconds(self) -> float:
        """Length of what it stands for."""
        return len(self.ripple) * FRAME_SECONDS

    def shapes(self) -> Matrix:
        """Give the ripple at equal strength everywhere, (n_frames, 120): what is alike sounds alike."""
        return _even_out(self.ripple.astype(np.float32) / _STEPS_PER_DB)

    def movements(self) -> Matrix:
        """Give what changes in the ripple within half a second, (n_frames, 120): no two takes move alike."""
        ripple = self.ripple.astype(np.float32) / _STEPS_PER_DB
        return _even_out(ripple - moving_mean(ripple, _LEVEL_FRAMES))


def take_fingerprint(signal: NDArray[np.float32], sampling_rate: int) -> Fingerprint:
    """Compute the fingerprint of a signal.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,).
    sampling_rate
        Must be 8,000 Hz.

    Returns
    -------
    Fingerprint
        Empty for less than `LEAST_SECONDS`, and for less than `LEAST_SOUND_SECONDS` of anything but silence.

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is not one-dimensional or not finite.
    """
    if sampling_rate != SAMPLING_RATE:
        raise ValueError(f"fingerprints are defined at {SAMPLING_RATE} Hz, got {sampling_rate} Hz; resample first")
    if signal.ndim != 1 or not np.isfinite(signal).all():
        raise ValueError(f"signal must have shape (n_samples,) and be finite, got {signal.shape}")
    level_db = _level_db(_band_power(signal))
    ripple = level_db - moving_mean(level_db.T, _RIPPLE_BANDS).T
    is_sound = np.square(ripple).mean(axis=1) > _FLAT_DB
    if signal.size < LEAST_SECONDS * SAMPLING_RATE or is_sound.sum() * FRAME_SECONDS < LEAST_SOUND_SECONDS:
        return Fingerprint(np.zeros((0, N_BANDS), dtype=np.int8))
    return Fingerprint(np.clip(np.rint(ripple * _STEPS_PER_DB), -127, 127).astype(np.int8))


def moving_mean(rows: Matrix, width: int) -> Matrix:
    """Give the mean of ``width`` rows around each row; beyond the ends the last ones go on."""
    before, after = width // 2, width - 1 - width // 2
    padded = np.pad(rows, ((before + 1, after), (0, 0)), mode="edge")
    # The row that was added in front stands for the empty sum.
    sums = np.cumsum(padded, axis=0, dtype=np.float64)
    return np.asarray((sums[width:] - sums[:-width]) / width, dtype=np.float32)


def _even_out(ripple: Matrix) -> Matrix:
    strength = moving_mean(np.square(ripple).mean(axis=1, keepdims=True), _LEVEL_FRAMES)
    return np.asarray(ripple / np.sqrt(strength + _FLAT_DB), dtype=np.float32)


def _band_power(signal: NDArray[np.float32]) -> Matrix:
    """Give the power in every band, (n_frames, 120)."""
    padded = np.pad(np.asarray(signal, dtype=np.float32), _N_WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_WINDOW)[::HOP_LENGTH]
    powers = []
    for start in range(0, len(frames), _FRAMES_AT_ONCE):
        spectrum = np.fft.rfft(frames[start : start + _FRAMES_AT_ONCE] * _window(), _N_FFT, axis=1)
        powers.append((spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ _filters())
    return np.concatenate(powers)


def _level_db(power: Matrix) -> Matrix:
    """Give decibels above the floor: that of the loudest sounds, or of the recording's own noise if higher."""
    loudest = float(np.quantile(power, 0.995))
    if loudest <= np.finfo(np.float32).tiny:
        return np.zeros_like(power)
    in_frame = power.sum(axis=1)
    quiet = power[in_frame <= np.quantile(in_frame, _QUIET_SHARE)].mean(axis=0)
    noise = moving_mean(quiet[:, np.newaxis], BANDS_PER_OCTAVE // 2)[:, 0] * 10.0 ** (_ABOVE_NOISE_DB / 10.0)
    # Where there is no pause, the quietest frames hold speech; it must not be taken for noise.
    noise = np.minimum(noise, loudest * 10.0 ** (_MOST_NOISE_DB / 10.0))
    floor = np.maximum(noise, loudest * 10.0 ** (-_RANGE_DB / 10.0))
    return np.asarray(10.0 * np.log10(np.maximum(power / floor, 1.0)), dtype=np.float32)


@lru_cache(maxsize=1)
def _window() -> Matrix:
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_N_WINDOW) / _N_WINDOW), dtype=np.float32)


@lru_cache(maxsize=1)
def _filters() -> Matrix:
    """Give the triangles from bins to bands, (513, 120); at least two bins wide, each sums to 1."""
    bins_hz = np.fft.rfftfreq(_N_FFT, 1.0 / SAMPLING_RATE)
    edges_hz = _LOWEST_HZ * 2.0 ** (np.arange(-1, N_BANDS + 1) / BANDS_PER_OCTAVE)
    middle = edges_hz[1:-1]
    low = np.minimum(edges_hz[:-2], middle - bins_hz[1])
    high = np.maximum(edges_hz[2:], middle + bins_hz[1])
    rising = (bins_hz[:, np.newaxis] - low) / (middle - low)
    falling = (high - bins_hz[:, np.newaxis]) / (high - middle)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles / triangles.sum(axis=0), dtype=np.float32)
