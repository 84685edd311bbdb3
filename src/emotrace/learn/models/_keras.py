"""Keras' conventions in PyTorch, for networks that were published in Keras.

What they share with Keras: the number of parameters, "same" padding, the starting weights (Glorot uniform for
kernels, orthogonal for recurrent ones, zero for biases but one for an LSTM's forget gate), batch normalisation
with momentum 0.99 and epsilon 0.001, Adam with epsilon 1e-7.

What differs, without effect on a count: PyTorch's channels come before time or space, so a flattened layer holds
the same numbers in another order; moving variances are unbiased estimates, where Keras takes the batch's own;
Adam's epsilon is added after the correction of the second moment, not before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

ADAM_EPSILON = 1e-7


@dataclass(frozen=True)
class Count:
    """How many parameters a network has, as Keras counts: ``total`` includes moving means and variances."""

    total: int
    trainable: int


def count_parameters(network: nn.Module) -> Count:
    """Count a network's parameters.

    >>> count_parameters(nn.Sequential(nn.Linear(3, 2), batch_norm(2)))
    Count(total=16, trainable=12)
    """
    trainable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    moving = sum(
        m.running_mean.numel() + m.running_var.numel()
        for m in network.modules()
        if isinstance(m, nn.BatchNorm1d) and m.running_mean is not None and m.running_var is not None
    )
    return Count(trainable + frozen + moving, trainable)


def same_conv(n_in: int, n_out: int, kernel_size: int, conv: type[nn.Conv1d] = nn.Conv1d) -> nn.Sequential:
    """Give a convolution over time that keeps the length.

    An even kernel cannot be centred: Keras pads its end by one more than its beginning.
    """
    before = (kernel_size - 1) // 2
    return nn.Sequential(nn.ConstantPad1d((before, kernel_size - 1 - before), 0.0), conv(n_in, n_out, kernel_size))


class WideConv1d(nn.Conv1d):
    """A convolution of a few frames of many channels, trained as one product of two matrices.

    With 2,048 channels of 10 frames, the step back through PyTorch's own takes a CPU twice as long in bfloat16;
    with more frames and fewer channels this one is the slower by far.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        frames = x.transpose(1, 2).unfold(1, self.kernel_size[0], 1)  # (batch, time, n_in, kernel)
        outputs: Tensor = nn.functional.linear(frames.flatten(2), self.weight.flatten(1), self.bias)
        return outputs.transpose(1, 2)


def batch_norm(n_channels: int, momentum: float = 0.99) -> nn.BatchNorm1d:
    """Give batch normalisation with Keras' defaults; ``momentum`` is the share of the moving mean that is kept."""
    # PyTorch's momentum is the share that is taken in.
    return nn.BatchNorm1d(n_channels, eps=1e-3, momentum=1.0 - momentum)


def dense_layers(n_in: int, widths: Iterable[int], dropouts: Iterable[float]) -> list[nn.Module]:
    """Give dense layers with ReLU, each followed by its dropout."""
    layers: list[nn.Module] = []
    for width, dropout in zip(widths, dropouts, strict=True):
        layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(dropout)]
        n_in = width
    return layers


class LSTM(nn.Module):
    """An LSTM layer with one bias, (batch, time, n_in) -> (batch, time, units).

    PyTorch's own has two biases that do the work of one. Here it has none: a constant input of one is appended,
    whose weights are the bias, so that the number of parameters is Keras' ``4 (units (n_in + units) + units)``.
    """

    def __init__(self, n_in: int, units: int) -> None:
        super().__init__()
        self.cells = nn.LSTM(n_in + 1, units, batch_first=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.cells(torch.cat([x, torch.ones_like(x[:, :, :1])], dim=2))[0]
        return outputs

    def initialise(self) -> None:
        """Draw the starting weights; the forget gate is open."""
        units = self.cells.hidden_size
        kernel, recurrent_kernel = self.cells.all_weights[0]
        nn.init.orthogonal_(recurrent_kernel)
        with torch.no_grad():
            kernel[:, :-1] = nn.init.xavier_uniform_(torch.empty_like(kernel[:, :-1]))
            kernel[:, -1] = 0.0
            kernel[units : 2 * units, -1] = 1.0


class GRU(nn.Module):
    """A GRU layer, (batch, time, n_in) -> (batch, time, units).

    PyTorch's GRU is Keras' (``reset_after``, two biases): ``3 (units (n_in + units) + 2 units)`` parameters.
    """

    def __init__(self, n_in: int, units: int) -> None:
        super().__init__()
        self.cells = nn.GRU(n_in, units, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.cells(x)[0]
        return outputs

    def initialise(self) -> None:
        """Draw the starting weights."""
        kernel, recurrent_kernel, *biases = self.cells.all_weights[0]
        nn.init.xavier_uniform_(kernel)
        nn.init.orthogonal_(recurrent_kernel)
        for bias in biases:
            nn.init.zeros_(bias)


def initialise(network: nn.Module) -> None:
    """Draw the starting weights of all layers from PyTorch's generator."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, (LSTM, GRU)):
            layer.initialise()
