"""The stages of a run on features: measure, seek parameters, fit, calibrate, export. Each goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotrace.bundle import Bundle
from emotrace.errors import RecipeError, TrainingError, UsageError
from emotrace.features._feature_set import load_feature_set
from emotrace.features._front_end import FrontEnd, describe_front_end
from emotrace.learn._processes import usable_cores
from emotrace.learn.augment import Row, find_plan, make_chain
from emotrace.learn.evaluation.metrics import unweighted_average_recall
from emotrace.learn.evaluation.split import Split
from emotrace.learn.models._build import build_model, is_network, read_names
from emotrace.learn.training.data import count_clips
from emotrace.learn.training.export_classic import Rows, write_classic_bundle
from emotrace.learn.training.feature_recipe import FeatureRecipe
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.folds import speaker_folds
from emotrace.learn.training.heard_features import Values, hear_rows
from emotrace.learn.training.history import history_of, network_seconds, write_history
from emotrace.learn.training.recipe import recipe_to_dict
from emotrace.learn.training.search import Found, search, seeded
from emotrace.types import Utterance

SEARCH_FILE = "search.sqlite3"
NETWORK_FOLDER = "network"

Report = Callable[[str, Mapping[str, Any]], None]


def run_features(
    recipe: FeatureRecipe,
    split: Split,
    folder: Path,
    report: Report,
    loggers: Sequence[str] = (),
    n_jobs: int = 1,
) -> Bundle:
    """Train a model of features and write ``folder/bundle``.

    Measured features are kept in the cache, trials of a search in ``folder/search.sqlite3``, a network's
    checkpoints in ``folder/network``; how the fit went, epoch by epoch or in rounds of boosting, in
    ``folder/history.json``. A network's epochs are told to ``loggers`` too, see `NeuralClassifier.fit`;
    ``n_jobs`` processes seek parameters.

    Raises
    ------
    RecipeError
        If parameters are sought in more folds than there are speakers.
    TrainingError
        If no clip of a side can be used, or the model refuses them.
    """
    begun, earlier = time.perf_counter(), network_seconds(folder / NETWORK_FOLDER)
    front_end = FrontEnd(describe_front_end(recipe.features.set, recipe.features.trim_db))
    plain = [Row(u, make_chain(()), 0, 0) for u in split.validation]
    rows = _training_rows(recipe, split)
    _require_folds(recipe, rows)
    values = hear_rows(
        [*rows, *plain], front_end.facts, n_jobs=usable_cores(), progress=count_clips("features", report)
    )
    heard, train = _usable(rows, values[: len(rows)], report)
    asked, validation = _usable(plain, values[len(rows) :], report)
    split = Split(_originals(heard, split.train), asked, split.test, split.name)
    found = _seek(recipe, heard, train, folder, report, n_jobs)
    estimator = _fit(recipe, (heard, train), (asked, validation), found, folder, report, loggers)
    sides = ((train, [u.emotion for u in heard]), (validation, [u.emotion for u in asked]))
    write_history(history_of(recipe.model.name, estimator, *sides), folder)
    guess = [str(label) for label in estimator.predict(validation)]
    score = unweighted_average_recall([u.emotion for u in asked], guess)
    facts = {
        "recipe": recipe_to_dict(recipe),
        "search": None if found is None else _search_facts(found),
        "seconds": round(time.perf_counter() - begun + earlier),
        **(_epochs(estimator) if is_network(estimator) else {}),
        "validation_uar": round(score, 4),
    }
    report("fitted", {"model": recipe.model.name, "validation_uar": facts["validation_uar"]})
    data = recipe.data
    protocol = {"protocol": data.protocol, "fold": data.fold, "seed": data.split_seed}
    target = folder / "bundle"
    return write_classic_bundle(
        target, estimator, recipe.model.name, front_end, split, validation, recipe.export, protocol, facts
    )


def _training_rows(recipe: FeatureRecipe, split: Split) -> list[Row]:
    if recipe.augmentation is None:
        return [Row(u, make_chain(()), 0, 0) for u in split.train]
    return find_plan(recipe.augmentation.plan).rows(split, recipe.augmentation.seed)


def _require_folds(recipe: FeatureRecipe, rows: Sequence[Row]) -> None:
    """Refuse a search with more folds than speakers before anything is measured."""
    if recipe.search is None:
        return
    try:
        speaker_folds([row.utterance for row in rows], recipe.search.n_folds, recipe.model.seed)
    except UsageError as error:
        raise RecipeError(f"key 'search.n_folds': {error}") from None


def _usable(rows: Sequence[Row], values: Sequence[Values | str], report: Report) -> tuple[list[Utterance], Rows]:
    """Give the clips that can be used, and their features: one array where all are of one shape."""
    kept = []
    for row, value in zip(rows, values, strict=True):
        if isinstance(value, str):
            report("left out", {"file": row.utterance.file, "reason": value})
        else:
            kept.append((row.utterance, value))
    if not kept:
        raise TrainingError(f"none of the {len(rows)} clips can be used; see above for what is wrong with each")
    features = [value for _, value in kept]
    is_even = len({value.shape for value in features}) == 1
    return [u for u, _ in kept], np.stack(features) if is_even else features


def _originals(heard: Sequence[Utterance], train: Sequence[Utterance]) -> list[Utterance]:
    """Give the training clips of which anything is learnt, without their copies."""
    used = {(u.file, u.segment) for u in heard}
    return [u for u in train if (u.file, u.segment) in used]


def _seek(
    recipe: FeatureRecipe,
    heard: Sequence[Utterance],
    train: Rows,
    folder: Path,
    report: Report,
    n_jobs: int,
) -> Found | None:
    wanted, model = recipe.search, recipe.model
    if wanted is None:
        return None
    found = search(
        model.name,
        np.asarray(train),
        heard,
        {key: space for key, space in wanted.space_of(model.name).items() if key not in model.params},
        method=wanted.method,
        n_trials=wanted.n_trials,
        n_folds=wanted.n_folds,
        metric=wanted.metric,
        preset=model.preset,
        fixed={**read_names(model.name, load_feature_set(recipe.features.set).names), **model.params},
        seed=model.seed,
        storage=folder / SEARCH_FILE,
        n_jobs=n_jobs,
        progress=lambda done, total: report("search", {"trial": done, "of": total}),
    )
    report("found", {wanted.metric: round(found.value, 4), **found.params})
    return found


def _search_facts(found: Found) -> dict[str, Any]:
    trials = [{"params": trial.params, "value": trial.value} for trial in found.trials]
    return {"params": found.params, "value": round(found.value, 4), "folds": found.folds, "trials": trials}


def _fit(
    recipe: FeatureRecipe,
    train: tuple[Sequence[Utterance], Rows],
    validation: tuple[Sequence[Utterance], Rows],
    found: Found | None,
    folder: Path,
    report: Report,
    loggers: Sequence[str],
) -> Any:
    model = recipe.model
    names = load_feature_set(recipe.features.set).names
    sought = {} if found is None else found.params
    params = seeded(model.name, model.seed, {**read_names(model.name, names), **model.params, **sought})
    estimator = build_model(model.name, model.preset, **params)
    (heard, features), (asked, held_out) = train, validation
    if not is_network(estimator):
        return fit_classic(model.name, np.asarray(features), heard, names, preset=model.preset, **params)
    return estimator.fit(
        features,
        [u.emotion for u in heard],
        validation=(held_out, [u.emotion for u in asked]),
        folder=folder / NETWORK_FOLDER,
        loggers=loggers,
        report=lambda line: report("epoch", {key: _short(value) for key, value in line.items()}),
    )


def _epochs(network: Any) -> dict[str, int]:
    """Tell how long a network was trained, and after which epoch its weights are those that are kept."""
    n_epochs = len(network.history_)
    return {"epochs": n_epochs, "best_epoch": n_epochs if network.patience is None else network.best_epoch_}


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
