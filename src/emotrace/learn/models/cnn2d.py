"""2-D convolutional networks on mel-spectrogram images: the avatar project's (S0) baseline and models 1 to 8.

All convolutions are without padding and end in ReLU; pooling takes the largest of 2 x 2. For images of 64 x 64 x 3
and 5 classes they have exactly the published numbers of parameters (`VARIANTS`). Flattening goes channel by
channel, the original's position by position, which changes no count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import onnx
from torch import Tensor, nn

from emotrace.errors import TrainingError, UnknownNameError
from emotrace.learn.models._keras import dense_layers
from emotrace.learn.models._neural import NeuralClassifier
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._torch_clips import Clips
from emotrace.learn.models._torch_onnx import neural_to_onnx

INPUT = "image"


@dataclass(frozen=True)
class Convolution:
    """A convolution of ``kernel_size`` x ``kernel_size`` with ReLU, and whether pooling follows."""

    n_channels: int
    kernel_size: int = 3
    is_pooled: bool = True


@dataclass(frozen=True)
class Variant:
    """Convolutions, then dense layers with ReLU, then one unit per class."""

    convolutions: tuple[Convolution, ...]
    dense: tuple[int, ...] = ()


_M1 = Variant((Convolution(70), Convolution(35, is_pooled=False)))
_M5 = Variant((Convolution(70, kernel_size=5), Convolution(35, is_pooled=False)))

VARIANTS: Mapping[str, Variant] = {
    "baseline": Variant((Convolution(10, is_pooled=False),)),  # 192,485 parameters
    "m1": _M1,  # 171,225
    "m2": _M1,
    "m3": _M1,
    "m4": Variant((Convolution(70), Convolution(35), Convolution(17))),  # 32,482
    "m5": _M5,  # 164,610
    "m6": _M5,
    "m7": Variant((Convolution(70), Convolution(35), Convolution(35)), dense=(90,)),  # 149,050
    "m8": Variant((Convolution(70), Convolution(35), Convolution(35), Convolution(15)), dense=(90, 35)),  # 48,700
}

SEARCH_SPACE: Space = {
    "variant": Choice(("m1", "m4", "m5", "m7", "m8")),
    "learning_rate": Range(1e-4, 3e-3, log=True),
    "batch_size": Choice((16, 32, 64)),
}

_EPOCHS = {"baseline": 1, "m1": 1, "m2": 10, "m3": 1, "m4": 1, "m5": 1, "m6": 15, "m7": 1, "m8": 1}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    **{f"s0-{variant}": {"variant": variant, "epochs": n_epochs} for variant, n_epochs in _EPOCHS.items()},
    "s0-m3a": {"variant": "m3", "epochs": 10},
    "s0-final": {"variant": "m7", "epochs": 10},
}
"""As published, in batches of 32 throughout: the sizes of 45 and 125 that were given for some had no effect."""

SWEEP_EPOCHS = (5, 10, 15, 25)
"""The epochs at which the project compared model 7: one run of 25 with ``fit(snapshot_epochs=SWEEP_EPOCHS)``."""


@dataclass(kw_only=True, eq=False, repr=False)
class CNN2D(NeuralClassifier):
    """The classifier; parameters beyond those of `NeuralClassifier`:

    Parameters
    ----------
    variant
        One of `VARIANTS`.
    """

    RANKS: ClassVar = (3,)
    SCALED: ClassVar = False  # images are from 0 to 1 already

    epochs: int = 10
    batch_size: int = 32
    variant: str = "m7"

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Build the network for images of ``shape`` (height, width, channels).

        Raises
        ------
        UnknownNameError
            If there is no such variant.
        TrainingError
            If the images are too small for it.
        """
        if self.variant not in VARIANTS:
            raise UnknownNameError("2-D CNN variant", str(self.variant), VARIANTS)
        return CNN2DNetwork(shape, n_classes, VARIANTS[self.variant])

    def check_inputs(self, clips: Clips, what: str) -> None:
        """Refuse images that are not from 0 to 1.

        Raises
        ------
        TrainingError
            If a value lies outside.
        """
        assert isinstance(clips.inputs, Tensor)
        low, high = clips.inputs.min().item(), clips.inputs.max().item()
        if low < 0.0 or high > 1.0:
            raise TrainingError(
                f"{what} must be images from 0 to 1, these go from {low:g} to {high:g}; divide by 255"
            )


build = CNN2D
"""Give an unfitted classifier of the family."""


def to_onnx(estimator: CNN2D, shape: tuple[int, ...]) -> onnx.ModelProto:
    """Give the graph of a fitted classifier, see `neural_to_onnx`."""
    return neural_to_onnx(estimator, shape)


class CNN2DNetwork(nn.Module):
    """Images (batch, height, width, channels) -> logits (batch, n_classes)."""

    def __init__(self, shape: tuple[int, ...], n_classes: int, variant: Variant) -> None:
        super().__init__()
        height, width, n_in = shape
        layers: list[nn.Module] = []
        for convolution in variant.convolutions:
            layers += [nn.Conv2d(n_in, convolution.n_channels, convolution.kernel_size), nn.ReLU()]
            n_in = convolution.n_channels
            height, width = height - convolution.kernel_size + 1, width - convolution.kernel_size + 1
            if convolution.is_pooled:
                layers.append(nn.MaxPool2d(2))
                height, width = height // 2, width // 2
        if min(height, width) < 1:
            raise TrainingError(f"images of {shape[0]} x {shape[1]} are too small for this network; give 64 x 64")
        self.convolutions = nn.Sequential(*layers)
        n_flat = height * width * n_in
        self.dense = nn.Sequential(*dense_layers(n_flat, variant.dense, [0.0] * len(variant.dense)))
        self.head = nn.Linear([n_flat, *variant.dense][-1], n_classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.convolutions(images.permute(0, 3, 1, 2).contiguous())
        logits: Tensor = self.head(self.dense(x.flatten(1)))
        return logits
