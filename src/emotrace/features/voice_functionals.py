"""How a voice behaves over a clip: over two thousand statistics of its spectrum, pitch, rhythm and course.

For classic models of whole clips. Frames come from `_voice_frames`. Each block of the table below is one matrix
of frames, where it is looked at (all speech, the voiced or the unvoiced part of it), and which statistics are
taken; then come pitch, timing, the course over the quarters of the speech, modulation (how much bands of the
spectrum swell at which rates) and the long-term average spectrum. Pauses and the quiet ends of a clip are no
speech, so they need not be cut off.

Levels are in dB of full scale and count: clips of the same voice at another gain give other values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_rate
from emotrace.features._summary import numbered_names
from emotrace.features._syllables import intensity_db, nuclei_of, sounding_seconds
from emotrace.features._voice_frames import (
    N_CEPSTRUM,
    N_MELS,
    RATE,
    SHAPE_NAMES,
    Array,
    Mask,
    VoiceFrames,
    decibels,
    mel_power,
)

SAMPLING_RATE = RATE
LEVEL = "functionals"

_FULL = ("mean", "sd", "p05", "p25", "p50", "p75", "p95", "range", "skew", "kurtosis", "slope")
_PERCENTILES = (5, 25, 50, 75, 95)
_COLUMNS = {
    "mel": tuple(numbered_names("mel", N_MELS)),
    "cepstrum": tuple(numbered_names("cepstrum", N_CEPSTRUM)),
    "cepstrum_slope": tuple(numbered_names("cepstrum_slope", N_CEPSTRUM)),
    "cepstrum_bend": tuple(numbered_names("cepstrum_bend", N_CEPSTRUM)),
    "shape": SHAPE_NAMES,
    "shape_slope": tuple(f"{name}_change" for name in SHAPE_NAMES),
}
# Where, which matrix of frames, which statistics.
_BLOCKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("speech", "mel", _FULL),
    ("speech", "cepstrum", _FULL),
    ("speech", "cepstrum_slope", _FULL),
    ("speech", "cepstrum_bend", ("sd", "range")),
    ("speech", "shape", _FULL),
    ("speech", "shape_slope", _FULL),
    ("voiced", "mel", ("mean", "sd", "slope")),
    ("voiced", "cepstrum", _FULL),
    ("voiced", "shape", _FULL),
    ("unvoiced", "cepstrum", ("mean", "sd")),
    ("unvoiced", "shape", ("mean", "sd")),
)
_PITCH = ("pitch", "harmonics", "pitch_step", "pitch_step_size")
_PITCH_COURSE = ("pitch_first_third", "pitch_second_third", "pitch_last_third", "pitch_with_level")
_TIMING = (
    "speech_seconds",
    "speech_share",
    "voiced_share",
    "speech_share_within",
    "voiced_per_second",
    "voiced_seconds_mean",
    "voiced_seconds_sd",
    "voiced_seconds_max",
    "pauses_per_second",
    "pause_seconds_mean",
    "pause_seconds_max",
    "syllables_per_second",
    "syllables",
    "sounding_seconds",
)
_QUARTERS = 4
_N_COURSE_CEPSTRUM = 8
_MODULATION_HZ = (0.5, 1.5, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0)
_N_MODULATED = 8
_MODULATION_RANGE_DB = 60.0
_FRAMES_PER_SECOND = 100.0
_LEAST_VOICED = 8
"""Frames; with fewer, nothing is said of pitch, and all speech stands for the part that is voiced (or not)."""

_LOWEST_PITCH_HZ = 55.0
_OCTAVES_OFF_SEMITONES = 15.0
_JUMP_SEMITONES = 3.0


def _names() -> Iterator[str]:
    for where, matrix, taken in _BLOCKS:
        yield from (f"{where}_{column}_{name}" for column in _COLUMNS[matrix] for name in taken)
    yield from (f"{track}_{name}" for track in _PITCH for name in _FULL)
    yield from (*_PITCH_COURSE, *_TIMING)
    for quarter in range(1, _QUARTERS + 1):
        columns = (*SHAPE_NAMES, *_COLUMNS["cepstrum"][:_N_COURSE_CEPSTRUM])
        yield from (f"quarter_{quarter}_{column}" for column in columns)
    for band in ("level", *(f"band_{n}" for n in range(1, _N_MODULATED + 1))):
        yield from (f"modulation_{band}_from_{low:g}_hz".replace(".", "p") for low in _MODULATION_HZ[:-1])
    yield from (f"long_term_{column}" for column in _COLUMNS["mel"])


NAMES = tuple(_names())


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give the statistics of one clip.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        Must be 16,000 Hz.

    Returns
    -------
    ndarray of float32, one value for each of ``NAMES``

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is empty, not one-dimensional or not finite.
    """
    require_rate("voice-functionals", sampling_rate, SAMPLING_RATE)
    frames = VoiceFrames(signal)
    places = {
        "speech": frames.speech,
        "voiced": _or_all(frames.voiced, frames.speech),
        "unvoiced": _or_all(frames.speech & ~frames.voiced, frames.speech),
    }
    parts = [_take(getattr(frames, matrix)[places[where]], taken) for where, matrix, taken in _BLOCKS]
    parts += [_pitch(frames), _timing(frames), _course(frames), _modulation(frames), _long_term(frames)]
    return np.concatenate(parts).astype(np.float32)


def _or_all(part: Mask, whole: Mask) -> Mask:
    return part if part.sum() >= _LEAST_VOICED else whole


