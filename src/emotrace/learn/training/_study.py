"""Optuna's studies: where their trials are kept, what is drawn next, and what of a grid is left."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from emotrace.errors import MissingExtraError, TrainingError
from emotrace.learn.models._space import Space, Value


def import_optuna() -> Any:
    """Give the library; raise `MissingExtraError` where it is not installed."""
    try:
        import optuna
    except ImportError:
        raise MissingExtraError("seeking parameters", "search") from None
    return optuna


def open_study(
    optuna: Any, storage: str | Path | None, identity: str, method: str, space: Space, seed: int
) -> Any:
    """Begin the study of this name or go on with it; a storage that cannot be used is a `TrainingError`."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        backend = _open_storage(optuna, storage)
        sampler = make_sampler(optuna, method, space, seed)
        study = optuna.create_study(
            study_name=identity,
            storage=backend,
            sampler=sampler,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
            direction="maximize",
            load_if_exists=True,
        )
        # Random and learning samplers would draw again what they drew before the interruption.
        n_earlier = len(study.get_trials(deepcopy=False))
        if n_earlier and method != "grid":
            study.sampler = make_sampler(optuna, method, space, seed + 1000 * n_earlier)
        return study
    except (optuna.exceptions.OptunaError, SQLAlchemyError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TrainingError(f"{storage}: the search cannot be kept there: {reason}; choose another file") from None


def make_sampler(optuna: Any, method: str, space: Space, seed: int, grid_id: int | None = None) -> Any:
    """Give what chooses the next setting; of a grid, ``grid_id`` alone if it is given."""
    if method == "grid":
        return _grid_sampler(optuna, {name: choice.grid() for name, choice in space.items()}, seed, grid_id)
    if method == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


def ended_states() -> tuple[Any, Any]:
    """Give the states of a trial that was finished, or given up."""
    states = import_optuna().trial.TrialState
    return states.COMPLETE, states.PRUNED


def ended(study: Any) -> list[Any]:
    """Give the trials that were finished or given up, in the order of their ends."""
    trials = study.get_trials(deepcopy=False, states=ended_states())
    return sorted(trials, key=lambda trial: (trial.datetime_complete, trial.number))


def left_to_try(study: Any, method: str, seed: int) -> tuple[int, tuple[int, ...]]:
    """Give how many trials there are already, and the settings of a grid that are still to be tried, shuffled."""
    n_earlier = len(study.get_trials(deepcopy=False))
    if method != "grid":
        return n_earlier, ()
    fresh, begun = study.sampler.unvisited(study)
    return n_earlier, (*np.random.default_rng(seed).permutation(fresh).tolist(), *begun)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C be Ctrl-C: while Optuna notes down a trial, it fails of it in a way of its own."""
    try:
        yield
    except UnboundLocalError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


@contextlib.contextmanager
def reachable(storage: str | Path | None, n_jobs: int) -> Iterator[str | Path | None]:
    """Give a storage that other processes reach as well, for a while if none is wanted."""
    if storage is not None or n_jobs == 1:
        yield storage
        return
    with tempfile.TemporaryDirectory(prefix="emotrace-search-") as folder:
        yield Path(folder) / "search.sqlite3"


@contextlib.contextmanager
def quiet(optuna: Any) -> Iterator[None]:
    """Keep Optuna from telling of every trial; progress does."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _open_storage(optuna: Any, storage: str | Path | None) -> Any:
    if storage is None:
        return None
    address = str(storage)
    if "://" not in address:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
        address = f"sqlite:///{Path(address).absolute()}"
    try:
        # Processes that share the work wait for each other's entries.
        waiting = {"connect_args": {"timeout": 60}} if address.startswith("sqlite") else None
        return optuna.storages.RDBStorage(address, engine_kwargs=waiting)
    except ImportError:
        raise MissingExtraError("keeping a search in a database", "search") from None


def _grid_sampler(optuna: Any, values: dict[str, list[Value]], seed: int, only: int | None = None) -> Any:
    running = (optuna.trial.TrialState.RUNNING,)

    class Grid(optuna.samplers.GridSampler):  # type: ignore[misc]
        def _get_unvisited_grid_ids(self, study: Any) -> list[int]:
            fresh, begun = self.unvisited(study)
            return [only] if only is not None else fresh or begun

        def unvisited(self, study: Any) -> tuple[list[int], list[int]]:
            """Give what is still to be tried, and what was begun by others, or before an interruption."""
            done, running_ids = (
                {t.system_attrs.get("grid_id") for t in study.get_trials(deepcopy=False, states=states)}
                for states in (ended_states(), running)
            )
            left = set(range(math.prod(map(len, values.values())))) - done
            return sorted(left - running_ids), sorted(left & running_ids)

    return Grid(values, seed=seed)
