"""Turn a trained network into the ONNX graph of a bundle: waveform in, probabilities out."""

from __future__ import annotations

import io
import warnings

import torch
from torch import Tensor, nn

from emotrace.features import log_mel
from emotrace.learn.models._front_end import LogMel

OPSET = 17


class EmotionGraph(nn.Module):
    """Waveform (batch, samples) -> calibrated probabilities (batch, n_labels)."""

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.front_end = LogMel()
        self.network = network
        self.temperature = temperature

    def forward(self, waveform: Tensor) -> Tensor:
        logits: Tensor = self.network(self.front_end(waveform))
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
    """Export a graph with free batch and length; the same graph always gives the same bytes."""
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
