"""What the recipes of every kind have: whose speech, and what is exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emotrace import registry
from emotrace.errors import LabelError, RecipeError
from emotrace.labels import EMOTIONS, preset_labels
from emotrace.learn._recipe_keys import require, require_known
from emotrace.learn.evaluation.protocols import LEAKY_PROTOCOLS, PROTOCOLS


@dataclass(frozen=True)
class Data:
    """Which speech is used, and how it is divided.

    ``manifests`` are tables of one's own speech (paths from where the command is run); ``weights`` are the
    shares of the training clips drawn per corpus (1 where none is given); ``exclude`` lists files that are
    left out, by name without ending, or by folder and name: ``DC/a01``.
    """

    corpora: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    protocol: str = "joint-6"
    fold: int = 1
    split_seed: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.corpora or self.manifests), "corpora", "must name a corpus, or key 'manifests' a file")
        require(len(set(self.corpora)) == len(self.corpora), "corpora", "must name each corpus once")
        for name in self.corpora:
            require_known("corpora", name, registry.names("corpus"))
        require_known("protocol", self.protocol, set(PROTOCOLS) - set(LEAKY_PROTOCOLS))
        require(self.fold >= 1, "fold", "must be at least 1")
        unknown = [name for name in self.weights if name not in self.corpora and not self.manifests]
        require(not unknown, "weights", f"names {', '.join(unknown)}, which 'corpora' does not")
        require(all(w > 0 for w in self.weights.values()), "weights", "must be positive")


@dataclass(frozen=True)
class Export:
    """What the bundle promises."""

    name: str
    description: str = ""
    licence: str = "unknown"
    window_seconds: float = 3.0
    hop_seconds: float = 1.5
    default_labels: str = "all"
    coverage: float = 0.8

    def __post_init__(self) -> None:
        require(0.5 <= self.window_seconds <= 60.0, "window_seconds", "must be in 0.5 .. 60")
        is_sound = 0.1 <= self.hop_seconds <= self.window_seconds
        require(is_sound, "hop_seconds", "must be in 0.1 .. window_seconds")
        require(0.0 < self.coverage <= 1.0, "coverage", "must be in (0, 1]")
        require(bool(self.licence.strip()), "licence", "must not be empty")
        try:
            preset_labels(self.default_labels, EMOTIONS)
        except LabelError as error:
            raise RecipeError(f"key 'default_labels': {error}") from None
