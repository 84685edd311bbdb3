"""Turn a trained network into the ONNX graph of a bundle: waveform in, probabilities out.

The file holds the large weights in 16 bits, which halves it, and after each a *Cast* to 32 bits. The runtime does
these casts once, when it opens the graph: what follows is computed in 32 bits, as fast as before. The
front end stays in 32 bits: with cosines of 16, log-mels are off by up to 1.4 dB in the quiet bands of a clip.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from emotrace.features import log_mel
from emotrace.learn.models._front_end import LogMel, Voice

OPSET = 17

HALVED_ABOVE_BYTES = 4096
"""Smaller tensors (biases, norms) are left alone: there is nothing to gain."""

_QUIETEST = 1e-6
"""There is nothing to be heard below."""

# What rounding to 11 significant bits may cost; only what 16 bits cannot hold is further off.
_HALF_PRECISION = 2.0**-11


LEAST_PEAK = 0.03
"""Of nearly all clips that are learnt from."""


class EmotionGraph(nn.Module):
    """Waveform (batch, samples) -> calibrated probabilities (batch, n_labels).

    What is quieter than nearly all speech in training is made as loud first: else its quiet bands would lie below
    the floor of the front end.
    """

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.front_end = Voice()
        self.network = network
        self.temperature = temperature

    def forward(self, waveform: Tensor) -> Tensor:
        peak = waveform.abs().amax(dim=1, keepdim=True)
        gain = (LEAST_PEAK / peak.clamp_min(_QUIETEST)).clamp_min(1.0)
        logits: Tensor = self.network(self.front_end(gain * waveform))
        return (logits / self.temperature).softmax(dim=1)


class SpeechGraph(nn.Module):
    """Waveform (batch, samples) -> probability of speech (batch, frames of 32 ms)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.front_end = LogMel()
        self.network = network

    def forward(self, waveform: Tensor) -> Tensor:
        probabilities: Tensor = self.network(self.front_end(waveform)).sigmoid()
        return probabilities


def to_onnx(graph: nn.Module) -> bytes:
    """Export a graph with free batch and length; the same graph always gives the same bytes.

    The probabilities are those of the graph within 0.002: its large weights are rounded by `halve_weights`.
    """
    # The front end's matrices are buffers: what was not learnt stays exact.
    return halve_weights(trace(graph), keep={name for name, _ in graph.named_buffers()})


def trace(graph: nn.Module) -> bytes:
    """Export a graph with its weights as they are, in 32 bits."""
    example = torch.zeros(1, 2 * log_mel.SAMPLING_RATE)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is called old by its makers, but needs no further package and folds well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            (example,),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["waveform"],
            output_names=["probabilities"],
            dynamic_axes={"waveform": {0: "batch", 1: "samples"}, "probabilities": {0: "batch", 1: "columns"}},
        )
    return buffer.getvalue()


def halve_weights(model: bytes, keep: Collection[str] = ()) -> bytes:
    """Store the large weights of a graph in 16 bits, each followed by a cast to 32 bits under its old name.

    Parameters
    ----------
    model
        An ONNX file.
    keep
        Names of weights that stay in 32 bits. Those of at most `HALVED_ABOVE_BYTES` stay as well, and those that
        16 bits cannot hold: above 65,504, or so small that all would become subnormal.
    """
    proto = onnx.load_model_from_string(model)
    casts = []
    for tensor in proto.graph.initializer:
        half = None if tensor.name in keep else _half(tensor)
        if half is not None:
            casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
            tensor.CopyFrom(half)
    # A node stands behind those that it takes from.
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return bytes(proto.SerializeToString(deterministic=True))


def _half(tensor: TensorProto) -> TensorProto | None:
    """Give a tensor in 16 bits under a name of its own, or None where nothing is gained or too much lost."""
    if tensor.data_type != TensorProto.FLOAT:
        return None
    values = numpy_helper.to_array(tensor)
    if values.nbytes <= HALVED_ABOVE_BYTES:
        return None
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    if not np.abs(half - values).max() <= _HALF_PRECISION * np.abs(values).max():
        return None
    return numpy_helper.from_array(half, f"{tensor.name}.half")
