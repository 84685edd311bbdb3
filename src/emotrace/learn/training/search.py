"""Seek a model's parameters: on a grid, at random, or by what was learnt from earlier trials (Optuna).

Each trial is judged by cross-validation within the training clips, on folds of speakers unless a published search
is reproduced (`folds`). Studies can be kept in a database: a search that was interrupted goes on, and several
processes that are given the same database share the work.
"""

from __future__ import annotations

import inspect
import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import TrainingError, UsageError, suggest
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.models._build import load_model
from emotrace.learn.models._space import Space, Value
from emotrace.learn.training._study import (
    ended,
    ended_states,
    import_optuna,
    interruptible,
    left_to_try,
    make_sampler,
    open_study,
    quiet,
    reachable,
)
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.folds import FOLDS, Folds, make_folds
from emotrace.types import Utterance

METHODS = ("grid", "random", "optuna")
METRICS = {"unweighted_average_recall": unweighted_average_recall, "accuracy": accuracy}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Trial:
    """One setting that was tried; ``value`` is None where it was given up early."""

    params: dict[str, Value]
    value: float | None


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes
    ----------
    params
        The best setting.
    value
        Its mean score over the folds, in [0, 1].
    folds
        One of `FOLDS`.
    trials
        All that were tried.
    method, space
        How was sought, one of `METHODS`, and what might be tried, as text by parameter.
    """

    params: dict[str, Value]
    value: float
    folds: str
    trials: tuple[Trial, ...]
    method: str
    space: dict[str, str]


def search_space(model: str, name: str | None = None) -> Space:
    """Give a model's search space, or the one that a reference project (``s4``) has published for it.

    Raises
    ------
    UsageError
        If there is none of that name, or nothing to seek.
    """
    module = load_model(model)
    published = getattr(module, "REFERENCE_SPACES", {})
    if name is not None and name not in published:
        raise UsageError(f"the model '{model}' has no search space '{name}'; {suggest(name, published)}")
    space: Space = module.SEARCH_SPACE if name is None else published[name]
    if not space:
        raise UsageError(f"the model '{model}' has nothing to seek; seek the parameters of its members")
    return space


def search(
    model: str,
    features: NDArray[np.float32],
    utterances: Sequence[Utterance],
    space: Space,
    *,
    method: str = "optuna",
    n_trials: int = 20,
    n_folds: int = 3,
    folds: str = "speakers",
    metric: str = "unweighted_average_recall",
    preset: str | None = None,
    fixed: dict[str, Any] | None = None,
    seed: int = 0,
    storage: str | Path | None = None,
    is_pruned: bool = True,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Found:
    """Seek the parameters of a model of features.

    Parameters
    ----------
    model, preset, fixed
        The family, settings that all trials begin from, and parameters that no trial changes.
    features, utterances
        Of the training side alone, one row per clip or copy.
    space
        What may be tried; see `search_space`.
    method
        ``grid`` tries all combinations (at most ``n_trials``), ``random`` draws, ``optuna`` learns from trials.
    n_trials
        In all, those of earlier runs in the same ``storage`` counted. A setting that is drawn again counts, but is
        not fitted again. Of processes that share a storage, one may finish a trial more: it is not looked at.
    n_folds, folds
        How many, and of what: one of `FOLDS`.
    metric
        One of `METRICS`, of which the mean over the folds is maximised.
    seed
        Of folds, draws and models.
    storage
        A file for the database, or the address of one (``postgresql://...``); None keeps nothing.
    is_pruned
        Whether a trial that is worse than half of the earlier ones after some fold is given up.
    n_jobs
        How many processes try settings side by side. With more than one, what is tried depends on their pace.
    progress
        Called with the number of trials done and of all.

    Raises
    ------
    MissingExtraError
        If Optuna is not installed.
    UsageError
        If method, metric or space is not known, or the clips do not suit the folds.
    TrainingError
        If no trial could be finished, or the storage holds another search.
    """
    for name, known in ((method, METHODS), (metric, METRICS), (folds, FOLDS)):
        if name not in known:
            raise UsageError(f"no method, metric or kind of folds '{name}'; {suggest(name, known)}")
    optuna = import_optuna()
    divided = make_folds(utterances, folds, n_folds, seed)
    judge = _Judge(model, features, utterances, divided, metric, preset, seeded(model, seed, fixed or {}))
    settings = (model, preset, judge.fixed, space, n_folds, folds, metric, seed)
    identity = _identify(*settings, features, utterances)
    objective = _Objective(judge, space, is_pruned)
    with quiet(optuna), reachable(storage, n_jobs) as where:
        study = open_study(optuna, where, identity, method, space, seed)
        n_done = len(ended(study))
        n_left = n_trials - n_done
        if method == "grid":
            # Optuna would draw once more from a grid of which all was tried.
            n_left = min(n_left, sum(map(len, study.sampler.unvisited(study))))

        def tell(n_now: int) -> None:
            if progress is not None:
                progress(min(n_now, n_done + n_left), n_done + n_left)

        if n_left > 0 and n_jobs == 1:
            limit = optuna.study.MaxTrialsCallback(n_trials, states=ended_states())
            # Others, whose trials count as well, may use the same storage.
            with interruptible():
                study.optimize(objective, n_trials=n_left, callbacks=[limit, lambda *_: tell(len(ended(study)))])
        elif n_left > 0:
            assert where is not None
            work = _TrialWork(objective, where, identity, method, seed, *left_to_try(study, method, seed))
            for number, _ in enumerate(_side_by_side(work, n_left, n_jobs), start=n_done + 1):
                tell(number)
        done = ended(study)
    told = {name: str(choice) for name, choice in space.items()}
    return _found(done[:n_trials], optuna.trial.TrialState.COMPLETE, folds, method, told)


@dataclass(frozen=True)
class _Judge:
    """Judges one setting after the other: gives the mean score of the folds so far, fold by fold."""

    model: str
    features: NDArray[np.float32]
    utterances: Sequence[Utterance]
    folds: Folds
    metric: str
    preset: str | None
    fixed: dict[str, Any]

    def __call__(self, params: dict[str, Value]) -> Iterator[float]:
        scores: list[float] = []
        for train, test in self.folds:
            settings = {**self.fixed, **params}
            heard = [self.utterances[row] for row in train]
            fitted = fit_classic(self.model, self.features[train], heard, preset=self.preset, **settings)
            truth = [self.utterances[row].emotion for row in test]
            try:
                prediction = [str(p) for p in fitted.predict(self.features[test])]
            except ValueError as error:
                told = ", ".join(f"{name} {value}" for name, value in params.items())
                reason = " ".join(str(error).split())
                raise TrainingError(f"the model '{self.model}' cannot judge with {told}: {reason}") from None
            scores.append(METRICS[self.metric](truth, prediction))
            yield float(np.mean(scores))


@dataclass(frozen=True)
class _Objective:
    """What Optuna maximises: the score of one setting, given up early where others were better."""

    judge: _Judge
    space: Space
    is_pruned: bool

    def __call__(self, trial: Any) -> float:
        optuna = import_optuna()
        params = {name: choice.suggest(trial, name) for name, choice in self.space.items()}
        known = _value_known(trial, optuna.trial.TrialState.COMPLETE)
        if known is not None:
            return known
        means = []
        for step, mean in enumerate(self.judge(params)):
            means.append(mean)
            trial.report(mean, step)
            if self.is_pruned and step + 1 < len(self.judge.folds) and trial.should_prune():
                raise optuna.TrialPruned
        return means[-1]


@dataclass(frozen=True)
class _TrialWork:
    """Does one trial after another in a process of its own; the study is shared through its storage.

    ``n_earlier`` trials stood there before the first; of a grid, ``grid_ids`` are still to be tried.
    """

    objective: _Objective
    storage: str | Path
    identity: str
    method: str
    seed: int
    n_earlier: int
    grid_ids: tuple[int, ...]

    def __call__(self, place: int) -> None:
        optuna = import_optuna()
        space = self.objective.space
        with quiet(optuna):
            study = open_study(optuna, self.storage, self.identity, self.method, space, self.seed)
            # No two trials may draw alike, nor try the same setting of a grid, which is numbered by the seed.
            if self.method == "grid":
                study.sampler = make_sampler(optuna, self.method, space, self.seed, self.grid_ids[place])
            else:
                study.sampler = make_sampler(
                    optuna, self.method, space, self.seed + 1000 * (self.n_earlier + place)
                )
            study.optimize(self.objective, n_trials=1)


def _side_by_side(work: _TrialWork, n_trials: int, n_jobs: int) -> Iterator[int]:
    """Do trials in processes; give the place of each when it is done."""
    for place, end in run_tasks(work, range(n_trials), n_jobs):
        if isinstance(end, Death):
            raise TrainingError(
                f"a trial of the search has ended its process twice (it {end.how}), for want of memory perhaps; "
                "seek in fewer processes"
            )
        yield place


def _value_known(trial: Any, complete: Any) -> float | None:
    """Give what an earlier trial of the same setting has come to: small spaces are drawn from again and again."""
    earlier = trial.study.get_trials(deepcopy=False, states=(complete,))
    return next((float(other.value) for other in earlier if other.params == trial.params), None)


def seeded(model: str, seed: int, fixed: dict[str, Any]) -> dict[str, Any]:
    """Add the seed where the model draws at random; a space that holds ``random_state`` wins in each trial."""
    is_random = "random_state" in inspect.signature(load_model(model).build).parameters
    return {"random_state": seed, **fixed} if is_random else dict(fixed)


def _identify(*facts: Any) -> str:
    """Name a study by all that its values depend on, so that no two searches share one by mistake."""
    *settings, features, utterances = facts
    clips = [(u.file.replace("\\", "/").split("/")[-1], u.emotion, u.speaker) for u in utterances]
    text = json.dumps([repr(settings), clips]).encode() + np.ascontiguousarray(features).tobytes()
    return f"{settings[0]}-{zlib.crc32(text):08x}"


def _found(trials: Sequence[Any], finished: Any, folds: str, method: str, space: dict[str, str]) -> Found:
    done = sorted(trials, key=lambda trial: int(trial.number))
    complete = [t for t in done if t.state == finished and math.isfinite(t.value)]
    if not complete:
        raise TrainingError("the search has finished no trial; give it more trials")
    best = max(complete, key=lambda trial: trial.value)
    tried = tuple(Trial(dict(t.params), float(t.value) if t.state == finished else None) for t in done)
    return Found(dict(best.params), float(best.value), folds, tried, method, space)
