"""A GRU on frames, or on a row of features read as a sequence of numbers (the capstone project's, S1).

The project names a GRU without settings; these are those of a sibling project's LSTM with the recurrent layer
exchanged. No number of parameters was published; Keras would count ``3 (256 (width + 256) + 512)`` for the
recurrent layer (``reset_after``, two biases), and so do we.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import onnx

from emotrace.learn.models import _keras
from emotrace.learn.models._recurrent import RECURRENT_SPACE, Recurrent
from emotrace.learn.models._space import Space
from emotrace.learn.models._torch_onnx import neural_to_onnx

INPUT = "frames"

SEARCH_SPACE: Space = RECURRENT_SPACE

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s1": {"units": 256, "dropout": 0.2, "learning_rate": 1e-3, "batch_size": 64, "epochs": 50},
}
"""The sibling project's settings: 50 epochs, the last weights."""


@dataclass(kw_only=True, eq=False, repr=False)
class GRU(Recurrent):
    """The classifier; its parameters are those of `Recurrent` and `NeuralClassifier`."""

    LAYER: ClassVar = _keras.GRU


build = GRU
"""Give an unfitted classifier of the family."""


def to_onnx(estimator: GRU, n_features_or_shape: int | tuple[int, ...]) -> onnx.ModelProto:
    """Give the graph of a fitted classifier, see `neural_to_onnx`."""
    return neural_to_onnx(estimator, n_features_or_shape)
