"""Recipes: a TOML file that says everything a training run needs to be repeated.

Every section is a frozen dataclass below; its fields are the keys, with their types and defaults. A wrong
key, type or value is a `RecipeError` that names the key and says what is allowed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from emotrace import registry
from emotrace.errors import LabelError, RecipeError, UnknownNameError, UsageError, suggest
from emotrace.features._feature_set import load_feature_set
from emotrace.labels import EMOTIONS, preset_labels
from emotrace.learn.evaluation.protocols import LEAKY_PROTOCOLS, PROTOCOLS
from emotrace.strict_toml import parse_record, read_table, show_file

if TYPE_CHECKING:
    from emotrace.learn.models._space import Space

_SHIPPED = Path(__file__).parent.parent / "recipes"
_NETWORKS = ("residual-cnn", "statistics-mlp", "two-views")
"""Whose input is known without importing them, which takes PyTorch."""


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
        _require(bool(self.corpora or self.manifests), "corpora", "must name a corpus, or key 'manifests' a file")
        _require(len(set(self.corpora)) == len(self.corpora), "corpora", "must name each corpus once")
        for name in self.corpora:
            _require_known("corpora", name, registry.names("corpus"))
        _require_known("protocol", self.protocol, set(PROTOCOLS) - set(LEAKY_PROTOCOLS))
        _require(self.fold >= 1, "fold", "must be at least 1")
        unknown = [name for name in self.weights if name not in self.corpora and not self.manifests]
        _require(not unknown, "weights", f"names {', '.join(unknown)}, which 'corpora' does not")
        _require(all(w > 0 for w in self.weights.values()), "weights", "must be positive")


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
        _require_known("name", self.name, registry.names("model"))
        _require(
            self.name in _NETWORKS or registry.load("model", self.name).INPUT == "waveform",
            "name",
            f"names '{self.name}', which learns from features: add [features] with 'set', and put parameters "
            f"into [model.params]; on audio itself learn {', '.join(_NETWORKS)}",
        )
        _require(1 <= self.ears <= 3, "ears", "must be 1, 2 or 3")
        _require(
            self.name == "statistics-mlp" or not self.encoder,
            "encoder",
            "must be false unless 'name' is statistics-mlp",
        )
        _require(self.frame_step in (1, 2), "frame_step", "must be 1 or 2")
        _require(
            self.name == "statistics-mlp" or self.frame_step == 1,
            "frame_step",
            "must be 1 unless 'name' is statistics-mlp",
        )
        is_sound = len(self.widths) == 5 and min(self.widths) >= 16
        # Narrower ones crash bfloat16 convolutions on some processors.
        _require(is_sound, "widths", "must be five numbers of at least 16")
        _require(self.pool_width >= 1, "pool_width", "must be at least 1")
        for key in ("dropout", "input_dropout", "hidden_dropout"):
            _require(0.0 <= getattr(self, key) < 1.0, key, "must be in [0, 1)")
        _require(bool(self.hidden) and min(self.hidden) >= 1, "hidden", "must be numbers of at least 1")
        _require(self.members >= 1, "members", "must be at least 1")


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
        _require(1.0 in self.speeds, "speeds", "must hold 1.0, the clip as it is")
        _require(all(0.5 <= s <= 2.0 for s in self.speeds), "speeds", "must lie in 0.5 .. 2")
        for key in ("telephone_probability", "noisy_probability"):
            _require(0.0 <= getattr(self, key) <= 1.0, key, "must be in 0 .. 1")
        together = self.telephone_probability + self.noisy_probability
        _require(together <= 1.0, "noisy_probability", "and telephone_probability must not be above 1 together")
        for key in ("tempo", "frequency"):
            _require(0.0 <= getattr(self, key) < 0.5, key, "must be in [0, 0.5)")
        for key in (
            "noisy_versions",
            "equaliser_db",
            "band_masks",
            "band_mask_width",
            "time_masks",
            "time_mask_frames",
        ):
            _require(getattr(self, key) >= 0, key, "must not be negative")


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
            _require(getattr(self, key) >= 1, key, "must be at least 1")
        # Batch normalisation has nothing to compare a lonely clip with.
        _require(self.batch_size >= 2, "batch_size", "must be at least 2")
        _require(self.learning_rate > 0.0, "learning_rate", "must be positive")
        for key in ("weight_decay", "mixup", "seed"):
            _require(getattr(self, key) >= 0.0, key, "must not be negative")
        for key in ("label_smoothing", "ema_decay"):
            _require(0.0 <= getattr(self, key) < 1.0, key, "must be in [0, 1)")
        low_high = self.crop_seconds
        _require(
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
        _require(self.steps >= 1, "steps", "must be at least 1")
        _require(self.batch_size >= 2, "batch_size", "must be at least 2")
        _require(self.learning_rate > 0.0, "learning_rate", "must be positive")


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
        _require(0.5 <= self.window_seconds <= 60.0, "window_seconds", "must be in 0.5 .. 60")
        is_sound = 0.1 <= self.hop_seconds <= self.window_seconds
        _require(is_sound, "hop_seconds", "must be in 0.1 .. window_seconds")
        _require(0.0 < self.coverage <= 1.0, "coverage", "must be in (0, 1]")
        _require(bool(self.licence.strip()), "licence", "must not be empty")
        try:
            preset_labels(self.default_labels, EMOTIONS)
        except LabelError as error:
            raise RecipeError(f"key 'default_labels': {error}") from None


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
        _require(is_sound, "export.default_labels", "must be 'all' for kind 'sex', which has two labels")

    @property
    def fingerprint(self) -> str:
        """Hash of all that training depends on: a checkpoint may only go on under the recipe that began it."""
        decisive = {key: value for key, value in recipe_to_dict(self).items() if key != "export"}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def seed(self) -> int:
        """What is drawn from."""
        return self.training.seed

    def with_seed(self, seed: int) -> Recipe:
        """Give the same training, drawn anew."""
        return replace(self, training=replace(self.training, seed=seed))


@dataclass(frozen=True)
class Features:
    """What is measured of a clip: a feature set, and below how many dB under its peak the ends are cut off."""

    set: str
    trim_db: float | None = None

    def __post_init__(self) -> None:
        with _as_recipe_error("set"):
            load_feature_set(self.set)
        _require(self.trim_db is None or self.trim_db > 0, "trim_db", "must be above 0")


@dataclass(frozen=True)
class FeatureModel:
    """A family of models, settings of it by name, and parameters, which win over them."""

    name: str
    preset: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        from emotrace.learn.models._build import build_model

        _require_known("name", self.name, registry.names("model"))
        with _as_recipe_error("name"):
            build_model(self.name, self.preset, **self.params)
        _require(self.seed >= 0, "seed", "must not be negative")


@dataclass(frozen=True)
class Augmentation:
    """Which changed copies of the training clips are learnt from as well."""

    plan: str
    seed: int = 0

    def __post_init__(self) -> None:
        from emotrace.learn.augment import find_plan

        with _as_recipe_error("plan"):
            find_plan(self.plan)
        _require(self.seed >= 0, "seed", "must not be negative")


@dataclass(frozen=True)
class Search:
    """How the model's parameters are sought, in folds of training speakers.

    ``space`` names a space that a reference project has published; ``values`` lists what parameters may be.
    Without either, the model's own space is searched.
    """

    method: str = "optuna"
    n_trials: int = 20
    n_folds: int = 3
    space: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    metric: str = "unweighted_average_recall"

    def __post_init__(self) -> None:
        from emotrace.learn.training.search import METHODS, METRICS

        _require_known("method", self.method, METHODS)
        _require_known("metric", self.metric, METRICS)
        _require(self.n_trials >= 1, "n_trials", "must be at least 1")
        _require(self.n_folds >= 2, "n_folds", "must be at least 2")
        _require(self.space is None or not self.values, "values", "must be left out beside 'space'")
        for name, values in self.values.items():
            is_sound = isinstance(values, list) and len(values) > 0
            _require(is_sound, f"values.{name}", "must be a list of what the parameter may be")

    def space_of(self, model: str) -> Space:
        """Give what is searched for a family of models; raise `UsageError` if there is nothing."""
        from emotrace.learn.models._space import Choice
        from emotrace.learn.training.search import search_space

        own = {name: Choice(tuple(cast("list[Any]", values))) for name, values in self.values.items()}
        return own or search_space(model, self.space)


@dataclass(frozen=True)
class FeatureRecipe:
    """A whole training run of a model of features, classic or neural, into a bundle of emotions."""

    data: Data
    features: Features
    model: FeatureModel
    export: Export
    kind: str = "emotion"
    augmentation: Augmentation | None = None
    search: Search | None = None

    def __post_init__(self) -> None:
        from emotrace.learn.models._build import build_model
        from emotrace.learn.models._inputs import require_fitting

        _require(self.kind == "emotion", "kind", "must be 'emotion' beside [features]")
        _require(not self.data.weights, "data.weights", "is for networks that learn from audio; leave it out")
        level = load_feature_set(self.features.set).level
        with _as_recipe_error("features.set"):
            require_fitting(self.model.name, self.features.set, level, is_searched=self.search is not None)
        if self.search is not None:
            with _as_recipe_error("search.space"):
                first = {name: space.grid()[0] for name, space in self.search.space_of(self.model.name).items()}
            with _as_recipe_error("search.values"):
                build_model(self.model.name, self.model.preset, **{**first, **self.model.params})

    @property
    def seed(self) -> int:
        """What is drawn from."""
        return self.model.seed

    def with_seed(self, seed: int) -> FeatureRecipe:
        """Give the same training, drawn anew."""
        return replace(self, model=replace(self.model, seed=seed))


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
            _require(getattr(self, key) >= 1, key, "must be at least 1")
        _require(1.0 <= self.scene_seconds <= 30.0, "scene_seconds", "must be in 1 .. 30")
        _require(self.learning_rate > 0.0, "learning_rate", "must be positive")
        _require(self.seed >= 0, "seed", "must not be negative")


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
            _require(0.0 <= getattr(self, key) <= 1.0, key, "must be in 0 .. 1")
        ratios = self.noise_snr_db
        is_sound = len(ratios) == 2 and ratios[0] <= ratios[1]
        _require(is_sound, "noise_snr_db", "must be two numbers: lowest, highest")
        _require(self.equaliser_db >= 0, "equaliser_db", "must not be negative")


@dataclass(frozen=True)
class SpeechRecipe:
    """A whole training run of a speech-activity bundle (``kind = "speech"``)."""

    data: Data
    export: Export
    kind: str = "speech"
    augment: SpeechAugment = field(default_factory=SpeechAugment)
    training: SpeechTraining = field(default_factory=SpeechTraining)


AnyRecipe: TypeAlias = Recipe | FeatureRecipe | SpeechRecipe

_KINDS: Mapping[str, type[AnyRecipe]] = {
    "emotion": Recipe,
    "speech": SpeechRecipe,
    "sex": Recipe,
}


def recipe_to_dict(recipe: AnyRecipe) -> dict[str, Any]:
    """Give a recipe as plain JSON-ready data."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(recipe)))
    return plain


