"""Another family's model on the principal components of the features: for thousands of features of few clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from emotrace.learn.models._build import build_model, export_model, load_model
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Space
from emotrace.learn.models._whitening import Whitening

INPUT = "features"
PRESETS: Mapping[str, Mapping[str, Any]] = {}
# And the space of the family that it is made of, whose parameters `build` hands on.
SEARCH_SPACE: Space = {
    "n_components": Choice((50, 100, 200, 300)),
    "inner": Choice(("linear-discriminant", "logistic")),
}


class Principal(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model of the whitened principal components.

    Parameters
    ----------
    estimator
        Unfitted; a copy is fitted on the components.
    model
        The name of its family.
    n_components
        As for `Whitening`.
    """

    def __init__(self, estimator: Any, model: str, n_components: int = 200) -> None:
        self.estimator, self.model, self.n_components = estimator, model, n_components

    def fit(self, features: ArrayLike, emotions: Sequence[str]) -> Principal:
        """Find the components of the training clips, and fit the model on them."""
        self.whitening_ = Whitening(self.n_components).fit(features)
        self.estimator_ = clone(self.estimator).fit(self.whitening_.transform(features), emotions)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, features: ArrayLike) -> NDArray[np.float64]:
        """Give the probabilities of `classes_`, (n, n_classes)."""
        return np.asarray(self.estimator_.predict_proba(self.whitening_.transform(features)))

    def predict(self, features: ArrayLike) -> NDArray[np.str_]:
        """Give the most probable emotions, (n,)."""
        return np.asarray(self.estimator_.predict(self.whitening_.transform(features)))


def build(inner: str = "linear-discriminant", n_components: int = 200, **params: Any) -> Principal:
    """Build the unfitted model out of one of the family ``inner`` with its parameters."""
    if n_components < 1:
        raise ValueError(f"n_components must be at least 1, got {n_components}")
    if getattr(load_model(inner), "NEEDS_SEX", False):
        raise ValueError(f"inner must not be '{inner}', which needs to know the speakers' sex")
    return Principal(build_model(inner, **params), inner, n_components)


def to_onnx(estimator: Principal, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    graph = Graph()
    components = estimator.whitening_.write(graph, graph.features)
    n_components = estimator.whitening_.components_.shape[1]
    inner = export_model(estimator.model, estimator.estimator_, n_components)
    return graph.finish(graph.embed(inner, components), n_features, len(estimator.classes_))
