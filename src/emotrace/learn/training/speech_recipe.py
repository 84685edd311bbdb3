"""Recipes of the speech detector."""

from __future__ import annotations

from dataclasses import dataclass, field

from emotrace.learn._recipe_keys import require
from emotrace.learn.training.recipe_sections import Data, Export


@dataclass(frozen=True)
class SpeechTraining:
    """How the speech detector is fitted; see `emotrace.learn.training.scenes`."""

    clips_per_corpus: int = 500
    scenes: int = 8000
    validation_scenes: int = 1000
    scene_seconds: float = 4.0
    epochs: int = 25
    batch_size: int = 64
    learning_rate: float = 3e-3
    seed: int = 1

    def __post_init__(self) -> None:
        for key in ("clips_per_corpus", "scenes", "validation_scenes", "epochs", "batch_size"):
            require(getattr(self, key) >= 1, key, "must be at least 1")
        require(1.0 <= self.scene_seconds <= 30.0, "scene_seconds", "must be in 1 .. 30")
        require(self.learning_rate > 0.0, "learning_rate", "must be positive")
        require(self.seed >= 0, "seed", "must not be negative")


@dataclass(frozen=True)
class SpeechAugment:
    """Random changes of each scene; see `emotrace.learn.training.augmentation`."""

    equaliser_db: float = 5.0
    noise_probability: float = 0.3
    noise_snr_db: tuple[float, ...] = (0.0, 45.0)
    reverb_probability: float = 0.3
    telephone_probability: float = 0.25

    def __post_init__(self) -> None:
        for key in ("noise_probability", "reverb_probability", "telephone_probability"):
            require(0.0 <= getattr(self, key) <= 1.0, key, "must be in 0 .. 1")
        ratios = self.noise_snr_db
        is_sound = len(ratios) == 2 and ratios[0] <= ratios[1]
        require(is_sound, "noise_snr_db", "must be two numbers: lowest, highest")
        require(self.equaliser_db >= 0, "equaliser_db", "must not be negative")


@dataclass(frozen=True)
class SpeechRecipe:
    """A whole training run of a speech-activity bundle (``kind = "speech"``)."""

    data: Data
    export: Export
    kind: str = "speech"
    augment: SpeechAugment = field(default_factory=SpeechAugment)
    training: SpeechTraining = field(default_factory=SpeechTraining)
