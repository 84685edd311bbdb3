"""A random forest: the mean of trees, each grown on other clips and features drawn at random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from emotrace.learn.models._learner import make_pipeline, trees_to_onnx
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._trees import write_forest

INPUT = "features"
_S4 = {"n_estimators": 650, "max_depth": 85, "class_weight": None}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s4": {**_S4, "criterion": "entropy"},
    "s4-voting": {**_S4, "criterion": "gini"},
}
SEARCH_SPACE: Space = {
    "n_estimators": Choice((300,)),
    "criterion": Choice(("gini", "entropy")),
    "max_depth": Choice((5, 10, 20, None)),
    "min_samples_leaf": Range(1, 10, log=True),
    "max_features": Choice(("sqrt", 0.1, 0.3)),
    "class_weight": Choice((None, "balanced")),
}
REFERENCE_SPACES: Mapping[str, Space] = {
    "s4": {
        "n_estimators": Choice((650, 700)),
        "max_depth": Choice((80, 85)),
        "criterion": Choice(("entropy",)),
    }
}


def build(
    n_estimators: int = 300,
    criterion: str = "gini",
    max_depth: int | None = None,
    min_samples_leaf: int = 1,
    max_features: str | float | None = "sqrt",
    class_weight: str | None = "balanced",
    random_state: int = 0,
    n_jobs: int = 1,
) -> Pipeline:
    """Build the unfitted model; parameters as those of `sklearn.ensemble.RandomForestClassifier`."""
    learner = RandomForestClassifier(
        n_estimators=n_estimators,
        criterion=criterion,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        class_weight=class_weight,
        random_state=random_state,
        n_jobs=n_jobs,
    )
    return make_pipeline(learner, scaled=False)


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return trees_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, _features: str, learner: Any) -> str:
    return write_forest(graph, learner.estimators_, len(learner.classes_))
