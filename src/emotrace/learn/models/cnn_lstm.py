"""Convolutions along a row of features, then two LSTM layers: a sibling of the capstone project's network (S1).

For 20 features and 16 classes it has exactly 14,147,312 parameters: Conv1D 2048, 1024 and 512 (kernel 5), each
with ReLU, max-pooling and batch normalisation, LSTM 256 and 128, dense 128, 64 and 32 with dropout 0.5, 0.5 and
0.2. That the dense layers end in ReLU is our reading; it was not stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx
from torch import Tensor, nn

from emotrace.learn.models._keras import LSTM, WideConv1d, batch_norm, dense_layers, same_conv
from emotrace.learn.models._neural import NeuralClassifier, require_share, require_shrink
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._torch_onnx import neural_to_onnx

INPUT = "features"

SEARCH_SPACE: Space = {
    "learning_rate": Range(3e-5, 1e-3, log=True),
    "batch_size": Choice((32, 64, 128)),
    "shrink": Choice((1, 4, 8, 16)),
}

_S1 = {"learning_rate": 1e-4, "batch_size": 64, "epochs": 200, "shrink": 1, "momentum": 0.99}
PRESETS: Mapping[str, Mapping[str, Any]] = {"s1": _S1, "s1-bfloat16": {**_S1, "mixed_precision": True}}
"""As published by the sibling project: 200 epochs, the last weights; in 32 bits, or in half the time."""

_CHANNELS = (2048, 1024, 512)
_UNITS = (256, 128)
_DENSE = (128, 64, 32)
_DROPOUTS = (0.5, 0.5, 0.2)


@dataclass(kw_only=True, eq=False, repr=False)
class CNNLSTM(NeuralClassifier):
    """The classifier; parameters beyond those of `NeuralClassifier`:

    Parameters
    ----------
    momentum
        Share of the moving means of batch normalisation that is kept at every step. The published 0.99 needs some
        400 steps before predictions are of use: with few clips, early stopping would stop before.
    shrink
        Divides the widths of all convolutions and LSTM layers: the published network (1) is large for a CPU.
    """

    epochs: int = 200
    batch_size: int = 64
    learning_rate: float = 1e-4
    shrink: int = 1
    momentum: float = 0.9

    def network(self, _shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Build the network, which takes rows of any number of features.

        Raises
        ------
        UsageError
            If ``shrink`` is not a whole number from 1 to 128, or ``momentum`` no share.
        """
        require_shrink(self.shrink, min(_UNITS))
        require_share("momentum", self.momentum)
        return CNNLSTMNetwork(n_classes, self.shrink, self.momentum)


build = CNNLSTM
"""Give an unfitted classifier of the family."""


def to_onnx(estimator: CNNLSTM, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted classifier, see `neural_to_onnx`."""
    return neural_to_onnx(estimator, n_features)


class CNNLSTMNetwork(nn.Module):
    """Rows of features (batch, n_features) -> logits (batch, n_classes)."""

    def __init__(self, n_classes: int, shrink: int, momentum: float) -> None:
        super().__init__()
        n_in = 1
        blocks: list[nn.Module] = []
        for n_channels in (c // shrink for c in _CHANNELS):
            # Pooling with "same" padding keeps an odd last number.
            blocks += [same_conv(n_in, n_channels, 5, WideConv1d), nn.ReLU(), nn.MaxPool1d(2, ceil_mode=True)]
            blocks.append(batch_norm(n_channels, momentum))
            n_in = n_channels
        self.blocks = nn.Sequential(*blocks)  # (batch, 512, n_features / 8)
        units = [u // shrink for u in _UNITS]
        self.layers = nn.Sequential(LSTM(n_in, units[0]), LSTM(units[0], units[1]))
        self.head = nn.Sequential(*dense_layers(units[1], _DENSE, _DROPOUTS), nn.Linear(_DENSE[-1], n_classes))

    def forward(self, x: Tensor) -> Tensor:
        sequence = self.blocks(x.unsqueeze(1)).transpose(1, 2)  # (batch, n_features / 8, 512)
        logits: Tensor = self.head(self.layers(sequence)[:, -1])
        return logits
