"""What networks are shown: checked inputs, cut into batches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from emotrace.errors import TrainingError

_WORDS = {1: "one row of numbers each", 2: "frames (n_frames, n) each", 3: "one image (height, width, 3) each"}

Batch: TypeAlias = "tuple[Tensor | dict[str, Tensor], Tensor]"


@dataclass(frozen=True)
class Clips(Dataset[Any]):
    """Inputs of clips and, for training, the numbers of their classes.

    ``inputs`` is one tensor (n, ...), or a list of frames (n_frames, width) that differ in length.
    """

    inputs: Tensor | list[Tensor]
    truth: Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[index], torch.tensor(0) if self.truth is None else self.truth[index]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one clip's input; of frames that differ in length, that of the longest one."""
        if isinstance(self.inputs, Tensor):
            return tuple(self.inputs.shape[1:])
        return (max(map(len, self.inputs)), self.inputs[0].shape[1])

    def batch(self, chosen: Tensor) -> Batch:
        """Give inputs and truth of the chosen clips; where lengths differ, padded ones and the lengths."""
        truth = torch.zeros(len(chosen), dtype=torch.int64) if self.truth is None else self.truth[chosen]
        if isinstance(self.inputs, Tensor):
            return self.inputs[chosen], truth
        frames = [self.inputs[i] for i in chosen.tolist()]
        lengths = torch.tensor([len(f) for f in frames])
        return {"x": pad_sequence(frames, batch_first=True), "lengths": lengths}, truth

    def stacked(self) -> NDArray[np.float32]:
        """Give what a scaler is fitted to: rows of features, or all clips' frames, one below the other."""
        if isinstance(self.inputs, Tensor):
            return self.inputs.flatten(0, -2).numpy()
        return torch.cat(self.inputs).numpy()


class Batches:
    """Goes through all clips once, shuffled by PyTorch's generator or in order.

    A last batch of one clip has no variance to normalise by, so that clip joins the batch before.
    """

    def __init__(self, clips: Clips, batch_size: int, shuffle: bool = False) -> None:
        self.clips, self.batch_size, self.shuffle = clips, batch_size, shuffle

    def __iter__(self) -> Iterator[Batch]:
        n = len(self.clips)
        order = torch.randperm(n) if self.shuffle else torch.arange(n)
        starts = list(range(0, n, self.batch_size))
        if len(starts) > 1 and n - starts[-1] == 1:
            starts.pop()
        for start, end in zip(starts, [*starts[1:], n], strict=True):
            yield self.clips.batch(order[start:end])


def read_inputs(
    features: ArrayLike | Sequence[ArrayLike], ranks: Collection[int], what: str = "the features"
) -> Clips:
    """Check what a network is given; ``ranks`` are the numbers of dimensions that one clip's input may have.

    Raises
    ------
    TrainingError
        If there are no clips, or an input is not numbers, not finite or of another shape than it should be.
    """
    arrays = _as_arrays(features, what)
    if not len(arrays):
        raise TrainingError(f"{what} are empty: there is no clip to learn from or to judge")
    if isinstance(arrays, list) and (2 not in ranks or {a.ndim for a in arrays} != {2}):
        raise TrainingError(f"{what} differ in shape from clip to clip; wanted {_allowed(ranks)}, of one shape")
    shape = arrays[0].shape
    if len(shape) not in ranks or 0 in shape:
        raise TrainingError(f"{what} have the shape {shape} for one clip; wanted {_allowed(ranks)}")
    if isinstance(arrays, list):
        _check_frames(arrays, what)
    _check_finite(arrays, what)
    if isinstance(arrays, list):
        return Clips([torch.from_numpy(a) for a in arrays])
    return Clips(torch.from_numpy(arrays))


def read_truth(labels: ArrayLike, classes: NDArray[Any], n_clips: int, what: str = "the features") -> Tensor:
    """Give the number of each label among ``classes``.

    Raises
    ------
    TrainingError
        If there are more or fewer labels than clips, or one of them is not among the classes.
    """
    given = np.asarray(labels)
    if given.shape != (n_clips,):
        raise TrainingError(
            f"{what} are of {n_clips} clips, but the labels have the shape {given.shape}; give one each"
        )
    unknown = np.setdiff1d(given, classes)
    if len(unknown):
        raise TrainingError(
            f"{what} have the label '{unknown[0]}', which no training clip has; "
            f"known: {', '.join(map(str, classes))}; leave those clips out or train with some"
        )
    return torch.from_numpy(np.searchsorted(classes, given).astype(np.int64))


def _as_arrays(features: Any, what: str) -> NDArray[np.float32] | list[NDArray[np.float32]]:
    try:
        # What is too large for 32 bits becomes infinite, and is then refused.
        with np.errstate(over="ignore"):
            if hasattr(features, "__array__") and np.asarray(features).dtype != object:
                return np.array(features, dtype=np.float32, order="C")
            arrays = [np.array(clip, dtype=np.float32, order="C") for clip in features]
    except (TypeError, ValueError) as error:
        raise TrainingError(f"{what} are not all numbers ({error}); give arrays of numbers") from error
    if len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    return arrays


def _check_frames(arrays: list[NDArray[np.float32]], what: str) -> None:
    widths = {array.shape[1] for array in arrays}
    if len(widths) > 1:
        raise TrainingError(f"{what} have {min(widths)} to {max(widths)} numbers per frame; all need as many")
    empty = next((i for i, array in enumerate(arrays) if not len(array)), None)
    if empty is not None:
        raise TrainingError(f"{what} of clip {empty} (counted from 0) have no frame; leave it out")


def _check_finite(arrays: NDArray[np.float32] | list[NDArray[np.float32]], what: str) -> None:
    bad = [i for i, array in enumerate(arrays) if not np.isfinite(array).all()]
    if bad:
        raise TrainingError(
            f"{what} of {len(bad)} of {len(arrays)} clips are not finite numbers (NaN or infinite), "
            f"first in clip {bad[0]} (counted from 0); extract them anew or leave them out"
        )


def _allowed(ranks: Collection[int]) -> str:
    return " or ".join(_WORDS[rank] for rank in sorted(ranks))
