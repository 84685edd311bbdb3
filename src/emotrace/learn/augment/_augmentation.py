"""What every augmentation of a signal is: parameters, a draw of random values, and a pure function of both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import DecodeError, UsageError

Signal = NDArray[np.float32]
Drawn = TypeVar("Drawn")

# What chains of loud steps may reach, and integers that were not divided by their range never stay under.
_LOUDEST = 100.0


class SignalAugmentation(ABC, Generic[Drawn]):
    """A change of the voice, the room or the line; subclasses are frozen dataclasses of their parameters.

    Calling it checks the signal, draws, and applies. The two halves can be called alone: `draw` knows nothing of
    the samples, and `apply` is a pure function, so that one draw can be applied to many signals of one length.

    Silence stays silence, and no output is ever NaN or infinite. Outputs are float32; unless the module says
    that it clips, sums may reach beyond [-1, 1].
    """

    def __call__(self, signal: Signal, sampling_rate: int, rng: np.random.Generator) -> Signal:
        """Give a changed copy of a signal.

        Parameters
        ----------
        signal
            Floats in [-1, 1], shape (n_samples,), at least one sample.
        sampling_rate
            In Hz, a whole number from 1,000 on.
        rng
            What the random values are drawn from.

        Returns
        -------
        ndarray of float32, shape (n_samples,), or another length where the module's ``KEEPS_LENGTH`` is False

        Raises
        ------
        DecodeError
            If the signal is empty, or holds samples that are NaN, infinite or far beyond [-1, 1].
        UsageError
            If it is no signal of one channel in floats, or rate or generator are of another kind.
        """
        samples = check_signal(name_of(self), signal, sampling_rate)
        if not isinstance(rng, np.random.Generator):
            raise UsageError(
                f"{name_of(self)}: rng is {type(rng).__name__}; give a numpy.random.Generator, "
                "for instance numpy.random.default_rng(1)"
            )
        return self.apply(samples, sampling_rate, self.draw(samples.size, sampling_rate, rng))

    @abstractmethod
    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> Drawn:
        """Draw the random values for a signal of this length and rate."""

    @abstractmethod
    def apply(self, signal: Signal, sampling_rate: int, drawn: Drawn) -> Signal:
        """Give a copy of a signal that has been checked, changed by the values drawn and by nothing else."""


def name_of(augmentation: object) -> str:
    """Give the name an augmentation is found by: that of its module."""
    return type(augmentation).__module__.rpartition(".")[2].replace("_", "-")


def check_signal(name: str, signal: Any, sampling_rate: Any) -> Signal:
    """Give the samples as contiguous float32; raise in one line, naming who asked, for what is no signal."""
    samples = np.asarray(signal)
    if not np.issubdtype(samples.dtype, np.floating):
        raise UsageError(
            f"{name}: the samples are {samples.dtype}; give floats in [-1, 1], integers / their range"
        )
    if samples.ndim != 1:
        raise UsageError(f"{name}: the signal has shape {samples.shape}; give one channel, of shape (n_samples,)")
    is_whole = isinstance(sampling_rate, int | np.integer) and not isinstance(sampling_rate, bool)
    if not is_whole or sampling_rate < 1_000:
        raise UsageError(f"{name}: the sampling rate is {sampling_rate!r}; give whole Hz, at least 1000")
    if not samples.size:
        raise DecodeError(f"{name}: the signal is empty; give at least one sample")
    loudest = float(np.abs(samples).max())
    if not np.isfinite(loudest):
        raise DecodeError(f"{name}: the signal holds samples that are NaN or infinite; leave this clip out")
    if loudest > _LOUDEST:
        raise DecodeError(f"{name}: samples reach {loudest:g}; a signal lies in [-1, 1]: divide by its full scale")
    return np.ascontiguousarray(samples, dtype=np.float32)
