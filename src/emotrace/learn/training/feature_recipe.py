"""Recipes of models, classic or neural, that learn from a feature set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from emotrace import registry
from emotrace.errors import RecipeError, UnknownNameError, UsageError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn._recipe_keys import require, require_known
from emotrace.learn.training.recipe_sections import Data, Export

if TYPE_CHECKING:
    from emotrace.learn.models._space import Space


@dataclass(frozen=True)
class Features:
    """What is measured of a clip: a feature set, and below how many dB under its peak the ends are cut off."""

    set: str
    trim_db: float | None = None

    def __post_init__(self) -> None:
        with _as_recipe_error("set"):
            load_feature_set(self.set)
        require(self.trim_db is None or self.trim_db > 0, "trim_db", "must be above 0")


@dataclass(frozen=True)
class FeatureModel:
    """A family of models, settings of it by name, and parameters, which win over them."""

    name: str
    preset: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        from emotrace.learn.models._build import build_model, load_model, preset_settings

        require_known("name", self.name, registry.names("model"))
        with _as_recipe_error("name"):
            load_model(self.name)
        with _as_recipe_error("preset"):
            preset_settings(self.name, self.preset)
        with _as_recipe_error("params"):
            build_model(self.name, self.preset, **self.params)
        require(self.seed >= 0, "seed", "must not be negative")


@dataclass(frozen=True)
class Augmentation:
    """Which changed copies of the training clips are learnt from as well."""

    plan: str
    seed: int = 0

    def __post_init__(self) -> None:
        from emotrace.learn.augment import find_plan

        with _as_recipe_error("plan"):
            find_plan(self.plan)
        require(self.seed >= 0, "seed", "must not be negative")


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

        require_known("method", self.method, METHODS)
        require_known("metric", self.metric, METRICS)
        require(self.n_trials >= 1, "n_trials", "must be at least 1")
        require(self.n_folds >= 2, "n_folds", "must be at least 2")
        require(self.space is None or not self.values, "values", "must be left out beside 'space'")
        for name, values in self.values.items():
            is_sound = isinstance(values, list) and len(values) > 0
            require(is_sound, f"values.{name}", "must be a list of what the parameter may be")

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

        require(self.kind == "emotion", "kind", "must be 'emotion' beside [features]")
        require(not self.data.weights, "data.weights", "is for networks that learn from audio; leave it out")
        level = load_feature_set(self.features.set).level
        with _as_recipe_error("features.set"):
            require_fitting(self.model.name, self.features.set, level, is_searched=self.search is not None)
        if self.search is not None:
            with _as_recipe_error("search.space"):
                first = {name: space.grid()[0] for name, space in self.search.space_of(self.model.name).items()}
            for name, values in self.search.values.items():
                with _as_recipe_error(f"search.values.{name}"):
                    for value in cast("list[Any]", values):
                        build_model(
                            self.model.name, self.model.preset, **{**first, name: value, **self.model.params}
                        )

    @property
    def seed(self) -> int:
        """What is drawn from."""
        return self.model.seed

    def with_seed(self, seed: int) -> FeatureRecipe:
        """Give the same training, drawn anew."""
        return replace(self, model=replace(self.model, seed=seed))


@contextlib.contextmanager
def _as_recipe_error(key: str) -> Iterator[None]:
    try:
        yield
    except (UnknownNameError, UsageError) as error:
        raise RecipeError(f"key '{key}': {error}") from None
