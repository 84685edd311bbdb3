"""Recipes of networks that learn from audio itself: emotions, or speakers' sex."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field, replace

from emotrace import registry
from emotrace.learn._recipe_keys import require, require_known
from emotrace.learn.training.recipe_sections import Data, Export

_NETWORKS = ("residual-cnn", "statistics-mlp", "two-views")
"""Whose input is known without importing them, which takes PyTorch."""


@dataclass(frozen=True)
class Model:
    """The network; see `emotrace.learn.models.two_views.Config` and, for ``ears``, ``encoder`` and
    ``frame_step``, those of `emotrace.learn.models.statistics_mlp`. A network looks only at what it has a use for.
    """

    name: str = "two-views"
    widths: tuple[int, ...] = (32, 32, 64, 128, 192)
    pool_width: int = 192
    dropout: float = 0.3
    hidden: tuple[int, ...] = (224, 128)
    input_dropout: float = 0.3
    hidden_dropout: float = 0.5
    members: int = 1
    ears: int = 3
    encoder: bool = False
    frame_step: int = 1

    def __post_init__(self) -> None:
        require_known("name", self.name, registry.names("model"))
        require(
            self.name in _NETWORKS or registry.load("model", self.name).INPUT == "waveform",
            "name",
            f"names '{self.name}', which learns from features: add [features] with 'set', and put parameters "
            f"into [model.params]; on audio itself learn {', '.join(_NETWORKS)}",
        )
        require(1 <= self.ears <= 3, "ears", "must be 1, 2 or 3")
        require(
            self.name == "statistics-mlp" or not self.encoder,
            "encoder",
            "must be false unless 'name' is statistics-mlp",
        )
        require(self.frame_step in (1, 2), "frame_step", "must be 1 or 2")
        require(
            self.name == "statistics-mlp" or self.frame_step == 1,
            "frame_step",
            "must be 1 unless 'name' is statistics-mlp",
        )
        is_sound = len(self.widths) == 5 and min(self.widths) >= 16
        # Narrower ones crash bfloat16 convolutions on some processors.
        require(is_sound, "widths", "must be five numbers of at least 16")
        require(self.pool_width >= 1, "pool_width", "must be at least 1")
        for key in ("dropout", "input_dropout", "hidden_dropout"):
            require(0.0 <= getattr(self, key) < 1.0, key, "must be in [0, 1)")
        require(bool(self.hidden) and min(self.hidden) >= 1, "hidden", "must be numbers of at least 1")
        require(self.members >= 1, "members", "must be at least 1")


@dataclass(frozen=True)
class Augment:
    """Random changes of each training clip.

    Versions are made once, see `emotrace.learn.training.pack`; what comes after them is drawn anew each time, see
    `emotrace.learn.training.augmentation`.
    """

    speeds: tuple[float, ...] = (0.9, 1.0, 1.1)
    telephone_probability: float = 0.15
    noisy_versions: int = 2
    noisy_probability: float = 0.3
    tempo: float = 0.1
    frequency: float = 0.04
    equaliser_db: float = 4.0
    band_masks: int = 2
    band_mask_width: int = 10
    time_masks: int = 2
    time_mask_frames: int = 25

    def __post_init__(self) -> None:
        require(1.0 in self.speeds, "speeds", "must hold 1.0, the clip as it is")
        require(all(0.5 <= s <= 2.0 for s in self.speeds), "speeds", "must lie in 0.5 .. 2")
        for key in ("telephone_probability", "noisy_probability"):
            require(0.0 <= getattr(self, key) <= 1.0, key, "must be in 0 .. 1")
        together = self.telephone_probability + self.noisy_probability
        require(together <= 1.0, "noisy_probability", "and telephone_probability must not be above 1 together")
        for key in ("tempo", "frequency"):
            require(0.0 <= getattr(self, key) < 0.5, key, "must be in [0, 0.5)")
        for key in (
            "noisy_versions",
            "equaliser_db",
            "band_masks",
            "band_mask_width",
            "time_masks",
            "time_mask_frames",
        ):
            require(getattr(self, key) >= 0, key, "must not be negative")


@dataclass(frozen=True)
class Training:
    """How the network is fitted."""

    epochs: int = 60
    batch_size: int = 64
    steps_per_epoch: int = 160
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    mixup: float = 0.3
    ema_decay: float = 0.998
    patience: int = 20
    crop_seconds: tuple[float, ...] = (1.6, 3.2)
    seed: int = 1

    def __post_init__(self) -> None:
        for key in ("epochs", "steps_per_epoch", "patience"):
            require(getattr(self, key) >= 1, key, "must be at least 1")
        # Batch normalisation has nothing to compare a lonely clip with.
        require(self.batch_size >= 2, "batch_size", "must be at least 2")
        require(self.learning_rate > 0.0, "learning_rate", "must be positive")
        for key in ("weight_decay", "mixup", "seed"):
            require(getattr(self, key) >= 0.0, key, "must not be negative")
        for key in ("label_smoothing", "ema_decay"):
            require(0.0 <= getattr(self, key) < 1.0, key, "must be in [0, 1)")
        low_high = self.crop_seconds
        require(
            len(low_high) == 2 and 0.5 <= low_high[0] <= low_high[1] <= 30.0,
            "crop_seconds",
            "must be two numbers, shortest and longest, in 0.5 .. 30",
        )


@dataclass(frozen=True)
class Statistics:
    """How the perceptrons on a voice's statistics are fitted; see `emotrace.learn.training.fit_statistics`."""

    steps: int = 2400
    batch_size: int = 128
    learning_rate: float = 3e-3

    def __post_init__(self) -> None:
        require(self.steps >= 1, "steps", "must be at least 1")
        require(self.batch_size >= 2, "batch_size", "must be at least 2")
        require(self.learning_rate > 0.0, "learning_rate", "must be positive")


@dataclass(frozen=True)
class Recipe:
    """A whole training run of a bundle of emotions, or of speakers' sex (``kind = "emotion"`` or ``"sex"``)."""

    data: Data
    export: Export
    kind: str = "emotion"
    model: Model = field(default_factory=Model)
    augment: Augment = field(default_factory=Augment)
    training: Training = field(default_factory=Training)
    statistics: Statistics = field(default_factory=Statistics)

    def __post_init__(self) -> None:
        is_sound = self.kind != "sex" or self.export.default_labels == "all"
        require(is_sound, "export.default_labels", "must be 'all' for kind 'sex', which has two labels")

    @property
    def fingerprint(self) -> str:
        """Hash of all that training depends on: a checkpoint may only go on under the recipe that began it."""
        decisive = {key: value for key, value in dataclasses.asdict(self).items() if key != "export"}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def seed(self) -> int:
        """What is drawn from."""
        return self.training.seed

    def with_seed(self, seed: int) -> Recipe:
        """Give the same training, drawn anew."""
        return replace(self, training=replace(self.training, seed=seed))
