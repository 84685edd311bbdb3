"""The front ends of the networks as PyTorch modules, so that an exported graph starts at the waveform."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from emotrace.features import log_mel, periodicity

_DB_PER_LN = 10.0 / math.log(10.0)


class LogMel(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> log-mel in dB (batch, frames, 64).

    The same numbers as `emotrace.features.log_mel.extract`, written with operators that every ONNX runtime
    does fast: the Fourier transform is a matrix product. A cosine is even and a sine is odd around the
    middle of the frame, so each frame is folded first, which halves both the work and the matrices.
    """

    window: Tensor
    cosines: Tensor
    sines: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        half = log_mel.N_FFT // 2
        bins = np.arange(half + 1)
        even = np.cos(2.0 * np.pi * np.outer(np.arange(half + 1), bins) / log_mel.N_FFT)
        odd = np.sin(2.0 * np.pi * np.outer(np.arange(1, half), bins) / log_mel.N_FFT)
        self.register_buffer("window", torch.from_numpy(log_mel.hann_window().copy()))
        self.register_buffer("cosines", torch.tensor(even, dtype=torch.float32))
        self.register_buffer("sines", torch.tensor(odd, dtype=torch.float32))
        self.register_buffer("filters", torch.from_numpy(log_mel.mel_filters().T.copy()))

    def forward(self, waveform: Tensor) -> Tensor:
        hop, half = log_mel.HOP_LENGTH, log_mel.N_FFT // 2
        # A frame is two neighbouring hops.
        n_hops = waveform.shape[1] // hop
        hops = waveform[:, : n_hops * hop].reshape(waveform.shape[0], -1, hop)
        frames = torch.cat([hops[:, :-1], hops[:, 1:]], dim=2) * self.window  # (batch, frames, 512)
        first, last = frames[:, :, 1:half], frames[:, :, half + 1 :].flip(2)  # samples n and 512 - n
        even = torch.cat([frames[:, :, :1], first + last, frames[:, :, half : half + 1]], dim=2)
        power = (even @ self.cosines).square() + ((first - last) @ self.sines).square()
        return _DB_PER_LN * (power @ self.filters).clamp_min(log_mel.FLOOR_POWER).log()


class Periodicity(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> periodicity (batch, frames, 64), frame for frame with `LogMel`.

    The same numbers as `emotrace.features.periodicity.extract`; folded like `LogMel`.
    """

    cosines: Tensor
    sines: Tensor
    periods: Tensor
    energy: Tensor

    def __init__(self) -> None:
        super().__init__()
        # Around the middle of a frame of even length lie pairs of samples.
        half = periodicity.FRAME_LENGTH // 2
        angles = 2.0 * np.pi * np.outer(np.arange(half) + 0.5, np.arange(periodicity.N_BINS)) / periodicity.N_FFT
        weights = periodicity.window()[half:, None]
        for name, matrix in (
            ("cosines", weights * np.cos(angles)),
            ("sines", weights * np.sin(angles)),
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
        frames = torch.cat([hops[:, :-2], hops[:, 1:-1], hops[:, 2:]], dim=2)  # (batch, frames, 768)
        frames = frames - frames.mean(dim=2, keepdim=True)
        first, last = frames[:, :, :half].flip(2), frames[:, :, half:]
        power = ((first + last) @ self.cosines).square() + ((last - first) @ self.sines).square()
        alike = (power @ self.periods) / (power @ self.energy + periodicity.SILENCE)
        return alike.clamp_min(periodicity.LEAST)


class Voice(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> what the emotion networks see: log-mels, then periodicity.

    Shape (batch, frames, 128).
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_mel = LogMel()
        self.periodicity = Periodicity()

    def forward(self, waveform: Tensor) -> Tensor:
        return torch.cat([self.log_mel(waveform), self.periodicity(waveform)], dim=2)
