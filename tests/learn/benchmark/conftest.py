"""Judged folds made by hand: what a model said is drawn, what is pooled must be what was drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_corpora import make_corpora

from emotrace.labels import NO_SPEECH
from emotrace.learn.benchmark.judged_fold import JudgedFold
from emotrace.learn.benchmark.plan import Plan, Run, plan_benchmark
from emotrace.learn.training.data import relative_name
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.recipe_sections import Data, Export
from emotrace.types import Prediction, Segment, Utterance

MakeFold = Callable[..., JudgedFold]


def say(rng: np.random.Generator, labels: tuple[str, ...], truth: str) -> Prediction:
    """Draw a prediction that knows something of the truth; one in twenty hears nobody."""
    segment = Segment(0.0, 0.9)
    if rng.random() < 0.05:
        return Prediction(segment, NO_SPEECH, None, True, {}, 0.0)
    probabilities = rng.dirichlet(np.ones(len(labels)))
    probabilities[labels.index(truth)] += 0.2
    probabilities /= probabilities.sum()
    best = int(probabilities.argmax())
    by_label = dict(zip(labels, map(float, probabilities), strict=True))
    return Prediction(segment, labels[best], by_label[labels[best]], bool(rng.random() < 0.2), by_label, 0.8)


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpora(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(data=Data(corpora=("ravdess", "savee", "tess")), export=Export(name="made"))


@pytest.fixture(scope="session")
def plan(recipe: Recipe, corpora: Path) -> Plan:
    return plan_benchmark(recipe, "joint-6", corpora)


@pytest.fixture(scope="session")
def make_fold(plan: Plan) -> MakeFold:
    """Make the fold (seed, number) of the plan, as if a model had judged it; keywords change it."""

    def make(seed: int, number: int, of: Plan = plan, **changes: Any) -> JudgedFold:
        run, split = Run(seed, number), of.splits[number]
        everybody: list[Utterance] = [*split.train, *split.validation, *split.test]
        labels = ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise")
        inventory: dict[str, set[str]] = {}
        for u in everybody:
            inventory.setdefault(u.corpus, set()).add(u.emotion)
        own = {c: tuple(label for label in labels if label in found) for c, found in inventory.items()}
        rng = np.random.default_rng([seed, number])
        clips = of.clips(split.test)
        fold = JudgedFold(
            seed,
            number,
            of.identity(run),
            labels,
            own if of.labels is None else dict.fromkeys(inventory, of.labels),
            frozenset(u.speaker for u in (*split.train, *split.validation)),
            tuple(
                (replace(u, file=relative_name(u.file, of.corpora)), say(rng, labels, u.emotion)) for u in clips
            ),
            (),
            {
                "name": split.name,
                "seconds": 60,
                "epochs": 9,
                "best_epoch": 7,
                "n_clips": len(clips),
                "n_speakers": {"train": 1, "validation": 1, "test": 1},
                "unweighted_average_recall": {"ravdess": 0.5, "pooled": 0.25},
                "model_bytes": 1_500_000,
                "machine": {"cpu": "made", "cores": 2, "gpu": None},
            },
        )
        return replace(fold, **changes)

    return make
