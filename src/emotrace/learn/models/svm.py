"""A support vector machine, its margins turned into probabilities.

Platt's sigmoid of each class's margin is fitted by cross-validation within the training clips, as scikit-learn
recommends; the folds there know nothing of speakers, so the probabilities are too sure of themselves until a
bundle's temperature, fitted on validation speakers, cools them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from emotrace.errors import TrainingError
from emotrace.learn.models._learner import make_pipeline, pipeline_to_onnx, write_two_sided
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space

INPUT = "features"
PRESETS: Mapping[str, Mapping[str, Any]] = {}
SEARCH_SPACE: Space = {
    "C": Range(0.1, 100.0, log=True),
    "gamma": Range(1e-4, 0.1, log=True),
    "kernel": Choice(("rbf", "linear")),
    "class_weight": Choice((None, "balanced")),
}


def build(
    C: float = 3.0,  # noqa: N803 (the name that everybody knows)
    kernel: str = "rbf",
    gamma: float | str = "scale",
    class_weight: str | None = "balanced",
    scaled: bool = True,
    n_folds: int = 5,
) -> Pipeline:
    """Build the unfitted model.

    Parameters
    ----------
    C, gamma, class_weight
        As those of `sklearn.svm.SVC`.
    kernel
        ``rbf`` or ``linear``.
    scaled
        Whether every feature is first brought to mean 0 and deviation 1.
    n_folds
        Of the cross-validation that fits the sigmoids; every class needs as many clips.
    """
    if kernel not in ("rbf", "linear"):
        raise ValueError(f"kernel must be 'rbf' or 'linear', got {kernel!r}")
    if n_folds < 2:
        raise ValueError(f"n_folds must be at least 2, got {n_folds}")
    learner = SVC(C=C, kernel=kernel, gamma=gamma, class_weight=class_weight)
    return make_pipeline(_Calibrated(learner, ensemble=False, cv=n_folds), scaled)


class _Calibrated(CalibratedClassifierCV):  # type: ignore[misc]
    """Says which label has too few clips for the folds."""

    def fit(self, X: ArrayLike, y: ArrayLike, **how: Any) -> _Calibrated:  # noqa: N803 (scikit-learn's names)
        """Fit machine and sigmoids; raise `TrainingError` if a label has fewer clips than there are folds."""
        labels, counts = np.unique(np.asarray(y), return_counts=True)
        if counts.min() < self.cv:
            raise TrainingError(
                f"the model 'svm' fits its probabilities by {self.cv} folds and needs {self.cv} clips of every "
                f"label, of '{labels[counts.argmin()]}' there {_are(int(counts.min()))}; give more clips or leave "
                f"that label out{', or ask for fewer folds by n_folds' if self.cv > 2 else ''}"
            )
        super().fit(X, y, **how)
        return self


def _are(n: int) -> str:
    return "is 1" if n == 1 else f"are {n}"


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return pipeline_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, features: str, learner: Any) -> str:
    (calibrated,) = learner.calibrated_classifiers_
    machine = calibrated.estimator
    n_classes = len(machine.classes_)
    kernel = _write_kernel(graph, features, machine)
    weights = machine.dual_coef_.T if n_classes == 2 else _weights_of_pairs(machine)
    margins = graph.add(
        "Add", graph.add("MatMul", kernel, graph.constant(weights)), graph.constant(machine.intercept_)
    )
    if n_classes > 2:
        margins = _write_votes(graph, margins, n_classes)
    slopes = graph.constant([-calibrator.a_ for calibrator in calibrated.calibrators], np.float64)
    offsets = graph.constant([-calibrator.b_ for calibrator in calibrated.calibrators], np.float64)
    sure = graph.add("Sigmoid", graph.add("Add", graph.add("Mul", margins, slopes), offsets))
    if n_classes == 2:
        return write_two_sided(graph, sure)
    return graph.add("Div", sure, graph.add("ReduceSum", sure, graph.constant([1], np.int64), keepdims=1))


def _write_kernel(graph: Graph, features: str, machine: Any) -> str:
    """Give how alike each clip is to each support vector, (batch, n_vectors)."""
    vectors = machine.support_vectors_
    products = graph.add("MatMul", features, graph.constant(vectors.T))
    if machine.kernel == "linear":
        return products
    own = graph.add("ReduceSumSquare", features, axes=[1], keepdims=1)
    lengths = graph.add("Add", own, graph.constant((vectors**2).sum(axis=1)))
    distances = graph.add("Sub", lengths, graph.add("Mul", products, graph.constant(2.0, np.float64)))
    # What "scale" came to has no public name.
    return graph.add("Exp", graph.add("Mul", distances, graph.constant(-machine._gamma, np.float64)))


def _weights_of_pairs(machine: Any) -> NDArray[np.float64]:
    """Give the weight of each support vector in the duel of each pair of classes, (n_vectors, n_pairs).

    ``dual_coef_`` holds the same in the order of libsvm: a vector of class i has one row for each other class.
    """
    ends = np.cumsum(machine.n_support_)
    of_class = [slice(int(end - n), int(end)) for end, n in zip(ends, machine.n_support_, strict=True)]
    pairs = list(combinations(range(len(of_class)), 2))
    weights = np.zeros((int(ends[-1]), len(pairs)))
    for column, (i, j) in enumerate(pairs):
        weights[of_class[i], column] = machine.dual_coef_[j - 1, of_class[i]]
        weights[of_class[j], column] = machine.dual_coef_[i, of_class[j]]
    return weights


def _write_votes(graph: Graph, duels: str, n_classes: int) -> str:
    """Make one margin per class of one per pair: duels won, and a little for how clearly (below a third)."""
    pairs = np.array(list(combinations(range(n_classes), 2)))
    first, second = np.eye(n_classes)[pairs[:, 0]], np.eye(n_classes)[pairs[:, 1]]
    is_lost = graph.to_double(graph.add("Less", duels, graph.constant(0.0, np.float64)))
    # A duel is the first one's, unless it is lost.
    swings = graph.add("MatMul", is_lost, graph.constant(second - first))
    votes = graph.add("Add", swings, graph.constant(first.sum(axis=0)))
    clearness = graph.add("MatMul", duels, graph.constant(first - second))
    bound = graph.add("Add", graph.add("Abs", clearness), graph.constant(1.0, np.float64))
    share = graph.add("Div", clearness, graph.add("Mul", bound, graph.constant(3.0, np.float64)))
    return graph.add("Add", votes, share)
