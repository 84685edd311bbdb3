"""A voice seen as a picture and heard as a behaviour: the network of the default model.

`residual_cnn` looks at log-mels and periodicity as at a picture; `statistics_mlp` judges how the voice behaves
over the whole clip. They err in different places; what is said is the weighted mean of what both say.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emotrace.learn.models import residual_cnn, statistics_mlp

INPUT = "waveform"


@dataclass(frozen=True)
class Config:
    """Shape of the network: the fields of `residual_cnn.Config` and of `statistics_mlp.Config`."""

    n_labels: int
    widths: tuple[int, ...] = residual_cnn.Config.widths
    pool_width: int = residual_cnn.Config.pool_width
    dropout: float = residual_cnn.Config.dropout
    hidden: tuple[int, ...] = statistics_mlp.Config.hidden
    input_dropout: float = statistics_mlp.Config.input_dropout
    hidden_dropout: float = statistics_mlp.Config.hidden_dropout
    members: int = statistics_mlp.Config.members


def build(**params: object) -> TwoViews:
    """Build the network from the fields of `Config`."""
    config = Config(**params)  # type: ignore[arg-type]
    picture = residual_cnn.build(
        n_labels=config.n_labels, widths=config.widths, pool_width=config.pool_width, dropout=config.dropout
    )
    statistics = statistics_mlp.build(
        n_labels=config.n_labels,
        hidden=config.hidden,
        input_dropout=config.input_dropout,
        hidden_dropout=config.hidden_dropout,
        members=config.members,
    )
    return TwoViews(picture, statistics)


class TwoViews(nn.Module):
    """Log-mels in dB and periodicity (batch, frames, 128) -> logits (batch, n_labels).

    ``share`` of what is said is the picture's, in [0, 1].
    """

    share: Tensor

    def __init__(self, picture: nn.Module, statistics: nn.Module, share: float = 0.5) -> None:
        super().__init__()
        self.picture = picture
        self.statistics = statistics
        self.register_buffer("share", torch.tensor(share))

    def forward(self, voice: Tensor) -> Tensor:
        said: Tensor = self.share * self.picture(voice) + (1.0 - self.share) * self.statistics(voice)
        return said
