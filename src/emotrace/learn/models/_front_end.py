"""The front ends of the networks as PyTorch modules, so that an exported graph starts at the waveform.

Matrices of Fourier transforms hold one turn of a wave over and over: what is kept is that turn, and the
matrices are picked from it. A runtime does this once, when it opens the graph.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from emotrace.features import log_mel, periodicity

_DB_PER_LN = 10.0 / math.log(10.0)


class LogMel(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> log-mel in dB (batch, frames, 64), of every ``step``-th frame.

    The same numbers as `emotrace.features.log_mel.extract`, written with operators that every ONNX runtime
    does fast: the Fourier transform is a matrix product. A cosine is even and a sine is odd around the
    middle of the frame, so each frame is folded first, which halves both the work and the matrices.
    """

    window: Tensor
    cosine: Tensor
    sine: Tensor
    bins: Tensor
    filters: Tensor

    def __init__(self, step: int = 1) -> None:
        super().__init__()
        self.step = step
        turn = 2.0 * np.pi * np.arange(log_mel.N_FFT) / log_mel.N_FFT
        self.register_buffer("window", torch.from_numpy(log_mel.hann_window().copy()))
        self.register_buffer("cosine", torch.tensor(np.cos(turn), dtype=torch.float32))
        self.register_buffer("sine", torch.tensor(np.sin(turn), dtype=torch.float32))
        self.register_buffer("bins", torch.arange(log_mel.N_FFT // 2 + 1))
        self.register_buffer("filters", torch.from_numpy(log_mel.mel_filters().T.copy()))

    def forward(self, waveform: Tensor) -> Tensor:
        hop, half = log_mel.HOP_LENGTH, log_mel.N_FFT // 2
        # A frame is two neighbouring hops.
        n_hops = waveform.shape[1] // hop
        hops = waveform[:, : n_hops * hop].reshape(waveform.shape[0], -1, hop)
        frames = torch.cat([hops[:, : -1 : self.step], hops[:, 1 :: self.step]], dim=2)  # (batch, frames, 512)
        frames = frames * self.window
        first, last = frames[:, :, 1:half], frames[:, :, half + 1 :].flip(2)  # samples n and 512 - n
        even = torch.cat([frames[:, :, :1], first + last, frames[:, :, half : half + 1]], dim=2)
        cosines = _wave(self.cosine, self.bins, self.bins)
        sines = _wave(self.sine, self.bins[1:half], self.bins)
        power = (even @ cosines).square() + ((first - last) @ sines).square()
        return _DB_PER_LN * (power @ self.filters).clamp_min(log_mel.FLOOR_POWER).log()


class Periodicity(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> periodicity (batch, frames, 64), frame for frame with `LogMel`.

    The same numbers as `emotrace.features.periodicity.extract`; folded like `LogMel`.
    """

    cosine: Tensor
    sine: Tensor
    samples: Tensor
    bins: Tensor
    weights: Tensor
    periods: Tensor
    energy: Tensor

    def __init__(self, step: int = 1) -> None:
        super().__init__()
        self.step = step
        # Around the middle of a frame of even length lie pairs of samples.
        half = periodicity.FRAME_LENGTH // 2
        turn = np.pi * np.arange(2 * periodicity.N_FFT) / periodicity.N_FFT
        # Twice the distance of each sample from the middle, which is a half and something.
        self.register_buffer("samples", 2 * torch.arange(half) + 1)
        self.register_buffer("bins", torch.arange(periodicity.N_BINS))
        for name, matrix in (
            ("cosine", np.cos(turn)),
            ("sine", np.sin(turn)),
            ("weights", periodicity.window()[half:, None]),
            ("periods", periodicity.period_weights()),
            ("energy", periodicity.energy_weights()[:, None]),
        ):
            self.register_buffer(name, torch.tensor(matrix, dtype=torch.float32))

    def forward(self, waveform: Tensor) -> Tensor:
        hop, half = periodicity.HOP_LENGTH, periodicity.FRAME_LENGTH // 2
        n_hops = waveform.shape[1] // hop
        # What lies beyond the last whole hop is heard as far as a frame's margin reaches.
        padded = functional.pad(waveform, (periodicity.MARGIN, 2 * periodicity.MARGIN))[:, : (n_hops + 1) * hop]
        hops = padded.reshape(waveform.shape[0], -1, hop)
        parts = [hops[:, first : last : self.step] for first, last in ((0, -2), (1, -1), (2, None))]
        frames = torch.cat(parts, dim=2)  # (batch, frames, 768)
        frames = frames - frames.mean(dim=2, keepdim=True)
        first, last = frames[:, :, :half].flip(2), frames[:, :, half:]
        cosines = self.weights * _wave(self.cosine, self.samples, self.bins)
        sines = self.weights * _wave(self.sine, self.samples, self.bins)
        power = ((first + last) @ cosines).square() + ((last - first) @ sines).square()
        alike = (power @ self.periods) / (power @ self.energy + periodicity.SILENCE)
        return alike.clamp_min(periodicity.LEAST)


def _wave(turn: Tensor, samples: Tensor, bins: Tensor) -> Tensor:
    """Give one wave per bin, (samples, bins), from one turn of a wave."""
    # A matrix product is what the exporter leaves to the runtime; of other products it would write down the
    # result.
    places = (samples.float().unsqueeze(1) @ bins.float().unsqueeze(0)).long()
    return turn[places % len(turn)]


class Voice(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> what the emotion networks see: log-mels, then periodicity.

    Shape (batch, frames, 128); with a ``step`` of 2, every second frame.
    """

    def __init__(self, step: int = 1) -> None:
        super().__init__()
        self.log_mel = LogMel(step)
        self.periodicity = Periodicity(step)

    def forward(self, waveform: Tensor) -> Tensor:
        return torch.cat([self.log_mel(waveform), self.periodicity(waveform)], dim=2)
