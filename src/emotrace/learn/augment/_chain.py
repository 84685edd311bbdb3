"""Augmentations by their names, one after another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from emotrace import registry
from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.augment._augmentation import Signal, check_signal


class Augmentation(Protocol):
    """Whatever changes a signal; own ones are `SignalAugmentation`, those of other packages need not be."""

    def __call__(self, signal: Signal, sampling_rate: int, rng: np.random.Generator, /) -> Signal:
        """Give a changed copy."""


@dataclass(frozen=True)
class Chain:
    """Augmentations applied in order, all drawing from one generator; an empty chain leaves a signal as it is."""

    steps: tuple[Augmentation, ...] = ()

    def __call__(self, signal: Signal, sampling_rate: int, rng: np.random.Generator) -> Signal:
        """Give a changed copy of a signal; arguments and errors as those of `SignalAugmentation`."""
        signal = check_signal("chain", signal, sampling_rate).copy()
        for step in self.steps:
            signal = step(signal, sampling_rate, rng)
        return signal


def find_augmentation(text: str) -> Any:
    """Give an augmentation by its name, ``noise``, or by name and preset, ``noise:quality-assurance``.

    Raises
    ------
    UnknownNameError
        If there is no such augmentation or preset; near ones are named.
    """
    name, _, preset = text.partition(":")
    presets = registry.load("augmentation", name.strip()).PRESETS
    wanted = preset.strip().lower().replace("_", "-") or "default"
    if wanted not in presets:
        raise UnknownNameError(f"preset of {name.strip()}", preset.strip(), presets)
    return presets[wanted]


def make_chain(texts: Iterable[str]) -> Chain:
    """Give the chain of augmentations named as in `find_augmentation`.

    Raises
    ------
    UnknownNameError
        If a name is not known.
    UsageError
        If one changes spectrograms, not signals, or ``texts`` is one text.

    >>> make_chain(["noise:avatar", "pitch-shift:capstone"]).steps
    (Noise(amount=0.015), PitchShift(semitones=0.7))
    """
    if isinstance(texts, str):
        raise UsageError(f"a chain is a list of names, not one text; give ['{texts}']")
    steps = []
    for text in texts:
        step = find_augmentation(text)
        if registry.load("augmentation", text.partition(":")[0].strip()).LEVEL != "signal":
            raise UsageError(f"'{text}' changes spectrograms, not signals: it cannot stand in a chain of signals")
        steps.append(step)
    return Chain(tuple(steps))
