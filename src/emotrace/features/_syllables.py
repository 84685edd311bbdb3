"""Syllables: their nuclei are peaks of loudness in a voice, with dips between them.

After de Jong and Wempe, "Praat script to detect syllable nuclei and measure speech rate automatically" (Behavior
Research Methods 41, 2009): a nucleus is a peak of the intensity, at most 25 dB below the loudest, with a dip of at
least 2 dB on either side, in a voiced place. No words are recognised: it is a proxy, which follows how fast
somebody speaks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.resample import resample
from emotrace.features._level import check_signal
from emotrace.features._pitch import HOP_SECONDS, SAMPLING_RATE, Array, pitch_hz

SILENCE_DB = 25.0
"""What lies further below the loudest is a pause."""

DIP_DB = 2.0
"""How deep the valley between two nuclei is at least."""

PAUSE_SECONDS = 0.3
"""A shorter silence belongs to the speech around it."""

_WINDOW_SECONDS = 0.064
_HOP = round(HOP_SECONDS * SAMPLING_RATE)


def syllable_nuclei(signal: NDArray[np.floating], sampling_rate: int) -> Array:
    """Find the nuclei of syllables.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), of one voice.
    sampling_rate
        In Hz.

    Returns
    -------
    ndarray of float64, shape (n_syllables,)
        Their times in seconds.

    Raises
    ------
    UsageError
        If the signal has another shape, or samples that are NaN or infinite.
    """
    times, intensity = intensity_db(signal, sampling_rate)
    return nuclei_of(times, intensity, *pitch_hz(signal, sampling_rate))


def intensity_db(signal: NDArray[np.floating], sampling_rate: int) -> tuple[Array, Array]:
    """Give the intensity every 10 ms below its loudest (99 % quantile), in dB; minus infinity in digital
    silence."""
    samples = check_signal(signal, sampling_rate)
    samples = resample(samples.astype(np.float32), sampling_rate, SAMPLING_RATE).astype(np.float64)
    size = round(_WINDOW_SECONDS * SAMPLING_RATE)
    if samples.size == 0:
        return np.empty(0), np.empty(0)
    power = np.pad(np.square(samples - samples.mean()), size // 2)
    window = np.hanning(size + 2)[1:-1]
    smooth = np.lib.stride_tricks.sliding_window_view(power, size)[::_HOP] @ (window / window.sum())
    times = np.arange(smooth.size) * _HOP / SAMPLING_RATE
    loudest = np.quantile(smooth, 0.99)
    if loudest <= 0.0:
        return times, np.full(smooth.size, -np.inf)
    with np.errstate(divide="ignore"):
        return times, 10.0 * np.log10(smooth / loudest)


def silence_db(intensity: Array) -> float:
    """Give the intensity below which nobody is taken to speak.

    It lies 25 dB below the loudest. Where the background (the 5 % quantile) is louder than -33 dB, it lies above
    the background by a quarter of the way to the loudest.
    """
    background = float(np.quantile(np.maximum(intensity, -10.0 * SILENCE_DB), 0.05))
    return max(-SILENCE_DB, 0.75 * background)


def nuclei_of(times: Array, intensity: Array, pitch_times: Array, f0: Array) -> Array:
    """Give the times of the nuclei, from the intensity and the pitch of the same signal."""
    if f0.size == 0:
        return np.empty(0)
    peaks = times[_peaks_between_dips(intensity, silence_db(intensity))]
    nearest = np.clip(np.rint((peaks - pitch_times[0]) / HOP_SECONDS).astype(np.intp), 0, f0.size - 1)
    is_near = np.abs(pitch_times[nearest] - peaks) <= 2.0 * HOP_SECONDS
    return np.asarray(peaks[is_near & np.isfinite(f0[nearest])])


def sounding_seconds(intensity: Array) -> float:
    """Say for how long somebody is to be heard: pauses of 0.3 s and more are left out."""
    if intensity.size == 0:
        return 0.0
    loud = np.flatnonzero(intensity >= silence_db(intensity))
    if loud.size == 0:
        return 0.0
    gaps = np.diff(loud)
    n_paused = gaps[gaps >= round(PAUSE_SECONDS / HOP_SECONDS)].sum()
    return float(loud[-1] - loud[0] + 1 - n_paused) * HOP_SECONDS


def _peaks_between_dips(intensity: Array, silence: float) -> list[int]:
    """Find the highest places between valleys that lie at least 2 dB below them; all that is silence is one
    level."""
    peaks: list[int] = []
    top, bottom, best = -np.inf, np.inf, 0
    is_rising = True
    for i, value in enumerate(np.maximum(intensity, silence - DIP_DB).tolist()):
        if value > top:
            top, best = value, i
        bottom = min(bottom, value)
        if is_rising and value < top - DIP_DB:
            if top >= silence:
                peaks.append(best)
            bottom, is_rising = value, False
        elif not is_rising and value > bottom + DIP_DB:
            top, best, is_rising = value, i, True
    # A voice may be cut off on its last syllable.
    if is_rising and top >= silence:
        peaks.append(best)
    return peaks
