"""One decision tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from emotrace.learn.models._learner import make_pipeline, trees_to_onnx
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._trees import write_forest

INPUT = "features"
# The project names no settings: those of the library.
PRESETS: Mapping[str, Mapping[str, Any]] = {"s1": {"max_depth": None, "min_samples_leaf": 1, "class_weight": None}}
SEARCH_SPACE: Space = {
    "criterion": Choice(("gini", "entropy")),
    "max_depth": Range(2, 30, log=True),
    "min_samples_leaf": Range(1, 30, log=True),
    "class_weight": Choice((None, "balanced")),
}


def build(
    criterion: str = "gini",
    max_depth: int | None = 10,
    min_samples_leaf: int = 5,
    class_weight: str | None = "balanced",
    random_state: int = 0,
) -> Pipeline:
    """Build the unfitted model; parameters as those of `sklearn.tree.DecisionTreeClassifier`."""
    learner = DecisionTreeClassifier(
        criterion=criterion,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        class_weight=class_weight,
        random_state=random_state,
    )
    return make_pipeline(learner, scaled=False)


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return trees_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, _features: str, learner: Any) -> str:
    return write_forest(graph, [learner], len(learner.classes_))
