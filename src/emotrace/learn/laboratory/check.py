"""Whether what a recipe asks for can be had: presets, spaces and features, before any clip is read."""

from __future__ import annotations

from emotrace.errors import EmotraceError, MissingExtraError, RecipeError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.laboratory.recipe import Claim, Model, find_claim, read_claim
from emotrace.learn.models._build import build_model
from emotrace.learn.models._inputs import require_fitting
from emotrace.learn.training.search import search_space
from emotrace.strict_toml import saying_where, show_file


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
        build_model(model.model, model.preset, **({} if model.epochs is None else {"epochs": model.epochs}))
        if model.search is not None:
            search_space(model.model, model.search.space)
        if level is not None:
            require_fitting(model.model, feature_set, level, is_searched=model.search is not None)
    except MissingExtraError:
        return
    except EmotraceError as error:
        raise RecipeError(str(error)) from None
