"""Whether what a recipe asks for can be had, claims and honest ones alike, before any clip is read."""

from __future__ import annotations

from typing import Any

from emotrace.errors import EmotraceError, MissingExtraError, RecipeError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.laboratory.honest_recipe import Candidate, Honest, find_honest, read_honest
from emotrace.learn.laboratory.recipe import Claim, Model, find_claim, read_claim
from emotrace.learn.models._build import build_model, load_model
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
        level = _level("[features]: ", claim.features.set)
        for nth, model in enumerate(claim.models, start=1):
            with saying_where(f"[[models]] {nth} ('{model.name}')", RecipeError):
                _check_model(model, level, claim.features.set)
    return claim


def read_checked_honest(name_or_path: str) -> Honest:
    """Read an honest recipe as `read_honest`, and make sure that its candidates can be built and fed.

    A library that is not installed is told by the run that needs it.

    Raises
    ------
    RecipeError, UnknownNameError
        As `read_honest`, and for a feature set, model or parameter that cannot be had, or does not fit.
    """
    recipe = read_honest(name_or_path)
    with saying_where(show_file(find_honest(name_or_path)), RecipeError):
        for nth, candidate in enumerate(recipe.candidates, start=1):
            with saying_where(f"[[candidates]] {nth} ('{candidate.name}')", RecipeError):
                _check_candidate(candidate)
    return recipe


def _check_candidate(candidate: Candidate) -> None:
    level = _level("", candidate.set)
    if level not in (None, "functionals"):
        raise RecipeError(
            f"key 'set': principal components are of a row of features for each clip, which '{candidate.set}' "
            "does not give; write a set such as means184"
        )
    try:
        if load_model(candidate.model).INPUT != "features":
            raise RecipeError(
                f"key 'model': '{candidate.model}' does not take a row of features for each clip; write one such "
                "as svm or logistic"
            )
        settings: dict[str, Any] = {**candidate.params, "inner": candidate.model}
        build_model("principal", n_components=candidate.n_components, **settings)
    except MissingExtraError:
        return
    except EmotraceError as error:
        raise RecipeError(str(error)) from None


def _level(where: str, feature_set: str) -> str | None:
    """Give what a feature set gives for a clip; None where its library is not installed."""
    try:
        return load_feature_set(feature_set).level
    except MissingExtraError:
        return None
    except EmotraceError as error:
        raise RecipeError(f"{where}key 'set': {error}") from None


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
