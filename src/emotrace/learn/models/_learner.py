"""What all feature models are made of: a pipeline that ends in a learner, and begins where a bundle begins.

``Pipeline([("single", ...), ("scale", ...), ("model", learner)])``. The first step rounds features to 32 bits, the
numbers that a bundle's graph sees; the scaler, where there is one, is fitted with the learner and never outside of
the training fold; ``estimator[-1]`` is the learner with its ``feature_importances_`` and the like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from emotrace.learn.models._onnx_graph import Graph

Write = Callable[[Graph, str, Any], str]
"""Append a fitted learner to a graph that holds its features by this name; give the name of its probabilities."""


def make_pipeline(learner: Any, scaled: bool) -> Pipeline:
    """Put before a learner what belongs before it."""
    scaler = [("scale", StandardScaler())] if scaled else []
    return Pipeline([("single", FunctionTransformer(round_to_single)), *scaler, ("model", learner)])


def round_to_single(features: ArrayLike) -> NDArray[np.float64]:
    """Round features to 32 bits; give them as 64 bits, in which everything is then computed."""
    return np.asarray(features, dtype=np.float32).astype(np.float64)


def pipeline_to_onnx(estimator: Pipeline, n_features: int, write: Write) -> onnx.ModelProto:
    """Give the graph of a fitted pipeline whose learner computes in 64 bits."""
    graph = Graph()
    features = graph.to_double(graph.features)
    if "scale" in estimator.named_steps:
        scaler = estimator.named_steps["scale"]
        centred = graph.add("Sub", features, graph.constant(scaler.mean_))
        features = graph.add("Div", centred, graph.constant(scaler.scale_))
    probabilities = graph.to_float(write(graph, features, estimator[-1]))
    return graph.finish(probabilities, n_features, len(estimator.classes_))


def trees_to_onnx(estimator: Pipeline, n_features: int, write: Write) -> onnx.ModelProto:
    """Give the graph of a fitted pipeline whose learner compares features and does not scale them."""
    graph = Graph()
    return graph.finish(write(graph, graph.features, estimator[-1]), n_features, len(estimator.classes_))


def write_two_sided(graph: Graph, positive: str) -> str:
    """Give the probabilities of two classes, of which the second one has the probability (batch, 1)."""
    negative = graph.add("Sub", graph.constant(1.0, np.float64), positive)
    return graph.add("Concat", negative, positive, axis=1)
