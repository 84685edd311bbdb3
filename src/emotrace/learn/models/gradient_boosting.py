"""Gradient boosting with scikit-learn's exact trees."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline

from emotrace.learn.models._learner import make_pipeline, trees_to_onnx, write_two_sided
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._trees import Trees, add_tree

INPUT = "features"
# The project's final settings are not given: those of the library.
PRESETS: Mapping[str, Mapping[str, Any]] = {"s3": {"subsample": 1.0, "max_features": None}}
SEARCH_SPACE: Space = {
    "n_estimators": Range(50, 300, log=True),
    "learning_rate": Range(0.02, 0.3, log=True),
    "max_depth": Range(1, 6),
    "subsample": Choice((0.5, 0.8, 1.0)),
    "max_features": Choice(("sqrt", 0.3)),
}


def build(
    n_estimators: int = 100,
    learning_rate: float = 0.1,
    max_depth: int = 3,
    subsample: float = 0.8,
    max_features: str | float | None = "sqrt",
    random_state: int = 0,
) -> Pipeline:
    """Build the unfitted model; parameters as those of `sklearn.ensemble.GradientBoostingClassifier`.

    With all features at every split (``max_features=None``) it takes minutes; `light_gbm` is the faster one.
    """
    learner = GradientBoostingClassifier(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        max_depth=max_depth,
        subsample=subsample,
        max_features=max_features,
        random_state=random_state,
    )
    return make_pipeline(learner, scaled=False)


def staged_probabilities(
    estimator: Pipeline, features: ArrayLike, rounds: Collection[int]
) -> Iterator[NDArray[np.float64]]:
    """Give the probabilities, (n, n_classes), that a model gave after each of ``rounds``, ascending from 1."""
    heard = estimator[:-1].transform(features)
    for number, probabilities in enumerate(estimator[-1].staged_predict_proba(heard), start=1):
        if number in rounds:
            yield probabilities


def count_rounds(estimator: Pipeline) -> int:
    """Tell how many rounds a fitted model took."""
    return len(estimator[-1].estimators_)


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return trees_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, _features: str, learner: Any) -> str:
    n_scores = learner.estimators_.shape[1]
    trees = Trees(n_scores)
    for number, member in enumerate(learner.estimators_.ravel()):
        values = learner.learning_rate * member.tree_.value[:, 0, :]
        scores = np.zeros((len(values), n_scores))
        scores[:, number % n_scores] = values[:, 0]
        add_tree(trees, number, member.tree_, scores)
    shares = np.log(learner.init_.class_prior_)
    # Two classes have one score, for the second.
    start = shares if n_scores > 1 else shares[1:] - shares[:1]
    total = graph.add("Add", trees.write(graph), graph.constant(start, np.float32))
    if n_scores == 1:
        return graph.to_float(write_two_sided(graph, graph.add("Sigmoid", graph.to_double(total))))
    return graph.add("Softmax", total, axis=1)
