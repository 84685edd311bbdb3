"""The nearest neighbours among the training clips, each with one vote.

The bundle of such a model holds the features of all training clips: share it only where you may share those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from emotrace.learn.models._learner import make_pipeline, pipeline_to_onnx
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space

INPUT = "features"
PRESETS: Mapping[str, Mapping[str, Any]] = {"s1": {"n_neighbors": 3, "weights": "uniform"}}
SEARCH_SPACE: Space = {"n_neighbors": Range(1, 50, log=True), "weights": Choice(("uniform", "distance"))}


def build(n_neighbors: int = 15, weights: str = "distance", scaled: bool = True) -> Pipeline:
    """Build the unfitted model.

    Parameters
    ----------
    n_neighbors
        How many neighbours vote.
    weights
        ``uniform``, or ``distance``: near ones count more (by 1 / distance).
    scaled
        Whether every feature is first brought to mean 0 and deviation 1.
    """
    return make_pipeline(KNeighborsClassifier(n_neighbors, weights=weights, algorithm="brute"), scaled)


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return pipeline_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, features: str, learner: Any) -> str:
    # What scikit-learn remembers of the training clips has no public name.
    clips, classes = np.asarray(learner._fit_X), np.asarray(learner._y).ravel()
    n_clips = len(clips)
    # The squared distance, but for the clip's own length, which changes no order.
    products = graph.add("MatMul", features, graph.constant(-2.0 * clips.T))
    closeness = graph.add("Add", products, graph.constant((clips**2).sum(axis=1)))
    k = graph.constant([min(learner.n_neighbors, n_clips)], np.int64)
    _, nearest = graph.add_many("TopK", 2, closeness, k, axis=1, largest=0)
    votes = graph.add("Gather", graph.constant(np.eye(len(learner.classes_))[classes]), nearest, axis=0)
    if learner.weights == "uniform":
        return graph.add("ReduceMean", votes, axes=[1], keepdims=0)
    weighted = graph.add("Mul", votes, _write_weights(graph, features, clips, nearest))
    return _normalise(graph, graph.add("ReduceSum", weighted, graph.constant([1], np.int64), keepdims=0))


def _write_weights(graph: Graph, features: str, clips: Any, nearest: str) -> str:
    """Give 1 / distance of each neighbour, (batch, k, 1); beside a clip that is the very same, no other counts."""
    neighbours = graph.add("Gather", graph.constant(clips), nearest, axis=0)
    there = graph.add("Unsqueeze", features, graph.constant([1], np.int64))
    distances = graph.add("ReduceL2", graph.add("Sub", neighbours, there), axes=[2], keepdims=1)
    zero = graph.constant(0.0, np.float64)
    is_same = graph.to_double(graph.add("Equal", distances, zero))
    any_same = graph.add("Greater", graph.add("ReduceMax", is_same, axes=[1], keepdims=1), zero)
    return graph.add("Where", any_same, is_same, graph.add("Reciprocal", distances))


def _normalise(graph: Graph, values: str) -> str:
    total = graph.add("ReduceSum", values, graph.constant([1], np.int64), keepdims=1)
    return graph.add("Div", values, total)
