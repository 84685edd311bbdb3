"""A 1-D convolutional network along a row of features: the quality-assurance project's (S4).

For its 184 means and 7 classes it has exactly 813,575 parameters, of which 811,783 are trainable. Flattening gives
2,944 numbers, channel by channel; the original's come position by position, which changes no count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
from torch import Tensor, nn

from emotrace.errors import TrainingError
from emotrace.learn.models._keras import batch_norm, same_conv
from emotrace.learn.models._neural import NeuralClassifier, require_share, require_shrink, require_whole
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._torch_onnx import neural_to_onnx

INPUT = "features"

SEARCH_SPACE: Space = {
    "learning_rate": Range(1e-4, 3e-3, log=True),
    "batch_size": Choice((32, 64, 128)),
    "dropout": Range(0.0, 0.6),
    "kernel_size": Choice((3, 5, 8)),
    "shrink": Choice((1, 2, 4)),
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s4": {
        "learning_rate": 5e-4,
        "batch_size": 128,
        "epochs": 50,
        "dropout": 0.2,
        "kernel_size": 8,
        "shrink": 1,
        "momentum": 0.99,
    },
}
"""As published: 50 epochs, the last weights, nothing chosen by validation."""

_CHANNELS = (256, 128, 64, 128, 256, 64)


@dataclass(kw_only=True, eq=False, repr=False)
class Conv1D(NeuralClassifier):
    """The classifier; parameters beyond those of `NeuralClassifier`:

    Parameters
    ----------
    kernel_size
        Of all convolutions, in features.
    dropout
        Share of the flattened layer that is dropped in training.
    momentum
        Share of the moving means of batch normalisation that is kept at every step. The published 0.99 needs some
        400 steps before predictions are of use: with few clips, early stopping would stop before.
    shrink
        Divides the widths of all convolutions; 1 is the published network.
    """

    epochs: int = 50
    batch_size: int = 128
    learning_rate: float = 5e-4
    kernel_size: int = 8
    dropout: float = 0.2
    momentum: float = 0.9
    shrink: int = 1

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Build the network for rows of ``shape[0]`` features.

        Raises
        ------
        UsageError
            If a parameter has a value that is not allowed.
        TrainingError
            If the rows are shorter than 4 features, so that pooling leaves nothing.
        """
        require_whole("kernel_size", self.kernel_size, 1)
        require_share("dropout", self.dropout)
        require_share("momentum", self.momentum)
        require_shrink(self.shrink, min(_CHANNELS))
        if shape[0] < 4:
            raise TrainingError(f"conv1d pools features by four and needs at least 4 of them, not {shape[0]}")
        channels = [width // self.shrink for width in _CHANNELS]
        return Conv1DNetwork(shape[0], n_classes, channels, self.kernel_size, self.dropout, self.momentum)


build = Conv1D
"""Give an unfitted classifier of the family."""


def to_onnx(estimator: Conv1D, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted classifier, see `neural_to_onnx`."""
    return neural_to_onnx(estimator, n_features)


class Conv1DNetwork(nn.Module):
    """Rows of features (batch, n_features) -> logits (batch, n_classes)."""

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        channels: Sequence[int],
        kernel_size: int,
        dropout: float,
        momentum: float,
    ) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for i, (n_in, n_out) in enumerate(zip([1, *channels[:-1]], channels, strict=True)):
            blocks += [same_conv(n_in, n_out, kernel_size), batch_norm(n_out, momentum), nn.ReLU()]
            if i in (0, len(channels) - 1):
                blocks.append(nn.AvgPool1d(2))
        self.blocks = nn.Sequential(*blocks)  # (batch, 64, n_features / 4)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels[-1] * (n_features // 2 // 2), n_classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.dropout(self.blocks(x.unsqueeze(1)).flatten(1)))
        return logits
