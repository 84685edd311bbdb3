"""Turn a trained network into the ONNX graph of a bundle: waveform in, probabilities out.

The file holds the large weights in 16 bits, which halves it, and after each a *Cast* to 32 bits; matrices of a
quarter million weights and more in 8 bits, with a scale for each column. The runtime does these casts once,
when it opens the graph: what follows is computed in 32 bits, as fast as before. The front end stays in 32
bits: with cosines of 16, log-mels are off by up to 1.4 dB in the quiet bands of a clip.

Where a network hears what the speech encoder does, the encoder's graph is put before it as it is.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection, Sequence

import numpy as np
import onnx
import torch
from onnx import TensorProto, compose, helper, numpy_helper
from torch import Tensor, nn

from emotrace.features import log_mel, speech_encoder
from emotrace.learn.models._front_end import LogMel, Voice
from emotrace.learn.models.statistics_mlp import frame_step, hears_encoded

OPSET = 17

HALVED_ABOVE_BYTES = 4096
"""Smaller tensors (biases, norms) are left alone: there is nothing to gain."""

ROUNDED_FROM = 2**18
"""Smaller matrices are worth 16 bits a weight."""

_ENCODED = "encoded"

_QUIETEST = 1e-6
"""There is nothing to be heard below."""

# What rounding to 11 significant bits may cost; only what 16 bits cannot hold is further off.
_HALF_PRECISION = 2.0**-11


LEAST_PEAK = 0.03
"""Of nearly all clips that are learnt from."""


class EmotionGraph(nn.Module):
    """Waveform (batch, samples) -> calibrated probabilities (batch, n_labels).

    What is quieter than nearly all speech in training is made as loud first: else its quiet bands would lie
    below the floor of the front end. What the speech encoder hears of the waveform, (batch, 1728), is given
    beside it where the network wants that: in PyTorch there is no encoder.
    """

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.front_end = Voice(frame_step(network))
        self.network = network
        self.temperature = temperature

    def forward(self, waveform: Tensor, *encoded: Tensor) -> Tensor:
        peak = waveform.abs().amax(dim=1, keepdim=True)
        gain = (LEAST_PEAK / peak.clamp_min(_QUIETEST)).clamp_min(1.0)
        logits: Tensor = self.network(self.front_end(gain * waveform), *encoded)
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

    The probabilities are those of the graph within 0.002, and within 0.01 where matrices are large: its weights
    are rounded by `halve_weights` and `round_matrices`.
    """
    # The front end's matrices are buffers: what was not learnt stays exact.
    keep = {name for name, _ in graph.named_buffers()}
    model = halve_weights(round_matrices(trace(graph), keep), keep)
    return join_encoder(model, speech_encoder.read_model()) if _is_told_encoded(graph) else model


def trace(graph: nn.Module) -> bytes:
    """Export a graph with its weights as they are, in 32 bits; what an encoder hears is another input."""
    inputs = {"waveform": torch.zeros(1, 2 * log_mel.SAMPLING_RATE)}
    axes = {"waveform": {0: "batch", 1: "samples"}, "probabilities": {0: "batch", 1: "columns"}}
    if _is_told_encoded(graph):
        inputs[_ENCODED] = torch.zeros(1, speech_encoder.N_STATISTICS)
        axes[_ENCODED] = {0: "batch"}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is called old by its makers, but needs no further package and folds well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            tuple(inputs.values()),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=["probabilities"],
            dynamic_axes=axes,
        )
    return buffer.getvalue()


def _is_told_encoded(graph: nn.Module) -> bool:
    return isinstance(graph, EmotionGraph) and hears_encoded(graph.network)


def join_encoder(model: bytes, encoder: bytes) -> bytes:
    """Put the speech encoder's graph before the input ``encoded`` of another; both take the same ``waveform``.

    The encoder's licence, which its model holds, is then in the whole.
    """
    proto, source = onnx.load_model_from_string(model), onnx.load_model_from_string(encoder)
    proto.doc_string = source.doc_string
    before = compose.add_prefix(source, f"{_ENCODED}.", rename_inputs=False).graph
    told = helper.make_node("Identity", [before.output[0].name], [_ENCODED])
    proto.graph.initializer.extend(before.initializer)
    inputs = [given for given in proto.graph.input if given.name != _ENCODED]
    del proto.graph.input[:]
    proto.graph.input.extend(inputs)
    return _with_first([*before.node, told], proto)


def round_matrices(model: bytes, keep: Collection[str] = ()) -> bytes:
    """Store the large matrices of a graph in 8 bits, each followed by what makes it the old one again, but
    rounded.

    Each column has a scale of its own, at which its largest weight is 127: what so many small errors of so many
    inputs come to is little. Names in ``keep``, and all of less than `ROUNDED_FROM` weights, stay as they are.
    """
    proto = onnx.load_model_from_string(model)
    nodes, scales = [], []
    for tensor in proto.graph.initializer:
        is_large = len(tensor.dims) == 2 and np.prod(tensor.dims) >= ROUNDED_FROM
        if tensor.data_type != TensorProto.FLOAT or not is_large or tensor.name in keep:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        scale = (np.abs(values).max(axis=0) / 127.0).clip(1e-12).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), f"{name}.codes"))
        scales.append(numpy_helper.from_array(scale, f"{name}.scale"))
        nodes.append(helper.make_node("Cast", [f"{name}.codes"], [f"{name}.steps"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.steps", f"{name}.scale"], [name]))
    proto.graph.initializer.extend(scales)
    return _with_first(nodes, proto)


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
    return _with_first(casts, proto)


def _with_first(nodes: Sequence[onnx.NodeProto], proto: onnx.ModelProto) -> bytes:
    """Give a model with further nodes; a node stands behind those that it takes from."""
    nodes = [*nodes, *proto.graph.node]
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
