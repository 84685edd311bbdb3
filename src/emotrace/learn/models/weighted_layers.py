"""Learned layer weighting for speech encoders: a weight for each layer, and a small head on the weighted sum.

Takes the columns of ``ssl:CHECKPOINT@layer=all``: all of layer 0, all of layer 1, and so on to the last, of each
the means and, with ``pool=mean+std``, the deviations after them. One scalar per layer is learned with the head;
a softmax makes weights of them, as SUPERB does. They begin as equals.

Two things differ from SUPERB. Features are pooled over time before they are weighed: for means that is the same,
for deviations it is the weighted sum of the layers' own. And every column is standardised first, so that a weight
says how much a layer is listened to, and not how large its numbers are.

References
----------
S. Yang et al. (2021), "SUPERB: Speech processing universal performance benchmark", Proc. Interspeech, 1194-1198.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models._keras import dense_layers
from emotrace.learn.models._neural import NeuralClassifier, require_share, require_whole
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._torch_onnx import neural_to_onnx

INPUT = "features"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Mean pooling and one linear layer, as SUPERB judges encoders by emotion.
    "linear": {"hidden": 0, "dropout": 0.0},
    "hidden": {"hidden": 128, "dropout": 0.3},
}
SEARCH_SPACE: Space = {
    "hidden": Choice((0, 64, 128, 256)),
    "dropout": Choice((0.0, 0.2, 0.4)),
    "learning_rate": Range(3e-4, 1e-2, log=True),
    "epochs": Range(20, 200, log=True),
}

_COLUMN = re.compile(r"layer_(\d+)_(\w+)")
_WANTED = "take the features of ssl:CHECKPOINT@layer=all"


def read_names(names: Sequence[str]) -> dict[str, Any]:
    """Give ``n_layers`` if the names of the features tell it, as those of ``ssl:CHECKPOINT@layer=all`` do.

    >>> read_names(["layer_00_mean_0001", "layer_00_mean_0002", "layer_01_mean_0001", "layer_01_mean_0002"])
    {'n_layers': 2}
    >>> read_names(["rms_mean", "zcr_mean"])
    {}
    """
    columns = [_COLUMN.fullmatch(name) for name in names]
    layers = list(dict.fromkeys(column[1] for column in columns if column))
    within = list(dict.fromkeys(column[2] for column in columns if column))
    is_side_by_side = list(names) == [f"layer_{layer}_{column}" for layer in layers for column in within]
    return {"n_layers": len(layers)} if layers and is_side_by_side else {}


@dataclass(kw_only=True, eq=False, repr=False)
class WeightedLayers(NeuralClassifier):
    """The classifier; parameters beyond those of `NeuralClassifier`:

    Parameters
    ----------
    n_layers
        How many layers the features are of. Recipes need not say it: it is read from the names of the features.
    hidden
        Units of the head's hidden layer; 0 is a linear head.
    dropout
        Share of what the head's last layer sees that is dropped in training.

    Attributes
    ----------
    layer_weights_
        How much each layer is listened to, shape (n_layers,), in the order of the features; they sum to 1.
    """

    epochs: int = 100
    batch_size: int = 32
    learning_rate: float = 3e-3
    n_layers: int | None = None
    hidden: int = 0
    dropout: float = 0.0

    @property
    def layer_weights_(self) -> NDArray[np.float32]:
        check_is_fitted(self, "net_")
        weights: NDArray[np.float32] = self.net_.module_.network.layer_weights().detach().cpu().numpy()
        return weights

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Build the network for rows of ``shape[0]`` features.

        Raises
        ------
        UsageError
            If a parameter has a value that is not allowed, or nobody has told the number of layers.
        TrainingError
            If the features cannot be of so many layers.
        """
        require_whole("hidden", self.hidden, 0)
        require_share("dropout", self.dropout)
        n_layers = _require_layers(self.n_layers, shape[0])
        return WeightedLayersNetwork(n_layers, shape[0] // n_layers, n_classes, self.hidden, self.dropout)


build = WeightedLayers
"""Give an unfitted classifier of the family."""


def to_onnx(estimator: WeightedLayers, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted classifier, see `neural_to_onnx`."""
    return neural_to_onnx(estimator, n_features)


class WeightedLayersNetwork(nn.Module):
    """Rows of all layers (batch, n_layers * width) -> logits (batch, n_classes)."""

    def __init__(self, n_layers: int, width: int, n_classes: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.shape = (n_layers, width)
        self.layer_scores = nn.Parameter(torch.zeros(n_layers))
        between = dense_layers(width, [hidden], [dropout]) if hidden else [nn.Dropout(dropout)]
        self.head = nn.Sequential(*between, nn.Linear(hidden or width, n_classes))

    def layer_weights(self) -> Tensor:
        """Give the weights of the layers, (n_layers,), which sum to 1."""
        return self.layer_scores.softmax(dim=0)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layer_weights() @ x.reshape(-1, *self.shape))
        return logits


def _require_layers(n_layers: int | None, n_features: int) -> int:
    if n_layers is None:
        raise UsageError(
            f"weighted-layers must be told how many layers its {n_features} features are of: {_WANTED}, which are "
            "counted by recipes, or give n_layers"
        )
    require_whole("n_layers", n_layers, 1)
    if n_layers == 1:
        raise UsageError(f"weighted-layers has one layer only, and nothing to weigh: {_WANTED}")
    if n_features % n_layers:
        raise TrainingError(
            f"weighted-layers cannot divide {n_features} features into n_layers={n_layers} of the same width: "
            f"{_WANTED}, and count its layer 0 as well"
        )
    return n_layers
