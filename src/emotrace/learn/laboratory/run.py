"""One run: a claim or its twin, one model, one group of speakers, one division."""

from __future__ import annotations

import hashlib
import inspect
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import TrainingError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.augment import Row, find_plan
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.evaluation.split import LeakySplit, Split
from emotrace.learn.laboratory.answers import Answers, ask
from emotrace.learn.laboratory.copies import Measured, Progress, measure
from emotrace.learn.laboratory.division import (
    divide_as_claimed,
    divide_copies_leaky,
    hold_out_speakers,
    training_rows,
)
from emotrace.learn.laboratory.recipe import Claim, Model, read_claim
from emotrace.learn.laboratory.speech import choose_group, find_clips
from emotrace.learn.models._build import build_model, is_network, load_model, read_names
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.history import history_of
from emotrace.learn.training.search import Found, search, search_space
from emotrace.types import Utterance

AS_CLAIMED = "as claimed"
TWIN = "speaker-independent"
SMALL_TRIALS, SMALL_FOLDS = 2, 2
_SMALL = {"epochs": 1, "shrink": 16, "max_iter": 10, "n_estimators": 5, "n_folds": 2}


@dataclass(frozen=True)
class Task:
    """What one run is; ``recipe`` is a claim's name or the path of its recipe, ``nth`` the division, from 0."""

    recipe: str
    variant: str
    model: str
    group: str
    nth: int

    @property
    def key(self) -> str:
        """How it is called among the runs of its claim."""
        return f"{self.variant} / {self.model} / {self.group} / {self.nth}"


@dataclass(frozen=True)
class Material:
    """The clips of a claim that can be used, the rows of its augmentation, and the features of both by name."""

    claim: Claim
    utterances: tuple[Utterance, ...]
    rows: tuple[Row, ...]
    measured: Measured
    names: tuple[str, ...]


@dataclass(frozen=True)
class Sides:
    """What is fitted on and what is judged by; features have a row for each utterance of the list beside them."""

    train: Sequence[Utterance]
    test: Sequence[Utterance]
    train_features: NDArray[np.float32]
    test_features: NDArray[np.float32]
    split: Split | LeakySplit
    names: Sequence[str]


@dataclass(frozen=True)
class Run:
    """What one run gives: its facts, ready for JSON, and every single answer."""

    facts: dict[str, Any]
    answers: Answers


@dataclass
class RunWork:
    """Does runs; sent to other processes as it is.

    Parameters
    ----------
    root
        The folder with one sub-folder per corpus.
    is_small
        Few clips, short training: to see that all works.
    cache, n_jobs, progress
        For features, as those of `emotrace.learn.table.extract_values`.
    searches
        A file in which searches for parameters are kept, so that they go on where they were interrupted.
    folder
        Where `checkpoints` of networks are kept, for the same; None keeps none.
    """

    root: Path
    is_small: bool = False
    cache: Path | bool = True
    n_jobs: int = 1
    progress: Progress | None = None
    searches: Path | None = None
    folder: Path | None = None
    _last: tuple[str, Material] | None = None

    def prepare(self, recipe: str) -> Material:
        """Give a claim's clips and features; those of the last one are remembered.

        Raises
        ------
        EmotraceError
            If a corpus is missing or nothing of it can be used.
        """
        if self._last is None or self._last[0] != recipe:
            self._last = None
            self._last = recipe, gather(recipe, self)
        return self._last[1]

    def __call__(self, task: Task) -> Run:
        """Do one run.

        Raises
        ------
        EmotraceError
            If the claim cannot be measured with these corpora.
        """
        material = self.prepare(task.recipe)
        claim = material.claim
        model = next(m for m in claim.models if m.name == task.model)
        begun = time.perf_counter()
        sides = divide(material, task, self.is_small)
        with warnings.catch_warnings(record=True) as heard:
            # Published settings let some learners stop before they have converged: a fact of the run, not a fault.
            warnings.simplefilter("always", UserWarning)
            found = _seek(model, task, sides, self.is_small, self.searches)
            kept = None if self.folder is None else checkpoints(self.folder, claim, task)
            estimator = _fit(model, sides, task.nth, found, self.is_small, kept)
        prediction = [str(label) for label in estimator.predict(sides.test_features)]
        known = [str(label) for label in estimator.predict(sides.train_features)]
        facts = _facts(task, sides, prediction, known, found, time.perf_counter() - begun)
        if hasattr(estimator, "layer_weights_"):
            facts["layer_weights"] = [round(float(weight), 4) for weight in estimator.layer_weights_]
        facts["warnings"] = sorted({str(warning.message) for warning in heard})
        history = _history(model, estimator, sides)
        return Run(facts, ask(estimator, sides.test_features, sides.test, prediction, history))

    def for_others(self) -> RunWork:
        """Give the same work in a form for other processes: they find the features in the cache."""
        return RunWork(self.root, self.is_small, self.cache, searches=self.searches, folder=self.folder)