def recipe_names() -> list[str]:
    """List the recipes shipped with the package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml"))


def find_recipe(name_or_path: str) -> Path:
    """Give the path of a shipped recipe's name or of a TOML file.

    A shipped name wins over a file or folder of that name here: write ``./default`` for the file.
    """
    if name_or_path in recipe_names():
        return _SHIPPED / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.exists():
        if not path.is_file():
            raise RecipeError(f"no recipe file {path}; shipped recipes: {', '.join(recipe_names())}")
        return path
    raise UnknownNameError("recipe", name_or_path, recipe_names())


def read_recipe(name_or_path: str) -> AnyRecipe:
    """Read and validate a recipe; see `find_recipe` for what may be given.

    With a section ``[features]`` it is a `FeatureRecipe`.

    Raises
    ------
    RecipeError
        If the file is not TOML, or a key is unknown, missing, of the wrong type or out of range.
    """
    path = find_recipe(name_or_path)
    table, file = read_table(path, RecipeError), show_file(path)
    kind = table.get("kind", "emotion")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise RecipeError(f"{file}: key 'kind' must be one of {', '.join(_KINDS)}, got {ascii(kind)[:60]}")
    record: type[AnyRecipe] = FeatureRecipe if "features" in table else _KINDS[kind]
    return parse_record(record, table, file, RecipeError)


@contextlib.contextmanager
def _as_recipe_error(key: str) -> Iterator[None]:
    try:
        yield
    except (UnknownNameError, UsageError) as error:
        raise RecipeError(f"key '{key}': {error}") from None


def _require_known(key: str, name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    _require(name in names, key, f"names '{name}'; {suggest(name, names)}")


def _require(condition: bool, key: str, sentence: str) -> None:
    if not condition:
        raise RecipeError(f"key '{key}' {sentence}")