def _take(values: Array, taken: Sequence[str]) -> Array:
    """Give statistics of each column of (n_frames, n), those of one column side by side."""
    columns = [_FULL.index(name) for name in taken]
    return _statistics(values)[:, columns].ravel()


def _statistics(values: Array) -> Array:
    """Give the statistics `_FULL` of each column, (n, 11); ``slope`` is that of a straight line, per second."""
    mean = values.mean(axis=0)
    away = values - mean
    sd = np.sqrt((away**2).mean(axis=0))
    # What does not vary has no shape.
    unit = np.where(sd > 1e-9, sd, np.inf)
    is_varied = np.isfinite(unit)
    skew = (away**3).mean(axis=0) / unit**3
    kurtosis = (away**4).mean(axis=0) / unit**4 - 3.0 * is_varied
    percentiles = np.percentile(values, _PERCENTILES, axis=0)
    time = np.arange(len(values)) - (len(values) - 1) / 2.0
    slope = _FRAMES_PER_SECOND * (time @ away) / max(time @ time, 1.0)
    spread = percentiles[-1] - percentiles[0]
    return np.stack([mean, sd, *percentiles, spread, skew, kurtosis, slope], axis=1)


def _pitch(frames: VoiceFrames) -> Array:
    """Give pitch (semitones above 55 Hz), harmonics (dB), steps of pitch, and its course; 0 without a voice."""
    voiced = np.flatnonzero(frames.voiced)
    if voiced.size < _LEAST_VOICED:
        return np.zeros(len(_PITCH) * len(_FULL) + len(_PITCH_COURSE))
    semitones = 12.0 * np.log2(frames.f0 / _LOWEST_PITCH_HZ)
    own = semitones[voiced]
    is_own = np.abs(own - np.median(own)) < _OCTAVES_OFF_SEMITONES
    steps = np.diff(semitones)
    steps = steps[np.isfinite(steps)]
    steps = steps[np.abs(steps) < _JUMP_SEMITONES]
    steps = steps if steps.size > 3 else np.zeros(4)
    tracks = (own[is_own], frames.harmonics_db(voiced), steps, np.abs(steps))
    course = [third.mean() - own[is_own].mean() for third in np.array_split(own[is_own], 3)]
    together = _correlation(own[is_own], frames.level[voiced][is_own])
    return np.concatenate([*(_take(track[:, None], _FULL) for track in tracks), [*course, together]])


def _correlation(one: Array, other: Array) -> float:
    if min(one.std(), other.std()) < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _timing(frames: VoiceFrames) -> Array:
    within = _within(frames.speech)
    speech, voiced = frames.speech[within], frames.voiced[within]
    seconds = speech.size / _FRAMES_PER_SECOND
    voices, pauses = _runs_seconds(voiced), _runs_seconds(~speech)
    signal = frames.signal.astype(np.float32)
    times, intensity = intensity_db(signal, RATE)
    n_syllables = nuclei_of(times, intensity, *frames.pitch).size
    sounding = max(sounding_seconds(intensity), 0.05)
    numbers = [
        seconds,
        frames.speech.mean(),
        voiced.mean(),
        speech.mean(),
        voices.size / seconds,
        *((voices.mean(), voices.std(), voices.max()) if voices.size else (0.0, 0.0, 0.0)),
        pauses.size / seconds,
        *((pauses.mean(), pauses.max()) if pauses.size else (0.0, 0.0)),
        n_syllables / sounding,
        n_syllables,
        sounding,
    ]
    return np.array(numbers, dtype=np.float64)


def _within(speech: Mask) -> slice:
    """Give the stretch from the first to the last frame of speech."""
    found = np.flatnonzero(speech)
    return slice(int(found[0]), int(found[-1]) + 1)


def _runs_seconds(mask: Mask) -> Array:
    """Give how long each stretch of True lasts."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return np.asarray((edges[1::2] - edges[::2]) / _FRAMES_PER_SECOND)


def _course(frames: VoiceFrames) -> Array:
    """Give how the quarters of the speech differ from all of it."""
    tracks = np.hstack([frames.shape, frames.cepstrum[:, :_N_COURSE_CEPSTRUM]])
    places = np.flatnonzero(frames.speech)
    whole = tracks[places].mean(axis=0)
    return np.concatenate([tracks[part].mean(axis=0) - whole for part in np.array_split(places, _QUARTERS)])


def _modulation(frames: VoiceFrames) -> Array:
    """Give how much level and bands swell in each range of rates, log10 of power."""
    within = _within(frames.speech)
    bands = frames.mel[within].reshape(-1, _N_MODULATED, N_MELS // _N_MODULATED).mean(axis=2)
    tracks = np.hstack([_floored(frames.level[within])[:, None], _floored(bands)])
    tracks = (tracks - tracks.mean(axis=0)) * np.hanning(len(tracks))[:, None]
    n_fft = max(256, 1 << int(np.ceil(np.log2(len(tracks)))))
    power = np.abs(np.fft.rfft(tracks, n_fft, axis=0)) ** 2 / len(tracks)
    hz = np.fft.rfftfreq(n_fft, 1.0 / _FRAMES_PER_SECOND)
    ranges = pairwise(_MODULATION_HZ)
    in_ranges = [power[(hz >= low) & (hz < high)].mean(axis=0) for low, high in ranges]
    return np.log10(np.stack(in_ranges, axis=1) + 1e-6).ravel()


def _floored(db: Array) -> Array:
    return np.asarray(np.maximum(db, db.max() - _MODULATION_RANGE_DB))


def _long_term(frames: VoiceFrames) -> Array:
    return decibels(mel_power(frames.power[frames.speech].mean(axis=0)))