def checkpoints(folder: Path, claim: Claim, task: Task) -> Path:
    """Give the folder in which the network of a run keeps what it goes on from, named by all that the run is."""
    name = hashlib.sha256(f"{claim.fingerprint} {task.key}".encode()).hexdigest()[:16]
    return folder / f"network-{name}"


def gather(recipe: str, work: RunWork) -> Material:
    """Find the clips of a claim and measure them."""
    claim = read_claim(recipe)
    utterances = find_clips(claim, work.root, work.is_small)
    augmentation = claim.augmentation
    rows: list[Row] = []
    if augmentation is not None:
        # Copies do not depend on the division, so those of all clips are made once; which of them are learnt from
        # is decided by every division anew.
        rows = find_plan(augmentation.plan).rows_before_split_leaky(utterances, augmentation.seed)
    # Windows have been trimmed already.
    trim_db = None if claim.features.window_seconds is not None else claim.features.trim_db
    measured, usable = measure(
        utterances,
        claim.features.set,
        trim_db,
        rows,
        pad_seconds=claim.features.window_seconds if claim.features.remainder == "pad" else None,
        n_jobs=work.n_jobs,
        cache=work.cache,
        progress=work.progress,
    )
    kept = {(u.file, u.segment) for u in usable}
    rows = [row for row in rows if (row.utterance.file, row.utterance.segment) in kept]
    names = load_feature_set(claim.features.set).names
    return Material(claim, tuple(usable), tuple(rows), measured, names)


def divide(material: Material, task: Task, is_small: bool = False) -> Sides:
    """Divide the clips of a claim as a run of it does, with their features, copies of training clips included.

    Raises
    ------
    TrainingError
        If the claim was tested on another number of clips: the corpora are not complete.
    """
    claim, measured = material.claim, material.measured
    own = choose_group(material.utterances, task.group)
    if task.variant == AS_CLAIMED and claim.augmentation is not None and claim.augmentation.before_split:
        rows = [row for row in material.rows if task.group in ("all", row.utterance.sex)]
        leaky, train, test = divide_copies_leaky(rows, claim.as_claimed, task.nth)
        sides = Sides(leaky.train, leaky.test, measured.rows(train), measured.rows(test), leaky, material.names)
    else:
        split = _split(claim, own, task, is_small)
        if claim.augmentation is None:
            heard, features = list(split.train), measured.clips(split.train)
        else:
            copies = training_rows(split, claim.augmentation)
            heard, features = [row.utterance for row in copies], measured.rows(copies)
        sides = Sides(heard, split.test, features, measured.clips(split.test), split, material.names)
    expected = claim.as_claimed.n_test
    if task.variant == AS_CLAIMED and not is_small and expected not in (None, len(sides.test)):
        raise TrainingError(
            f"claim {claim.claim} was tested on {expected} clips, here it would be {len(sides.test)}: the corpora "
            f"({', '.join(claim.corpora)}) are not complete, or some clips cannot be used"
        )
    return sides


