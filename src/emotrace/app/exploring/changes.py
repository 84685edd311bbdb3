"""Augmentations of a clip, one preset beside the other, to be heard and seen."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any

import numpy as np

from emotrace import registry
from emotrace.app.exploring.heat import to_heat
from emotrace.app.exploring.look import Picture, mel_ticks
from emotrace.app.exploring.shelf import Shelf, Signal
from emotrace.errors import DecodeError
from emotrace.learn.augment._pictures import N_BANDS, mel_spectrogram_db
from emotrace.learn.explore.examples import LONGEST_SECONDS
from emotrace.learn.pictures._sound import SAMPLING_RATE, Sound, encode_sound
from emotrace.types import Utterance

_RANGE_DB = 70.0
_LOUDEST_PLAYED = 0.999
_HIGHEST_HZ = SAMPLING_RATE / 2.0
_LONGEST_PLAYED = 1.5 * LONGEST_SECONDS


@dataclass(frozen=True, slots=True)
class Change:
    """A clip as it was, or as a preset of an augmentation made it.

    Attributes
    ----------
    name
        Of the preset; ``original`` for the clip itself.
    parameters
        What the preset says, in words.
    seconds
        How long the result is.
    sound
        None where only the spectrogram is changed, and there is nothing to hear.
    picture
        Mel bands; all of one clip share their colours, so that a louder copy looks brighter.
    is_lowered
        Whether it was beyond full scale and is played quieter.
    """

    name: str
    parameters: str
    seconds: float
    sound: Sound | None
    picture: Picture
    is_lowered: bool = False


def list_augmentations() -> dict[str, str]:
    """Give what each augmentation does, by name."""
    return {name: _about(registry.load("augmentation", name)) for name in registry.names("augmentation")}


def make_changes(shelf: Shelf, utterance: Utterance, name: str, seed: int) -> Iterator[Change]:
    """Give the first eight seconds of a clip as they are, then as every preset of an augmentation makes them.

    Raises
    ------
    EmotraceError
        If there is no such augmentation, or the clip cannot be read.
    """
    module = registry.load("augmentation", name)
    signal = shelf.read(utterance, SAMPLING_RATE)[: round(LONGEST_SECONDS * SAMPLING_RATE)]
    if not signal.size:
        raise DecodeError(f"{utterance.file}: holds no samples")
    original = mel_spectrogram_db(signal, SAMPLING_RATE)
    loudest = float(original.max())
    yield _change("original", "", signal, original, loudest)
    for preset, augmentation in module.PRESETS.items():
        # Every preset draws for itself, as in `emotrace augment preview`.
        rng = np.random.default_rng([seed, zlib.crc32(f"{name}:{preset}".encode())])
        if module.LEVEL == "signal":
            # Twice as loud and twice as long is all that any preset does; more would not be shown.
            changed = augmentation(signal, SAMPLING_RATE, rng)[: round(_LONGEST_PLAYED * SAMPLING_RATE)]
            matrix = mel_spectrogram_db(changed, SAMPLING_RATE)
            yield _change(preset, _parameters(augmentation), changed, matrix, loudest)
        else:
            masked = augmentation(original, rng)
            yield _change(preset, _parameters(augmentation), None, masked, loudest, signal.size / SAMPLING_RATE)


def _change(
    name: str, parameters: str, signal: Signal | None, matrix: Any, loudest: float, seconds: float = 0.0
) -> Change:
    png = to_heat(matrix, loudest - _RANGE_DB, loudest, "spectrum")
    picture = Picture("Mel bands", f"mel bands, {name}", png, mel_ticks(N_BANDS, _HIGHEST_HZ, (500, 2_000)))
    if signal is None:
        return Change(name, parameters, seconds, None, picture)
    peak = float(np.abs(signal).max(initial=0.0))
    is_lowered = peak > 1.0
    played = signal * np.float32(_LOUDEST_PLAYED / peak) if is_lowered else signal
    return Change(name, parameters, signal.size / SAMPLING_RATE, encode_sound(played), picture, is_lowered)


def _about(module: ModuleType) -> str:
    return (module.__doc__ or "").partition("\n")[0].rstrip(".")


def _parameters(augmentation: Any) -> str:
    given = {entry.name: getattr(augmentation, entry.name) for entry in fields(augmentation) if entry.repr}
    return ", ".join(
        f"{key.replace('_', ' ')} {_show(value)}" for key, value in given.items() if value is not None
    )


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " to ".join(_show(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
