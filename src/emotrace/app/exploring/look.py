"""A clip seen and heard: a small copy to play, its waveform, and four pictures of its sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.app.exploring.heat import to_heat
from emotrace.app.exploring.shelf import Shelf, Signal
from emotrace.audio.resample import resample
from emotrace.errors import DecodeError
from emotrace.features.log_mel import hz_to_mel
from emotrace.learn.explore.examples import LONGEST_SECONDS, SAMPLING_RATE, Analysis, analyse, linear_bins_hz
from emotrace.learn.pictures._sound import SAMPLING_RATE as SOUND_RATE
from emotrace.learn.pictures._sound import Sound, encode_sound
from emotrace.types import Utterance

HIGHEST_HZ = 8_000.0
_RANGE_DB = 70.0
_MFCC_RANGE = 2.5
# Frames within 20 dB of the loudest are shown at full strength.
_HEARD = 0.1
_N_WAVE = 600
_MOST_BINS = 256
_TICKS_HZ = (500, 1_000, 2_000, 4_000, 8_000)
_PITCH_CLASSES = ((0, "C"), (4, "E"), (7, "G"), (9, "A"))


@dataclass(frozen=True, slots=True)
class Picture:
    """A matrix over time, drawn.

    Attributes
    ----------
    name, words
        What it is called, and what is seen in it.
    png
        Without axes.
    ticks
        What to write at which height, 0 (bottom) to 1.
    """

    name: str
    words: str
    png: bytes
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """A clip, or its first eight seconds.

    Attributes
    ----------
    seconds
        Of what is shown.
    is_cut
        Whether the clip itself is longer.
    sound
        To be played.
    wave
        Lowest and highest sample of many equal stretches, -1 to 1, (n, 2).
    pictures
        Spectrogram, mel bands, MFCC, chroma.
    """

    seconds: float
    is_cut: bool
    sound: Sound
    wave: tuple[tuple[float, float], ...]
    pictures: tuple[Picture, ...]


def read_clip(shelf: Shelf, utterance: Utterance) -> tuple[Signal, bool]:
    """Read the first eight seconds of a clip at 22,050 Hz; give whether there is more of it.

    Raises
    ------
    EmotraceError
        If it cannot be read, or is empty.
    """
    signal = shelf.read(utterance, SAMPLING_RATE)
    if not signal.size:
        raise DecodeError(f"{utterance.file}: holds no samples")
    n_shown = round(LONGEST_SECONDS * SAMPLING_RATE)
    return np.ascontiguousarray(signal[:n_shown]), signal.size > n_shown


def look_at(shelf: Shelf, utterance: Utterance) -> Look:
    """Look at a clip of a shelf; raises as `read_clip`."""
    signal, is_cut = read_clip(shelf, utterance)
    return look_at_signal(signal, is_cut)


def look_at_signal(signal: Signal, is_cut: bool = False) -> Look:
    """Look at a signal at 22,050 Hz, shape (n_samples,), at least one sample."""
    found = analyse(signal)
    return Look(
        seconds=found.seconds,
        is_cut=is_cut,
        sound=encode_sound(resample(signal, SAMPLING_RATE, SOUND_RATE)),
        wave=outline(signal),
        pictures=(_spectrogram(found), _mel(found), _mfcc(found), _chroma(found)),
    )


def outline(signal: Signal, n: int = _N_WAVE) -> tuple[tuple[float, float], ...]:
    """Give the lowest and highest sample of ``n`` stretches, or of every sample if there are fewer.

    >>> outline(np.array([0.0, 0.5, -0.25, 0.25], np.float32), 2)
    ((0.0, 0.5), (-0.25, 0.25))
    """
    parts = np.array_split(signal, min(n, signal.size))
    return tuple((float(part.min()), float(part.max())) for part in parts)


def mel_ticks(
    n_bands: int, highest_hz: float, ticks_hz: tuple[int, ...] = _TICKS_HZ
) -> tuple[tuple[float, str], ...]:
    """Say at which height of a picture of mel bands some frequencies lie."""
    shown = [hz for hz in ticks_hz if hz <= highest_hz]
    mels = hz_to_mel(np.array([*shown, highest_hz], dtype=np.float64))
    heights = (mels[:-1] / mels[-1] * (n_bands + 1) - 0.5) / n_bands
    return tuple(
        (float(min(height, 1.0)), f"{hz / 1000:g} kHz") for height, hz in zip(heights, shown, strict=True)
    )


def _spectrogram(found: Analysis) -> Picture:
    power = _shrink(found.power_db[:, linear_bins_hz() <= HIGHEST_HZ])
    ticks = tuple((khz * 1000.0 / HIGHEST_HZ, f"{khz} kHz") for khz in (2, 4, 6))
    words = "the strength of every frequency over time; the lines of a voice are its harmonics"
    return Picture("Spectrogram", words, _loud(power), ticks)


def _mel(found: Analysis) -> Picture:
    words = "the same on the ear's scale, in 128 bands: wide where the ear is coarse"
    n_bands = found.mel_db.shape[1]
    return Picture("Mel bands", words, _loud(found.mel_db), mel_ticks(n_bands, SAMPLING_RATE / 2.0))


def _mfcc(found: Analysis) -> Picture:
    # The first says how loud it is; of the others the lowest would outshine all on one scale.
    others = found.mfcc[:, 1:].astype(np.float64)
    others = (others - others.mean(axis=0)) / np.maximum(others.std(axis=0), 1e-3)
    n = found.mfcc.shape[1]
    ticks = tuple(((k - 1.5) / (n - 1), str(k)) for k in (5, 10, 15, 20))
    words = "cepstral coefficients 2 to 20, the shape of the spectrum: above (red) and below (blue) their own mean"
    return Picture("MFCC", words, to_heat(others, -_MFCC_RANGE, _MFCC_RANGE, "diverging"), ticks)


def _chroma(found: Analysis) -> Picture:
    # Where it is all but silent the strongest pitch class is that of the noise.
    loudness = np.clip(found.rms / (_HEARD * max(float(found.rms.max()), 1e-9)), 0.0, 1.0)
    chroma = found.chroma * loudness[:, np.newaxis]
    ticks = tuple(((k + 0.5) / 12.0, name) for k, name in _PITCH_CLASSES)
    return Picture(
        "Chroma", "which of the twelve notes is heard, in any octave", to_heat(chroma, 0, 1, "greys"), ticks
    )


def _loud(matrix: NDArray[np.floating]) -> bytes:
    loudest = float(matrix.max())
    return to_heat(matrix, loudest - _RANGE_DB, loudest, "spectrum")


def _shrink(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """Take the loudest of neighbouring rows together: no screen shows more."""
    step = -(-matrix.shape[1] // _MOST_BINS)
    return np.maximum.reduceat(matrix, np.arange(0, matrix.shape[1], step), axis=1)
