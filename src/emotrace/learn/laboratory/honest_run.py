"""One honest run: training speakers choose a candidate among themselves, then it is tested once on the others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import MissingExtraError, TrainingError
from emotrace.features._feature_set import load_feature_set
from emotrace.labels import PRESETS
from emotrace.learn.corpora import scan
from emotrace.learn.evaluation.joint6 import assign_joint_folds
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.evaluation.split import Split
from emotrace.learn.laboratory.copies import Progress, measure
from emotrace.learn.laboratory.division import hold_out_speakers
from emotrace.learn.laboratory.honest_recipe import EVERYBODY, JOINT6, Candidate, Honest, read_honest
from emotrace.learn.laboratory.per_speaker import standardise_by_speaker
from emotrace.learn.laboratory.speech import choose_group
from emotrace.learn.models._build import build_model
from emotrace.learn.models._whitening import Whitening
from emotrace.types import Utterance

Values = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class HonestTask:
    """What one run is: ``nth`` is the division, from 0; ``recipe`` a name or a path."""

    recipe: str
    group: str
    heard: str
    per_speaker: bool
    nth: int

    @property
    def key(self) -> str:
        """How it is called among the runs of its recipe."""
        scale = "per-speaker scale" if self.per_speaker else "as measured"
        return f"{self.group} / {self.heard} / {scale} / {self.nth}"


@dataclass
class Material:
    """The clips of a recipe, and their features by set.

    Attributes
    ----------
    recipe, utterances
        The clips that every set can be measured of.
    values
        By set and by whether each speaker has a scale of his own, (n, n_features).
    left_out
        Candidates whose library is not installed, and which.
    """

    recipe: Honest
    utterances: list[Utterance]
    values: dict[tuple[str, bool], Values]
    left_out: dict[str, str]

    @property
    def candidates(self) -> list[Candidate]:
        """Those that can be tried."""
        return [c for c in self.recipe.candidates if c.name not in self.left_out]

    def mask(self, chosen: Sequence[Utterance]) -> Mask:
        """Say which rows are of these clips."""
        keys = {(u.file, u.segment) for u in chosen}
        return np.array([(u.file, u.segment) in keys for u in self.utterances])


@dataclass
class HonestWork:
    """Does runs; sent to other processes as it is. Parameters as of `emotrace.learn.laboratory.run.RunWork`."""

    root: Path
    cache: Path | bool = True
    n_jobs: int = 1
    progress: Progress | None = None
    _last: tuple[str, Material] | None = field(default=None, repr=False)

    def prepare(self, recipe: str) -> Material:
        """Give a recipe's clips and features; those of the last one are remembered.

        Raises
        ------
        EmotraceError
            If a corpus holds nothing, or nothing of it can be used.
        """
        if self._last is None or self._last[0] != recipe:
            self._last = recipe, self._gather(read_honest(recipe))
        return self._last[1]

    def __call__(self, task: HonestTask) -> dict[str, Any]:
        """Do one run, and give its facts, ready for JSON.

        Raises
        ------
        TrainingError
            If there are too few speakers to choose or to test.
        """
        material = self.prepare(task.recipe)
        begun = time.perf_counter()
        split = divide(material.recipe, material.utterances, task)
        folds = deal_speakers(choose_group(split.train, task.group), material.recipe.n_folds, task.nth)
        tried = try_candidates(material, split, folds, task.per_speaker)
        # The first of equals.
        chosen = max(material.candidates, key=lambda c: float(np.mean(tried[c.name])))
        train, test = material.mask(split.train), material.mask(split.test)
        values = material.values[chosen.set, task.per_speaker]
        emotions = np.array([u.emotion for u in material.utterances])
        settings: dict[str, Any] = {**chosen.params, "inner": chosen.model, "n_components": chosen.n_components}
        model = build_model("principal", **settings)
        prediction = model.fit(values[train], emotions[train]).predict(values[test])
        seconds = time.perf_counter() - begun
        return _facts(task, chosen, tried, material, train, test, [str(p) for p in prediction], seconds)

    def for_others(self) -> HonestWork:
        """Give the same work for another process, which finds its features in the cache."""
        return HonestWork(self.root, self.cache)

    def _gather(self, recipe: Honest) -> Material:
        left_out = {}
        for candidate in recipe.candidates:
            try:
                load_feature_set(candidate.set)
            except MissingExtraError as error:
                left_out[candidate.name] = str(error)
        found = [u for name in recipe.corpora for u in scan(name, self.root / name).utterances]
        utterances = [u for u in found if u.emotion in PRESETS[recipe.labels]]
        sets = sorted({c.set for c in recipe.candidates if c.name not in left_out})
        if not sets:
            raise TrainingError(f"recipe {recipe.honest} has no candidate left: {next(iter(left_out.values()))}")
        measured = {}
        for name in sets:
            measured[name], utterances = measure(
                utterances, name, None, n_jobs=self.n_jobs, cache=self.cache, progress=self.progress
            )
        speakers = [u.speaker for u in utterances]
        values = {(name, False): measured[name].clips(utterances) for name in sets}
        values |= {(name, True): standardise_by_speaker(values[name, False], speakers) for name in sets}
        return Material(recipe, utterances, values, left_out)


def divide(recipe: Honest, utterances: Sequence[Utterance], task: HonestTask) -> Split:
    """Divide clips into who is heard and who is tested.

    Raises
    ------
    TrainingError
        If there are not so many speakers, or nobody is tested.
    """
    own = choose_group(utterances, task.group)
    if recipe.tested.protocol == JOINT6:
        folds = assign_joint_folds({u.speaker for u in utterances})
        tested = {u.speaker for u in own if folds[u.speaker] == task.nth + 1}
    else:
        wanted = dict.fromkeys(recipe.corpora, recipe.tested.speakers or 1)
        tested = {u.speaker for u in hold_out_speakers(own, wanted, recipe.tested.seed + task.nth).test}
    heard = utterances if task.heard == EVERYBODY else own
    train, test = ([u for u in heard if (u.speaker in tested) == side] for side in (False, True))
    if not train or not test:
        raise TrainingError(
            f"division {task.nth} of recipe {recipe.honest} tests {len(test)} clips and leaves {len(train)} to "
            f"learn from: the corpora ({', '.join(recipe.corpora)}) are not complete"
        )
    return Split(train, [], test, f"{recipe.honest}/{task.nth}")


def deal_speakers(utterances: Sequence[Utterance], n_folds: int, seed: int) -> list[set[str]]:
    """Deal out speakers to folds, women and men each evenly.

    Raises
    ------
    TrainingError
        If there are fewer speakers than folds.
    """
    sexes = {u.speaker: u.sex or "" for u in utterances}
    if len(sexes) < n_folds:
        raise TrainingError(f"{len(sexes)} training speakers cannot be dealt out to {n_folds} folds")
    rng = np.random.default_rng(seed)
    shuffled = [sorted(sexes)[i] for i in rng.permutation(len(sexes))]
    by_sex = sorted(shuffled, key=lambda speaker: sexes[speaker])
    return [set(by_sex[nth::n_folds]) for nth in range(n_folds)]


def try_candidates(
    material: Material, split: Split, folds: Sequence[set[str]], per_speaker: bool
) -> Mapping[str, list[float]]:
    """Give the UAR of every candidate in each fold of training speakers; the tested ones are not looked at."""
    speakers = np.array([u.speaker for u in material.utterances])
    emotions = np.array([u.emotion for u in material.utterances])
    train = material.mask(split.train)
    scores: dict[str, list[float]] = {candidate.name: [] for candidate in material.candidates}
    for fold in folds:
        asked = train & np.isin(speakers, list(fold))
        heard = train & ~asked
        for name in sorted({candidate.set for candidate in material.candidates}):
            same_set = [candidate for candidate in material.candidates if candidate.set == name]
            values = material.values[name, per_speaker]
            # The first components of many are those of few: found once for all that share a set.
            whitening = Whitening(max(c.n_components for c in same_set)).fit(values[heard])
            rows, questions = (whitening.transform(values[side]) for side in (heard, asked))
            for candidate in same_set:
                first = slice(candidate.n_components)
                settings: dict[str, Any] = dict(candidate.params)
                model = build_model(candidate.model, **settings)
                answers = model.fit(rows[:, first], emotions[heard]).predict(questions[:, first])
                score = unweighted_average_recall(emotions[asked].tolist(), [str(a) for a in answers])
                scores[candidate.name].append(round(score, 4))
    return scores


def _facts(
    task: HonestTask,
    chosen: Candidate,
    tried: Mapping[str, list[float]],
    material: Material,
    train: Mask,
    test: Mask,
    prediction: list[str],
    seconds: float,
) -> dict[str, Any]:
    asked = [u for u, is_asked in zip(material.utterances, test, strict=True) if is_asked]
    heard = [u for u, is_heard in zip(material.utterances, train, strict=True) if is_heard]
    truth, speakers = [u.emotion for u in asked], sorted({u.speaker for u in asked})
    labels = sorted({*truth, *prediction})
    return {
        "group": task.group,
        "heard": task.heard,
        "per_speaker": task.per_speaker,
        "nth": task.nth,
        "chosen": chosen.name,
        "tried": dict(tried),
        "left_out": material.left_out,
        "n_train": len(heard),
        "n_train_speakers": len({u.speaker for u in heard}),
        "n_test": len(truth),
        "unweighted_average_recall": unweighted_average_recall(truth, prediction),
        "accuracy": accuracy(truth, prediction),
        "seconds": round(seconds, 2),
        "labels": labels,
        "test_speakers": speakers,
        # Indices into the two lists above, one for each test clip.
        "speaker_of": [speakers.index(u.speaker) for u in asked],
        "truth": [labels.index(label) for label in truth],
        "prediction": [labels.index(label) for label in prediction],
    }
