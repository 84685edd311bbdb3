"""A small residual CNN that looks at a voice as at a picture of two channels: log-mels and periodicity.

Residual blocks (He et al. 2016, arXiv:1512.03385) with squeeze-and-excitation (Hu et al. 2018,
arXiv:1709.01507), then attentive statistics pooling over time (Okabe et al. 2018, arXiv:1803.10963), so
that a clip of any length gives one answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emotrace.features import log_mel

INPUT = "waveform"


@dataclass(frozen=True)
class Config:
    """Shape of the network.

    ``widths`` are the channels of the stem and the four stages; ``pool_width`` is the size of the
    embedding per frame that attention pools over.
    """

    n_labels: int
    widths: tuple[int, ...] = (32, 32, 64, 128, 192)
    pool_width: int = 192
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if len(self.widths) != 5 or min(self.widths) < 16:
            raise ValueError(f"widths must be five numbers of at least 16, got {self.widths}")


def build(**params: object) -> ResidualCNN:
    """Build the network from the fields of `Config`."""
    return ResidualCNN(Config(**params))  # type: ignore[arg-type]


def normalise(log_mels: Tensor) -> Tensor:
    """Make log-mels (batch, frames, bands) in dB independent of the recording's level.

    What lies more than 80 dB below the loudest point is floored there; then the mean is taken away, and
    20 dB become 1. Gain moves all bands together, so the network cannot tell a loud line from a loud voice.
    """
    floor = log_mels.amax(dim=(1, 2), keepdim=True) - 80.0
    floored = torch.maximum(log_mels, floor)
    return (floored - floored.mean(dim=(1, 2), keepdim=True)) / 20.0


def picture(voice: Tensor) -> Tensor:
    """Make one picture of log-mels and periodicity (batch, frames, 128): (batch, 2, 64, frames), each about 0."""
    log_mels, periods = voice[:, :, : log_mel.N_MELS], voice[:, :, log_mel.N_MELS :]
    return torch.stack([normalise(log_mels), (periods - 0.3) / 0.3], dim=1).transpose(2, 3)


class SqueezeExcite(nn.Module):
    """Scale each channel by a gate computed from all channels' means."""

    def __init__(self, width: int, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(width, width // reduction, 1)
        self.excite = nn.Conv2d(width // reduction, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.squeeze(x.mean(dim=(2, 3), keepdim=True)).relu()  # (batch, width / 8, 1, 1)
        scaled: Tensor = x * self.excite(gate).sigmoid()
        return scaled


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut; ``stride`` shrinks (bands, frames)."""

    def __init__(self, n_in: int, n_out: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(n_out)
        self.gate = SqueezeExcite(n_out)
        self.shortcut: nn.Module = nn.Identity()
        if n_in != n_out or stride != (1, 1):
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm1(self.conv1(x)).relu()
        h = self.gate(self.norm2(self.conv2(h)))
        out: Tensor = (h + self.shortcut(x)).relu()
        return out


class AttentiveStatistics(nn.Module):
    """Mean and standard deviation over time, weighted by learned attention per channel."""

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Conv1d(width, hidden, 1), nn.Tanh(), nn.Conv1d(hidden, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        weights = self.attention(x).softmax(dim=2)  # (batch, width, frames)
        mean = (weights * x).sum(dim=2)
        variance = (weights * x.square()).sum(dim=2) - mean.square()
        return torch.cat([mean, variance.clamp_min(1e-4).sqrt()], dim=1)  # (batch, 2 width)


class ResidualCNN(nn.Module):
    """Log-mels in dB and periodicity (batch, frames, 128) -> logits (batch, n_labels)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        stem, *stages = config.widths
        self.stem = nn.Sequential(
            nn.Conv2d(2, stem, 5, (2, 4), 2, bias=False), nn.BatchNorm2d(stem), nn.ReLU()
        )  # bands 64 -> 32, a column every 64 ms
        strides = [(1, 1), (2, 2), (2, 2), (2, 1)]
        inputs = [stem, *stages[:-1]]
        self.stages = nn.Sequential(
            *(ResidualBlock(i, o, s) for i, o, s in zip(inputs, stages, strides, strict=True))
        )
        self.squash = nn.Sequential(
            nn.Conv1d(stages[-1] * (log_mel.N_MELS // 16), config.pool_width, 1, bias=False),
            nn.BatchNorm1d(config.pool_width),
            nn.ReLU(),
        )
        self.pool = AttentiveStatistics(config.pool_width)
        self.head = nn.Sequential(
            nn.BatchNorm1d(2 * config.pool_width),
            nn.Dropout(config.dropout),
            nn.Linear(2 * config.pool_width, config.n_labels),
        )

    def forward(self, voice: Tensor) -> Tensor:
        x = picture(voice)  # (batch, 2, 64, frames)
        x = self.stages(self.stem(x))  # (batch, width, 4, frames / 16)
        x = self.squash(x.flatten(1, 2))  # (batch, pool_width, frames / 16)
        logits: Tensor = self.head(self.pool(x))
        return logits
