"""Export a fitted neural classifier: features in, probabilities out."""

from __future__ import annotations

import copy
import io
import warnings

import onnx
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from emotrace.errors import UsageError
from emotrace.learn.models._neural import NeuralClassifier, is_alike

OPSET = 17


class Probabilities(nn.Module):
    """A network whose logits become probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.network(features)
        return logits.softmax(dim=1)


def neural_to_onnx(estimator: NeuralClassifier, n_features_or_shape: int | tuple[int, ...]) -> onnx.ModelProto:
    """Give the graph of a fitted classifier: ``features`` (batch, ...) -> ``probabilities`` (batch, n_classes).

    The batch is free; of frames their number is, too.

    Parameters
    ----------
    n_features_or_shape
        What the graph is meant for: the number of features, (n_frames, width) or the shape of an image.

    Raises
    ------
    UsageError
        If the classifier was trained on another shape.
    """
    check_is_fitted(estimator, "net_")
    shape = (n_features_or_shape,) if isinstance(n_features_or_shape, int) else tuple(n_features_or_shape)
    if not is_alike(shape, estimator.shape_):
        raise UsageError(f"the network was trained on inputs of the shape {estimator.shape_}, not {shape}")
    axes = {0: "batch", 1: "frames"} if len(shape) == 2 else {0: "batch"}
    graph = Probabilities(copy.deepcopy(estimator.net_.module_).cpu()).eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is called old by its makers, but needs no further package and folds well.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Recurrent layers compare widths, which are fixed, and begin with zeros of as many clips as are given.
        traced = torch.jit.TracerWarning  # type: ignore[attr-defined]
        warnings.filterwarnings("ignore", category=traced, module=r"torch\.nn\.modules\.rnn")
        warnings.filterwarnings("ignore", "Exporting a model to ONNX with a batch_size other than 1", UserWarning)
        # Padding is worked out when the graph is loaded.
        warnings.filterwarnings("ignore", "Constant folding - Only steps=1 can be", UserWarning)
        torch.onnx.export(
            graph,
            (torch.zeros(1, *shape),),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["features"],
            output_names=["probabilities"],
            dynamic_axes={"features": axes, "probabilities": {0: "batch"}},
        )
    return onnx.load_model_from_string(buffer.getvalue())
