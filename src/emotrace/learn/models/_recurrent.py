"""What the LSTM and GRU families share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from emotrace.errors import UsageError
from emotrace.learn.models._keras import dense_layers
from emotrace.learn.models._neural import NeuralClassifier, require_share
from emotrace.learn.models._space import Choice, Range, Space

_DENSE = (128, 64)

RECURRENT_SPACE: Space = {
    "units": Choice((64, 128, 256)),
    "dropout": Range(0.0, 0.6),
    "learning_rate": Range(1e-4, 3e-3, log=True),
    "batch_size": Choice((32, 64, 128)),
}


@dataclass(kw_only=True, eq=False, repr=False)
class Recurrent(NeuralClassifier):
    """A recurrent layer, dropout, two dense layers of 128 and 64 with ReLU and dropout, and one unit per class.

    Clips are frames (n_frames, width), which may differ in number, or rows of features, which are read as
    sequences of single numbers, as published.

    Parameters
    ----------
    units
        Width of the recurrent layer, or of several, as a sequence of numbers.
    dropout
        Share of units that is dropped in training after the recurrent and after each dense layer.
    """

    RANKS: ClassVar = (1, 2)
    LAYER: ClassVar[type[nn.Module]]

    epochs: int = 50
    batch_size: int = 64
    learning_rate: float = 1e-3
    units: int | Sequence[int] = 256
    dropout: float = 0.2

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Build the network for frames of ``shape`` (n_frames, width) or for rows of features.

        Raises
        ------
        UsageError
            If ``units`` is not made of whole numbers above 0, or ``dropout`` is not a share.
        """
        require_share("dropout", self.dropout)
        units = np.atleast_1d(np.asarray(self.units)).tolist()
        if not units or any(not isinstance(u, int) or u < 1 for u in units):
            raise UsageError(f"units must be whole numbers above 0, not {self.units!r}")
        width = shape[1] if len(shape) == 2 else 1
        return RecurrentNetwork(self.LAYER, width, n_classes, units, self.dropout)


class RecurrentNetwork(nn.Module):
    """Frames (batch, n_frames, width), or rows (batch, n_features), -> logits (batch, n_classes)."""

    def __init__(
        self,
        layer: type[nn.Module],
        width: int,
        n_classes: int,
        units: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        inputs = [width, *units[:-1]]
        self.layers = nn.Sequential(*(layer(n_in, n_out) for n_in, n_out in zip(inputs, units, strict=True)))
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            *dense_layers(units[-1], _DENSE, [dropout] * len(_DENSE)),
            nn.Linear(_DENSE[-1], n_classes),
        )

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        if x.ndim == 2:
            x = x.unsqueeze(2)
        outputs = self.layers(x)  # (batch, n_frames, units)
        # Frames only look back: what was padded after a clip's last frame cannot change it.
        last = outputs[:, -1] if lengths is None else outputs[torch.arange(len(x)), lengths - 1]
        logits: Tensor = self.head(last)
        return logits
