"""Linear discriminant analysis, its covariance shrunk as far as the number of clips asks for.

References
----------
O. Ledoit and M. Wolf (2004), "Honey, I shrunk the sample covariance matrix", Journal of Portfolio Management
30(4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline

from emotrace.learn.models._learner import make_pipeline, pipeline_to_onnx, write_two_sided
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Space

INPUT = "features"
PRESETS: Mapping[str, Mapping[str, Any]] = {}
SEARCH_SPACE: Space = {"shrinkage": Choice(("auto", 0.01, 0.1, 0.5))}


def build(shrinkage: str | float | None = "auto", scaled: bool = False) -> Pipeline:
    """Build the unfitted model.

    Parameters
    ----------
    shrinkage
        How far the covariance goes towards one without correlations, in [0, 1]; ``auto`` as Ledoit and Wolf.
    scaled
        Whether every feature is first brought to mean 0 and deviation 1.
    """
    if isinstance(shrinkage, str) and shrinkage != "auto":
        raise ValueError(f"shrinkage must be 'auto', a number in [0, 1] or None, got {shrinkage!r}")
    return make_pipeline(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage), scaled)


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return pipeline_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, features: str, learner: Any) -> str:
    products = graph.add("MatMul", features, graph.constant(learner.coef_.T))
    scores = graph.add("Add", products, graph.constant(learner.intercept_))
    if len(learner.classes_) == 2:
        return write_two_sided(graph, graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)
