"""SpecAugment: stretches of time and of frequency of a spectrogram are hidden.

D. S. Park et al. (2019), "SpecAugment: a simple data augmentation method for automatic speech recognition",
Interspeech (arXiv:1904.08779). The presets are the paper's policies, made for 80 mel bands every 10 ms; its time
warping, which by its own account matters least, is left out. What is hidden takes the mean of the whole matrix.

It changes matrices, not signals, hence its own signature: ``(spectrogram, rng)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import DecodeError, UsageError
from emotrace.learn.augment._range import check_range

LEVEL = "spectrogram"
KEEPS_LENGTH = True

Matrix = NDArray[np.float32]
Masks = tuple[NDArray[np.bool_], NDArray[np.bool_]]

_MOST = 1_000_000


@dataclass(frozen=True)
class SpecAugment:
    """Hide stretches of a matrix of shape (n_frames, n_bands), such as log-mels.

    Parameters
    ----------
    n_band_masks, widest_bands
        How many stretches of bands, and how wide they may be: each draws its width from 0 up to this.
    n_time_masks, widest_frames
        The same in time.
    widest_share
        The longest stretch of time as a share of all frames, 0 to 1.
    """

    n_band_masks: int = 2
    widest_bands: int = 15
    n_time_masks: int = 2
    widest_frames: int = 70
    widest_share: float = 0.2

    def __post_init__(self) -> None:
        for key in ("n_band_masks", "widest_bands", "n_time_masks", "widest_frames"):
            value = getattr(self, key)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
                raise UsageError(f"spec-augment: {key} is {value!r}; it must be a whole number from 0 to {_MOST}")
        check_range("spec-augment: widest_share", (self.widest_share, self.widest_share), 0.0, 1.0)

    def __call__(self, spectrogram: Matrix, rng: np.random.Generator) -> Matrix:
        """Give a copy with stretches hidden.

        Parameters
        ----------
        spectrogram
            Floats of shape (n_frames, n_bands), at least one of each, in any unit.
        rng
            What the masks are drawn from.

        Raises
        ------
        DecodeError
            If the matrix is empty or not finite.
        UsageError
            If it is no matrix of floats, or ``rng`` no generator.
        """
        matrix = _check_matrix(spectrogram)
        if not isinstance(rng, np.random.Generator):
            raise UsageError(
                f"spec-augment: rng is {type(rng).__name__}; give a numpy.random.Generator, "
                "for instance numpy.random.default_rng(1)"
            )
        return self.apply(matrix, self.draw(len(matrix), matrix.shape[1], rng))

    def draw(self, n_frames: int, n_bands: int, rng: np.random.Generator) -> Masks:
        """Draw which frames (n_frames,) and which bands (n_bands,) are hidden."""
        longest = min(self.widest_frames, int(self.widest_share * n_frames))
        return (
            _draw_mask(n_frames, self.n_time_masks, longest, rng),
            _draw_mask(n_bands, self.n_band_masks, min(self.widest_bands, n_bands), rng),
        )

    def apply(self, spectrogram: Matrix, drawn: Masks) -> Matrix:
        """Put the mean in place of what is hidden."""
        frames, bands = drawn
        mean = np.float32(spectrogram.mean(dtype=np.float64))
        return np.where(frames[:, np.newaxis] | bands, mean, spectrogram)


def _draw_mask(size: int, n_masks: int, widest: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=np.bool_)
    for _ in range(n_masks):
        width = int(rng.integers(0, widest, endpoint=True))
        start = int(rng.integers(0, size - width, endpoint=True))
        mask[start : start + width] = True
    return mask


def _check_matrix(spectrogram: Any) -> Matrix:
    matrix = np.asarray(spectrogram)
    if matrix.ndim != 2 or not np.issubdtype(matrix.dtype, np.floating):
        raise UsageError(
            f"spec-augment: got {matrix.dtype} of shape {matrix.shape}; give floats of shape (n_frames, n_bands)"
        )
    if not matrix.size:
        raise DecodeError(f"spec-augment: the matrix is empty, of shape {matrix.shape}; give at least one frame")
    if not np.isfinite(matrix).all():
        raise DecodeError("spec-augment: the matrix holds values that are NaN or infinite; leave this clip out")
    return np.ascontiguousarray(matrix, dtype=np.float32)


PRESETS: Mapping[str, SpecAugment] = {
    "default": SpecAugment(),
    "librispeech-basic": SpecAugment(1, 27, 1, 100, 1.0),
    "librispeech-double": SpecAugment(2, 27, 2, 100, 1.0),
    "switchboard-mild": SpecAugment(2, 15, 2, 70, 0.2),
    "switchboard-strong": SpecAugment(2, 27, 2, 70, 0.2),
}
