"""Which features a model of trees leans on, for whom, and how few of them would do.

Everything is judged on speakers who were not heard in training, by folds of whole speakers. Which features are
kept is decided anew within every fold, on its training speakers alone, by inner folds of speakers, so that what
the choice costs is told by speakers who had no part in it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotrace.errors import EmotraceError, UnknownNameError, UsageError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn._results import installed_version, write_text
from emotrace.learn.evaluation import permutation
from emotrace.learn.evaluation.speakers import group_speakers
from emotrace.learn.explore import importance_fold
from emotrace.learn.explore.importance_facts import group_facts
from emotrace.learn.explore.importance_fold import Fold, FoldWork, divide
from emotrace.learn.explore.tree_facts import MODEL as TREE
from emotrace.learn.explore.tree_facts import grow_tree
from emotrace.learn.models._build import build_model
from emotrace.learn.table import FeatureTable
from emotrace.manifest import UNKNOWN_SPEAKER
from emotrace.plural import plural

MODELS = ("random-forest", "extra-trees", "gradient-boosting", "light-gbm", TREE)
"""Models that say by themselves how much they lean on each feature."""
SEXES = ("female", "male")
N_FOLDS, N_INNER_FOLDS = 6, 3
N_REPEATS = 5
KEPT = "folds-{identity}.json"
"""What was computed of an interrupted or earlier run, in the folder of the report: every measurement has a file of
its own, so that none takes the place of another."""

Facts = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Settings:
    """What is measured, and how.

    Attributes
    ----------
    model
        One of `MODELS`, with its default settings.
    by_sex
        Whether women and men are measured by themselves too.
    k
        How many features are to be kept, at least 1 and fewer than there are.
    n_folds, n_inner_folds
        Of speakers, at least 2; fewer where a group has fewer speakers.
    n_repeats
        How often each feature is shuffled in every fold, at least 1.
    seed
        Of folds, models and shuffling.
    """

    model: str
    by_sex: bool = False
    k: int = 20
    n_folds: int = N_FOLDS
    n_inner_folds: int = N_INNER_FOLDS
    n_repeats: int = N_REPEATS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UnknownNameError("model with importances of its own", self.model, MODELS)
        least = {"k": 1, "n_folds": 2, "n_inner_folds": 2, "n_repeats": 1, "seed": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise UsageError(f"{name} must be at least {low}, not {getattr(self, name)}")


def measure_importance(
    table: FeatureTable,
    settings: Settings,
    *,
    folder: Path | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Facts:
    """Measure the importance of every feature, and what it costs to keep only a few.

    Parameters
    ----------
    table
        Features of labelled clips of named speakers.
    settings
        What is measured.
    folder
        Where every fold is kept as soon as it is done (`KEPT`), from where the same call goes on; None: nowhere.
    n_jobs
        How many processes.
    progress
        Called with the folds done and all.

    Returns
    -------
    dict
        Ready for JSON: the settings, and ``groups`` by name (``all``; with ``by_sex`` ``female`` and ``male``),
        each as `emotrace.learn.explore.importance_facts.group_facts` gives it. Of the model ``tree`` a group has
        its ``tree`` too, as `emotrace.learn.explore.tree_facts.grow_tree` gives it of all clips of the group.

    Raises
    ------
    UsageError
        If an utterance has no speaker (or no sex, where that is asked for), there are too few speakers or
        emotions, or ``k`` is not below the number of features.
    MissingExtraError
        If the library of the model is not installed.
    EmotraceError
        If what is kept cannot be written.
    """
    _require_features(table, settings.k)
    groups = _groups(table, settings)
    folds = [fold for group in groups for fold in _folds(table, group, settings)]
    kept = _Kept(folder, _identify(table, settings, folds))
    work = FoldWork(table, settings.model, settings.k, settings.n_inner_folds, settings.n_repeats, settings.seed)
    missing = [fold for fold in folds if fold.key not in kept.done]
    if progress is not None:
        progress(len(folds) - len(missing), len(folds))
    for place, result in run_tasks(work, missing, n_jobs):
        if isinstance(result, Death):
            raise EmotraceError(f"the process of fold '{missing[place].key}' {result.how}, twice")
        kept.add(missing[place].key, result)
        if progress is not None:
            progress(len(kept.done), len(folds))
    trees = {
        name: {"tree": grow_tree(table, rows, settings.seed)} for name, rows in groups if settings.model == TREE
    }
    return {
        "model": settings.model,
        "metric": "unweighted average recall",
        "n_features": len(table.names),
        "k": settings.k,
        "n_repeats": settings.n_repeats,
        "seed": settings.seed,
        "groups": {
            name: {
                **group_facts(
                    table, [(fold, kept.done[fold.key]) for fold in folds if fold.group == name], settings.k
                ),
                **trees.get(name, {}),
            }
            for name, _ in groups
        },
    }


def _require_features(table: FeatureTable, k: int) -> None:
    if k >= len(table.names):
        raise UsageError(
            f"{k} features are to be kept (--keep), but there are {len(table.names)}; keep fewer, for instance "
            f"{max(1, len(table.names) // 4)}"
        )


def _groups(table: FeatureTable, settings: Settings) -> list[tuple[str, tuple[int, ...]]]:
    """Name the groups that are measured, and the rows of the table that belong to each."""
    nameless = [u.file for u in table.utterances if u.speaker.strip() in ("", UNKNOWN_SPEAKER)]
    if nameless:
        raise UsageError(
            f"{len(nameless)} of {len(table.utterances)} clips {plural(len(nameless), 'has', 'have')} no speaker, "
            f"first {nameless[0]}; fill in the column 'speaker' or leave those rows out: "
            "who is tested must not be heard in training"
        )
    groups = [("all", tuple(range(len(table.utterances))))]
    if not settings.by_sex:
        return groups
    unknown = [u.file for u in table.utterances if u.sex not in SEXES]
    if unknown:
        raise UsageError(
            f"by sex needs the sex of every speaker; {len(unknown)} "
            f"{plural(len(unknown), 'clip does', 'clips do')} not say it, first {unknown[0]}; fill in "
            "the column 'sex' with female or male, or leave those rows out"
        )
    for sex in SEXES:
        rows = tuple(row for row, u in enumerate(table.utterances) if u.sex == sex)
        if not rows:
            raise UsageError(
                f"by sex needs women and men, but no clip is of a {sex} speaker; ask for all together"
            )
        groups.append((sex, rows))
    return groups


def _folds(table: FeatureTable, group: tuple[str, tuple[int, ...]], settings: Settings) -> list[Fold]:
    name, rows = group
    own = [table.utterances[row] for row in rows]
    n_speakers = len(group_speakers(own))
    if n_speakers < 3:
        raise UsageError(
            f"group '{name}' has {n_speakers} {plural(n_speakers, 'speaker')} (those who share recordings count "
            "as one); importance needs at least 3: one to be tested, two to choose features on"
        )
    if len({u.emotion for u in own}) < 2:
        raise UsageError(f"group '{name}' has only the emotion {own[0].emotion}; at least two are needed")
    # Of three speakers two folds would leave one to learn from, on whom nothing can be chosen.
    n_folds = n_speakers if n_speakers == 3 else min(settings.n_folds, n_speakers)
    divided = divide(own, n_folds, settings.seed)
    return [
        Fold(name, nth, tuple(rows[i] for i in train), tuple(rows[i] for i in test))
        for nth, (train, test) in enumerate(divided)
    ]


class _Kept:
    """Folds that are done, by their keys; written to the disk one by one where there is a folder."""

    def __init__(self, folder: Path | None, identity: str) -> None:
        self._path = None if folder is None else folder / KEPT.format(identity=identity)
        self.done: dict[str, Facts] = self._read()

    def add(self, key: str, result: Mapping[str, Any]) -> None:
        """Keep what a fold gave."""
        self.done[key] = dict(result)
        if self._path is not None:
            write_text(self._path, json.dumps({"folds": self.done}))

    def _read(self) -> dict[str, Facts]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(key): dict(result) for key, result in stored["folds"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # Damaged, so computed anew: it is nothing but a shortcut.
            return {}


def _identify(table: FeatureTable, settings: Settings, folds: Sequence[Fold]) -> str:
    """Hash all that the results depend on: clips, features, settings, and what computes them."""
    clips = [(u.speaker, u.emotion, u.recording_id) for u in table.utterances]
    learner = build_model(settings.model, random_state=settings.seed)[-1].get_params()
    libraries = {name: installed_version(name) for name in ("numpy", "scikit-learn", "lightgbm")}
    facts = [asdict(settings), repr(learner), [asdict(fold) for fold in folds], clips, table.names, libraries]
    digest = hashlib.sha256(json.dumps(facts).encode())
    digest.update(np.ascontiguousarray(table.matrix).tobytes())
    for module in (permutation, importance_fold):
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()[:16]
