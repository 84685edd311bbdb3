"""How something is said: loudness, pitch and pace of a stretch of one voice, for people to read beside its
emotion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.features._level import speech_level_dbfs
from emotrace.features._pitch import HOP_SECONDS, Array, pitch_hz
from emotrace.features._syllables import intensity_db, nuclei_of, sounding_seconds, syllable_nuclei

__all__ = ["Prosody", "measure_prosody", "pitch_hz", "speech_level_dbfs", "syllable_nuclei"]

LEAST_VOICE_SECONDS = 0.1
"""With less voice than this nothing is said of its pitch."""

LEAST_SOUNDING_SECONDS = 0.5
"""With less speech than this nothing is said of its pace."""


@dataclass(frozen=True)
class Prosody:
    """How a stretch of speech was said.

    Attributes
    ----------
    level_dbfs
        RMS level of the speech without its pauses, in dB of full scale; -120 in silence.
    pitch_median_hz, pitch_low_hz, pitch_high_hz
        Median, 10th and 90th percentile of the fundamental frequency, without what lies below 0.75 of its lower or
        above 1.5 of its upper quartile; None with less than 0.1 s of voice.
    pitch_range_semitones
        From low to high.
    syllables_per_second
        Syllable nuclei per second of speech, pauses of 0.3 s and more left out; None with less than 0.5 s of it,
        or where no syllable is found.
    """

    level_dbfs: float
    pitch_median_hz: float | None
    pitch_low_hz: float | None
    pitch_high_hz: float | None
    pitch_range_semitones: float | None
    syllables_per_second: float | None


def measure_prosody(signal: NDArray[np.floating], sampling_rate: int) -> Prosody:
    """Measure loudness, pitch and pace of one voice.

    Gain changes ``level_dbfs`` and nothing else.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), for instance one turn of a call.
    sampling_rate
        In Hz; a telephone's 8000 is enough.

    Raises
    ------
    UsageError
        If the signal has another shape, or samples that are NaN or infinite.

    Examples
    --------
    >>> tone = 0.5 * np.sign(np.sin(2 * np.pi * 200 * np.arange(8000) / 8000))
    >>> prosody = measure_prosody(tone, 8000)
    >>> round(prosody.level_dbfs), round(prosody.pitch_median_hz)
    (-6, 200)
    """
    times, f0 = pitch_hz(signal, sampling_rate)
    low, median, high = _pitch(f0)
    return Prosody(
        level_dbfs=speech_level_dbfs(signal, sampling_rate),
        pitch_median_hz=median,
        pitch_low_hz=low,
        pitch_high_hz=high,
        pitch_range_semitones=None if low is None or high is None else 12.0 * float(np.log2(high / low)),
        syllables_per_second=_pace(signal, sampling_rate, times, f0),
    )


def _pitch(f0: Array) -> tuple[float | None, float | None, float | None]:
    voiced = f0[np.isfinite(f0)]
    if voiced.size * HOP_SECONDS < LEAST_VOICE_SECONDS:
        return None, None, None
    # Creaks, and formants that ring in a telephone's codec, pass for voices of their own, octaves away from the
    # speaker's. The bounds are those of Hirst's two-pass method (Proc. ICPhS XVI, 2007).
    lower, upper = np.percentile(voiced, (25, 75))
    voiced = voiced[(voiced >= 0.75 * lower) & (voiced <= 1.5 * upper)]
    low, median, high = np.percentile(voiced, (10, 50, 90)).tolist()
    return low, median, high


def _pace(signal: NDArray[np.floating], sampling_rate: int, times: Array, f0: Array) -> float | None:
    intensity_times, intensity = intensity_db(signal, sampling_rate)
    seconds = sounding_seconds(intensity)
    n_syllables = nuclei_of(intensity_times, intensity, times, f0).size
    return n_syllables / seconds if seconds >= LEAST_SOUNDING_SECONDS and n_syllables > 0 else None