def _split(claim: Claim, own: Sequence[Utterance], task: Task, is_small: bool) -> Split | LeakySplit:
    if task.variant == AS_CLAIMED and claim.as_claimed.is_leaky:
        return divide_as_claimed(own, claim.as_claimed, task.nth)
    wanted = claim.twin.speakers if task.variant == TWIN else claim.as_claimed.speakers
    if is_small:
        there = {name: len({u.speaker for u in own if u.corpus == name}) for name in wanted}
        # A corpus of one speaker has nobody to hold out, which is told as it is of the whole claim.
        wanted = {name: min(n, max(1, there[name] // 2)) for name, n in wanted.items()}
    return hold_out_speakers(own, wanted, claim.as_claimed.seed + task.nth)


def _seek(model: Model, task: Task, sides: Sides, is_small: bool, storage: Path | None) -> Found | None:
    wanted = model.search
    if wanted is None or (wanted.where == "twin" and task.variant != TWIN):
        return None
    settings = small_settings(model.model, model.preset) if is_small else {}
    space = search_space(model.model, wanted.space)
    return search(
        model.model,
        sides.train_features,
        sides.train,
        {name: choice for name, choice in space.items() if name not in settings},
        method=wanted.method,
        n_trials=SMALL_TRIALS if is_small else wanted.n_trials,
        n_folds=SMALL_FOLDS if is_small else wanted.n_folds,
        folds="speakers" if sides.split.is_speaker_independent else f"{wanted.leaky_folds}-leaky",
        metric="accuracy",
        preset=model.preset,
        fixed={**read_names(model.model, sides.names), **settings},
        seed=task.nth,
        storage=storage,
        is_pruned=False,
    )


def _fit(
    model: Model, sides: Sides, seed: int, found: Found | None, is_small: bool, folder: Path | None = None
) -> Any:
    params: dict[str, Any] = {"random_state": seed} if "random_state" in _parameters(model.model) else {}
    params.update({} if model.epochs is None else {"epochs": model.epochs})
    params.update(found.params if found is not None else {})
    params.update(small_settings(model.model, model.preset) if is_small else {})
    told = read_names(model.model, sides.names)
    estimator = build_model(model.model, model.preset, **{**told, **params})
    if not is_network(estimator):
        return fit_classic(
            model.model, sides.train_features, sides.train, sides.names, preset=model.preset, **params
        )
    return estimator.fit(sides.train_features, np.array([u.emotion for u in sides.train]), folder=folder)


def _history(model: Model, estimator: Any, sides: Sides) -> Sequence[Mapping[str, Any]]:
    """Tell how the fit went, by training clips alone: a curve of test clips would ask to be chosen from."""
    return history_of(model.model, estimator, (sides.train_features, [u.emotion for u in sides.train]))


def small_settings(model: str, preset: str | None) -> dict[str, Any]:
    """Give settings with which a model is fitted at once: the published ones take minutes even for a few clips."""
    parameters, given = _parameters(model), load_model(model).PRESETS.get(preset or "", {})
    settings: dict[str, Any] = {name: n for name, n in _SMALL.items() if name in parameters}
    if "inner" in parameters:
        # Not sought, since other families do not take what makes this one small.
        settings["inner"] = given.get("inner", parameters["inner"].default)
        settings.update(small_settings(settings["inner"], given.get("inner_preset")))
    members = given.get("members", {})
    if members:
        settings["members"] = {
            name: {**own, **small_settings(name, own.get("preset"))} for name, own in members.items()
        }
    return settings


def _parameters(model: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(load_model(model).build).parameters


def _facts(
    task: Task,
    sides: Sides,
    prediction: Sequence[str],
    known: Sequence[str],
    found: Found | None,
    seconds: float,
) -> dict[str, Any]:
    truth = [u.emotion for u in sides.test]
    labels = sorted({*truth, *prediction})
    speakers = [u.speaker for u in sides.test]
    names = sorted(set(speakers))
    searched = None
    if found is not None:
        searched = {"params": found.params, "value": found.value, "folds": found.folds, "method": found.method}
        searched |= {"n_trials": len(found.trials), "space": found.space}
    return {
        "variant": task.variant,
        "model": task.model,
        "group": task.group,
        "nth": task.nth,
        "is_leaky": not sides.split.is_speaker_independent,
        "n_train": len(sides.train),
        "n_test": len(truth),
        "accuracy": accuracy(truth, prediction),
        "unweighted_average_recall": unweighted_average_recall(truth, prediction),
        "training_accuracy": accuracy([u.emotion for u in sides.train], known),
        "search": searched,
        "seconds": round(seconds, 2),
        "labels": labels,
        "test_speakers": names,
        # Indices into the two lists above, one for each test clip.
        "speaker_of": [names.index(speaker) for speaker in speakers],
        "truth": [labels.index(label) for label in truth],
        "prediction": [labels.index(label) for label in prediction],
    }
