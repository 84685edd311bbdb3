"""The log-mel front end as a PyTorch module, so that an exported graph starts at the waveform."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from emotrace.features import log_mel

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
