"""Multinomial logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from emotrace.learn.models._learner import make_pipeline, pipeline_to_onnx, write_two_sided
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space

INPUT = "features"
_S4 = {"C": 1.0, "solver": "saga", "max_iter": 10_000, "class_weight": None}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The project's search preferred l1, its final model is l2.
    "s4": {**_S4, "l1_ratio": 0.0},
    "s4-search": {**_S4, "l1_ratio": 1.0},
}
SEARCH_SPACE: Space = {"C": Range(1e-4, 10.0, log=True), "class_weight": Choice((None, "balanced"))}
REFERENCE_SPACES: Mapping[str, Space] = {
    "s4": {"l1_ratio": Choice((0.0, 1.0)), "solver": Choice(("saga",)), "max_iter": Choice((10_000,))}
}


def build(
    C: float = 0.01,  # noqa: N803 (the name that everybody knows)
    l1_ratio: float = 0.0,
    solver: str = "lbfgs",
    max_iter: int = 2000,
    class_weight: str | None = "balanced",
    scaled: bool = True,
    random_state: int = 0,
) -> Pipeline:
    """Build the unfitted model.

    Parameters
    ----------
    C, solver, max_iter, class_weight
        As those of `sklearn.linear_model.LogisticRegression`.
    l1_ratio
        The share of the l1 penalty, in [0, 1]: 0 is l2 alone. More than 0 needs the solver ``saga``.
    scaled
        Whether every feature is first brought to mean 0 and deviation 1.
    """
    learner = LogisticRegression(
        C=C,
        **_penalty(l1_ratio),
        solver=solver,
        max_iter=max_iter,
        class_weight=class_weight,
        random_state=random_state,
    )
    return make_pipeline(learner, scaled)


def _penalty(l1_ratio: float) -> dict[str, Any]:
    if tuple(int(part) for part in sklearn.__version__.split(".")[:2]) >= (1, 8):
        return {"l1_ratio": l1_ratio}
    # Before, the share was only heeded beside a penalty's name.
    return {0.0: {"penalty": "l2"}, 1.0: {"penalty": "l1"}}.get(
        l1_ratio, {"penalty": "elasticnet", "l1_ratio": l1_ratio}
    )


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return pipeline_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, features: str, learner: Any) -> str:
    products = graph.add("MatMul", features, graph.constant(learner.coef_.T))
    scores = graph.add("Add", products, graph.constant(learner.intercept_))
    if len(learner.classes_) == 2:
        return write_two_sided(graph, graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)
