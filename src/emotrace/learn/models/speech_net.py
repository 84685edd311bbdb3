"""A very small convolutional network that says, every 32 ms, how likely it is that somebody speaks.

Two strided convolutions look at the fine structure of the spectrum (harmonics, formants); four dilated
convolutions look about 0.5 s back and ahead (syllables). Nothing is recurrent, so the answer for a window is
a function of that window alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emotrace.features import log_mel
from emotrace.learn.models.residual_cnn import normalise

INPUT = "waveform"

FRAME_SECONDS = 2 * log_mel.HOP_LENGTH / log_mel.SAMPLING_RATE


@dataclass(frozen=True)
class Config:
    """Shape of the network: channels of the temporal layers and their dilations, in frames of 32 ms."""

    width: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 1)


def build(**params: object) -> SpeechNet:
    """Build the network from the fields of `Config`."""
    return SpeechNet(Config(**params))  # type: ignore[arg-type]


class TemporalBlock(nn.Module):
    """A dilated depthwise convolution over time, a pointwise one over channels, and a shortcut."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation, groups=width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 1, bias=False),
            nn.BatchNorm1d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.layers(x))


class SpeechNet(nn.Module):
    """Log-mels in dB (batch, frames, 64) -> logits of speech (batch, ceil(frames / 2))."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.spectrum = nn.Sequential(
            nn.Conv2d(1, 16, (5, 3), (2, 2), (2, 1), bias=False),  # bands 64 -> 32, frames halved
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 16, (3, 3), (2, 1), (1, 1), bias=False),  # bands -> 16
            nn.BatchNorm2d(16),
            nn.ReLU(),
        )
        self.squash = nn.Sequential(
            nn.Conv1d(16 * log_mel.N_MELS // 4, config.width, 1, bias=False),
            nn.BatchNorm1d(config.width),
            nn.ReLU(),
        )
        self.time = nn.Sequential(*(TemporalBlock(config.width, d) for d in config.dilations))
        self.head = nn.Conv1d(config.width, 1, 1)

    def forward(self, log_mels: Tensor) -> Tensor:
        x = normalise(log_mels).transpose(1, 2).unsqueeze(1)  # (batch, 1, 64, frames)
        x = self.squash(self.spectrum(x).flatten(1, 2))  # (batch, width, frames / 2)
        logits: Tensor = self.head(self.time(x)).squeeze(1)
        return logits
