"""Many features of few clips, as the few directions in which the clips differ most."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, TransformerMixin

from emotrace.learn.models._learner import round_to_single
from emotrace.learn.models._onnx_graph import Graph

BOUND = 6.0
"""In deviations of a feature: what lies further out is no better known by how far."""

_LEAST_SHARE = 1e-9
"""Of the largest variance: directions with less are rounding."""

FloatArray = NDArray[np.float64]


class Whitening(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scale features, bound them, and turn them into principal components of variance 1.

    Found from the products of clips or of features, whichever are fewer: thousands of features of a thousand clips
    take less than a second.

    Parameters
    ----------
    n_components
        How many; fewer come out where clips or features do not hold as many. The first ones are those that a
        smaller number would give.
    """

    def __init__(self, n_components: int = 200) -> None:
        self.n_components = n_components

    def fit(self, features: ArrayLike, _emotions: Any = None) -> Whitening:
        """Find the components of features, (n, n_features)."""
        rows = round_to_single(features)
        self.mean_ = rows.mean(axis=0)
        scale = rows.std(axis=0)
        # As in StandardScaler: what is all the same is only centred.
        is_varied = scale > 10.0 * np.finfo(np.float32).eps * np.abs(self.mean_)
        self.scale_ = np.where(is_varied & (scale > 0.0), scale, 1.0)
        bounded = self._bound(rows)
        self.centre_ = bounded.mean(axis=0)
        self.components_ = _components(bounded - self.centre_, self.n_components)
        return self

    def transform(self, features: ArrayLike) -> FloatArray:
        """Give the components of features, (n, n_components), that of most variance first."""
        return np.asarray((self._bound(round_to_single(features)) - self.centre_) @ self.components_)

    def write(self, graph: Graph, features: str) -> str:
        """Append the same arithmetic to a graph; give the name of the components, float32."""
        centred = graph.add("Sub", graph.to_double(features), graph.constant(self.mean_))
        scaled = graph.add("Div", centred, graph.constant(self.scale_))
        limits = [graph.constant(limit, np.float64) for limit in (-BOUND, BOUND)]
        bounded = graph.add("Clip", scaled, *limits)
        away = graph.add("Sub", bounded, graph.constant(self.centre_))
        return graph.to_float(graph.add("MatMul", away, graph.constant(self.components_)))

    def _bound(self, rows: FloatArray) -> FloatArray:
        return np.asarray(np.clip((rows - self.mean_) / self.scale_, -BOUND, BOUND))


def _components(rows: FloatArray, n_wanted: int) -> FloatArray:
    """Give the directions of most variance, (n_features, n), scaled so that the variance along each is 1."""
    n_clips, n_features = rows.shape
    products = rows @ rows.T if n_clips < n_features else rows.T @ rows
    size = len(products)
    largest = (max(0, size - n_wanted), size - 1)
    variances, directions = eigh(products / n_clips, subset_by_index=largest)
    variances, directions = variances[::-1], directions[:, ::-1]
    is_real = variances > _LEAST_SHARE * variances[0]
    variances, directions = variances[is_real], directions[:, is_real]
    if n_clips < n_features:
        directions = rows.T @ directions / np.sqrt(n_clips * variances)
    # The sign of a direction is the library's whim.
    directions = directions * np.where(directions.sum(axis=0) < 0.0, -1.0, 1.0)
    scaled: FloatArray = directions / np.sqrt(variances)
    return scaled
