"""Whether what a recipe asks for can be had: presets, spaces and features, before any clip is read."""

from __future__ import annotations

from emotrace.errors import EmotraceError, MissingExtraError, RecipeError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.laboratory.recipe import Claim, Model, find_claim, read_claim
from emotrace.learn.models._build import build_model, load_model
from emotrace.learn.training.search import search_space
from emotrace.strict_toml import saying_where, show_file

_GIVEN = {"functionals": "a row of features", "lld": "frames", "image": "an image"}
_TAKEN = {"features": "a row of features", "frames": "frames", "image": "an image"}
_INPUTS = {"functionals": ("features", "frames"), "lld": ("frames",), "image": ("image",)}
"""By what a feature set gives for a clip: the models that learn from it. Rows are read as sequences of numbers."""
_SUCH_MODELS = {"functionals": "svm or mlp", "lld": "gru or lstm", "image": "cnn2d"}
_SUCH_SETS = {"features": "means184", "frames": "mfcc-frames", "image": "mel-image"}


def read_checked_claim(name_or_path: str) -> Claim:
    """Read a claim's recipe as `read_claim`, and make sure that its models can be built and fed.

    A library that is not installed is told by the run that needs it.

    Raises
    ------
    RecipeError, UnknownNameError
        As `read_claim`, and for a preset, search space or feature set that cannot be had, or does not fit.
    """
    claim = read_claim(name_or_path)
    with saying_where(show_file(find_claim(name_or_path)), RecipeError):
        level = _level(claim.features.set)
        for nth, model in enumerate(claim.models, start=1):
            with saying_where(f"[[models]] {nth} ('{model.name}')", RecipeError):
                _check_model(model, level, claim.features.set)
    return claim


def _level(feature_set: str) -> str | None:
    """Give what a feature set gives for a clip; None where its library is not installed."""
    try:
        return load_feature_set(feature_set).level
    except MissingExtraError:
        return None
    except EmotraceError as error:
        raise RecipeError(f"[features]: key 'set': {error}") from None


def _check_model(model: Model, level: str | None, feature_set: str) -> None:
    try:
        taken = load_model(model.model).INPUT
        build_model(model.model, model.preset, **({} if model.epochs is None else {"epochs": model.epochs}))
        if model.search is not None:
            search_space(model.model, model.search.space)
    except MissingExtraError:
        return
    except EmotraceError as error:
        raise RecipeError(str(error)) from None
    if level is None:
        return
    if taken not in _INPUTS[level]:
        raise RecipeError(
            f"the model '{model.model}' takes {_TAKEN[taken]} for each clip, the feature set '{feature_set}' "
            f"gives {_GIVEN[level]}; write a set such as {_SUCH_SETS[taken]}, "
            f"or a model such as {_SUCH_MODELS[level]}"
        )
    if model.search is not None and level != "functionals":
        raise RecipeError(
            f"key 'search' is for a row of features for each clip, the feature set '{feature_set}' gives "
            f"{_GIVEN[level]}; leave the search out"
        )
