"""A few small perceptrons on the statistics of a voice: quick to train, and strong where there is little speech.

What they hear is in `_voice_statistics`: pitch, clearness, timing, which a picture with few pixels hides. They
hear it up to three times: all that is said, what is said loudest, and what a telephone carries. Each ear has
perceptrons of its own, whose logits are averaged; three ears help more than three perceptrons on one. More
than that helps what is in `speech_encoder`, on which there can be perceptrons as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emotrace.features.speech_encoder import N_STATISTICS
from emotrace.learn.models._voice_statistics import TELEPHONE_BANDS, Ear, VoiceStatistics

INPUT = "waveform"

EARS = (Ear(36.0, 80.0), Ear(25.0, 50.0), Ear(30.0, 60.0, TELEPHONE_BANDS))

_NEVER_VARIES = 1e-3
"""A deviation that is due to rounding; that of no statistic of voices is as small."""

_FARTHEST = 5.0
"""Standard deviations; what lies farther off is an accident."""


@dataclass(frozen=True)
class Config:
    """Shape of the network.

    Units of the hidden layers, shares of inputs and units dropped, how many perceptrons there are per ear, how
    many of the ears there are, whether the speech encoder is heard as well, and of how many frames the ears hear
    one (1 or 2).
    """

    n_labels: int
    hidden: tuple[int, ...] = (224, 128)
    input_dropout: float = 0.3
    hidden_dropout: float = 0.5
    members: int = 1
    ears: int = len(EARS)
    encoder: bool = False
    frame_step: int = 1


def build(**params: object) -> StatisticsMLP:
    """Build the network from the fields of `Config`."""
    return StatisticsMLP(Config(**params))  # type: ignore[arg-type]


class StatisticsMLP(nn.Module):
    """Log-mels in dB and periodicity (batch, frames, 128) -> logits (batch, n_labels).

    With a frame step of 2, what is given are every second frames.

    Where the speech encoder is heard, its statistics (batch, 1728) are given beside them; ``share`` of what is
    said is then by the perceptrons on these, in [0, 1].
    """

    share: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.statistics = VoiceStatistics(EARS[: config.ears], config.frame_step)
        self.widths = [self.statistics.n_statistics] * config.ears + [N_STATISTICS] * config.encoder
        self.standardise = Standardise(sum(self.widths))
        self.members = nn.ModuleList(_perceptron(width, config) for width in self.widths * config.members)
        self.register_buffer("share", torch.tensor(0.5 if config.encoder else 0.0))

    def forward(self, voice: Tensor, encoded: Tensor | None = None) -> Tensor:
        return self.said_by(self.judge(self.standard(self.hear(voice, encoded))))

    def said_by(self, judged: Tensor) -> Tensor:
        """Give the weighted mean of what `judge` gives, (batch, n_labels)."""
        if not self.config.encoder:
            return judged.mean(dim=0)
        by_source = judged.reshape(self.config.members, len(self.widths), *judged.shape[1:]).mean(dim=0)
        said: Tensor = (1.0 - self.share) * by_source[:-1].mean(dim=0) + self.share * by_source[-1]
        return said

    def judge(self, heard: Tensor) -> Tensor:
        """Give the logits of each perceptron, (n_perceptrons, batch, n_labels), of standard statistics."""
        by_source = torch.split(heard, self.widths, dim=1)
        return torch.stack([member(by_source[i % len(self.widths)]) for i, member in enumerate(self.members)])

    def hear(self, voice: Tensor, encoded: Tensor | None = None) -> Tensor:
        """Give the statistics (batch, n) of voices (batch, frames, 128), ear by ear, and then the encoder's."""
        # Sixteen bits do not tell a skewness from noise.
        with torch.autocast(voice.device.type, enabled=False):
            heard: Tensor = self.statistics(voice.float())
        return heard if encoded is None else torch.cat([heard, encoded.float()], dim=1)

    def standard(self, heard: Tensor) -> Tensor:
        """Give statistics in standard deviations from their mean, at most five."""
        standard: Tensor = self.standardise(heard)
        return standard.clamp(-_FARTHEST, _FARTHEST)


def hears_encoded(network: nn.Module) -> bool:
    """Say whether a network wants what the speech encoder hears, beside the voice."""
    return isinstance(network, StatisticsMLP) and network.config.encoder


def frame_step(network: nn.Module) -> int:
    """Say of how many frames of a voice a network is given one."""
    return network.config.frame_step if isinstance(network, StatisticsMLP) else 1


class Standardise(nn.Module):
    """Bring each statistic to mean 0 and standard deviation 1, as it was among the voices learnt from."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, n: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("deviation", torch.ones(n))

    def learn(self, heard: Tensor) -> None:
        """Take mean and deviation from statistics (n_voices, n); those that never vary stay what they are, 0."""
        self.mean.copy_(heard.mean(dim=0, dtype=torch.float64))
        deviation = heard.std(dim=0, correction=0)
        self.deviation.copy_(torch.where(deviation < _NEVER_VARIES, 1.0, deviation))

    def forward(self, heard: Tensor) -> Tensor:
        return (heard - self.mean) / self.deviation


def _perceptron(n_inputs: int, config: Config) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Dropout(config.input_dropout)]
    for width in config.hidden:
        layers += [
            nn.Linear(n_inputs, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(config.hidden_dropout),
        ]
        n_inputs = width
    return nn.Sequential(*layers, nn.Linear(n_inputs, config.n_labels))
