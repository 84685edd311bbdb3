"""A recording as it would have been under a condition: what a file of 16 bits would hold of it."""

from __future__ import annotations

import functools
import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace import registry
from emotrace.audio.resample import resample
from emotrace.errors import DecodeError
from emotrace.learn.augment.background import SOUNDS, Background
from emotrace.learn.augment.codec import CODECS
from emotrace.learn.robustness.conditions import Condition

Signal = NDArray[np.float32]

_FULL_SCALE = 32_768.0
_BACKGROUND_SECONDS, _N_BACKGROUNDS = 20.0, 6


def alter(signal: Signal, sampling_rate: int, condition: Condition, rng: np.random.Generator) -> Signal:
    """Give a copy of a signal as it is under ``condition``.

    Copies louder than full scale are turned down to it (but for ``gain`` and ``clip``, which cut), and all are
    rounded to 16 bits, as recorders do. What is not changed at all is not rounded either.

    Parameters
    ----------
    signal
        Shape (n_samples,), float32 in [-1, 1].
    sampling_rate
        In Hz.
    condition
        What happens to it.
    rng
        What noise, babble and echoes are drawn from; see `draw_for`.

    Raises
    ------
    DecodeError
        If the codec refuses this clip.
    """
    if condition.change == "none":
        return signal.copy()
    if condition.change == "crop":
        return crop_middle(signal, sampling_rate, condition.parameters["seconds"])
    if condition.change == "white-noise":
        snr_db = condition.parameters["snr_db"]
        noise = rng.standard_normal(signal.size)
        altered = Background(snr_db=snr_db).apply(signal, sampling_rate, (noise, snr_db))
    else:
        altered = _augment(signal, sampling_rate, condition, rng)
    return _as_16_bits(altered)


def crop_middle(signal: Signal, sampling_rate: int, seconds: float) -> Signal:
    """Give the middle of a signal; all of one that is no longer.

    >>> crop_middle(np.arange(6, dtype=np.float32), 2, 1.0)
    array([2., 3.], dtype=float32)
    """
    n_samples = round(seconds * sampling_rate)
    start = max(0, (signal.size - n_samples) // 2)
    return signal[start : start + n_samples].copy()


def is_clipped(signal: Signal) -> bool:
    """Say whether three samples in a row lie at the end of the scale.

    >>> is_clipped(np.array([0.2, 1.0, 0.3])), is_clipped(np.array([0.2, -1.0, -1.0, -1.0]))
    (False, True)
    """
    at_end = np.abs(signal) >= 1.0 - 1.0 / _FULL_SCALE
    return bool((at_end[2:] & at_end[1:-1] & at_end[:-2]).any())


def draw_for(condition: Condition, clip: int, seed: int) -> np.random.Generator:
    """Give the generator for one clip, the same whatever else is judged, in whatever order."""
    return np.random.default_rng([seed, zlib.crc32((condition.family or condition.name).encode()), clip])


def why_impossible(condition: Condition) -> str | None:
    """Say why a condition cannot be had on this machine; None if it can."""
    if condition.change != "codec":
        return None
    import soundfile

    container, coding, _ = CODECS[condition.parameters["codec"]]
    try:
        is_known = bool(soundfile.check_format(container, coding))
    except ValueError:
        is_known = False
    if is_known:
        return None
    version = soundfile.__libsndfile_version__
    return (
        f"libsndfile {version} cannot write {container}/{coding}; install soundfile 0.13 or later from its wheel"
    )


def measure_bit_rate(condition: Condition, signals: Sequence[Signal], sampling_rate: int) -> float | None:
    """Give the kbit/s, container included, that a codec makes of some signals; None for what is no codec."""
    if condition.change != "codec" or not signals:
        return None
    import soundfile

    container, coding, rates = CODECS[condition.parameters["codec"]]
    rate = next((rate for rate in rates if rate >= sampling_rate), rates[-1])
    n_bytes = 0
    for signal in signals:
        samples = np.clip(resample(signal, sampling_rate, rate), -1.0, 1.0)
        with io.BytesIO() as file:
            compression = condition.parameters["compression"]
            soundfile.write(file, samples, rate, format=container, subtype=coding, compression_level=compression)
            n_bytes += len(file.getvalue())
    return round(8e-3 * n_bytes / (sum(signal.size for signal in signals) / sampling_rate), 1)


def _augment(signal: Signal, sampling_rate: int, condition: Condition, rng: np.random.Generator) -> Signal:
    import soundfile

    parameters = dict(condition.parameters)
    if condition.change == "background":
        parameters |= {"signals": _backgrounds(parameters["sound"], sampling_rate), "signals_rate": sampling_rate}
    kind: Any = type(registry.load("augmentation", condition.change).PRESETS["default"])
    try:
        altered: Signal = kind(**parameters)(signal, sampling_rate, rng)
    except soundfile.LibsndfileError as error:
        raise DecodeError(f"condition '{condition.name}': {error}; leave this clip or the condition out") from None
    return altered


@functools.cache
def _backgrounds(sound: str, sampling_rate: int) -> tuple[Signal, ...]:
    """Make two minutes of a background, of which clips hear a stretch: talkers cost more than judging."""
    rng = np.random.default_rng(0)
    n_samples = round(_BACKGROUND_SECONDS * sampling_rate)
    made = (SOUNDS[sound](n_samples, sampling_rate, rng) for _ in range(_N_BACKGROUNDS))
    # Level is nothing here, but no signal lies beyond full scale.
    return tuple(np.asarray(background / np.abs(background).max(), dtype=np.float32) for background in made)


def _as_16_bits(signal: Signal) -> Signal:
    loudest = float(np.abs(signal).max())
    levels = np.rint(signal / np.float32(max(loudest, 1.0)) * _FULL_SCALE)
    return np.asarray(np.clip(levels, -_FULL_SCALE, _FULL_SCALE - 1.0) / _FULL_SCALE, dtype=np.float32)
