"""A multi-layer perceptron, as four of the five reference projects use it.

Presets are the projects' settings. What they leave open is the library's default; ``s3-*`` are the best settings
of three searches (grid and randomised, on men and women; the report's headings may be swapped), whose number of
iterations is only given for the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from emotrace.learn.models._learner import make_pipeline, pipeline_to_onnx, write_two_sided
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space

INPUT = "features"
_S1 = {"hidden_layer_sizes": 300, "alpha": 0.01, "epsilon": 1e-8, "learning_rate": "adaptive"}
_S3 = {"activation": "tanh", "batch_size": 163, "max_iter": 2000}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s1": {**_S1, "batch_size": 256, "max_iter": 400},
    # Features as they are, not scaled.
    "s2": {**_S1, "batch_size": 32, "max_iter": 500, "scaled": False},
    "s3-grid-male": {**_S3, "alpha": 1.4, "hidden_layer_sizes": 600, "learning_rate_init": 3e-4},
    "s3-random-female": {**_S3, "alpha": 0.4333, "hidden_layer_sizes": 1200, "learning_rate_init": 1e-4},
    "s3-random-male": {
        **_S3,
        "alpha": 1.135,
        "hidden_layer_sizes": 1200,
        "learning_rate_init": 2.5e-4,
        "solver": "lbfgs",
    },
    "s4": {
        "hidden_layer_sizes": 880,
        "activation": "logistic",
        "solver": "lbfgs",
        "alpha": 0.376851,
        "batch_size": 300,
        "learning_rate": "invscaling",
        "max_iter": 10_000,
    },
}
SEARCH_SPACE: Space = {
    "hidden_layer_sizes": Range(50, 1200, log=True),
    "activation": Choice(("relu", "tanh", "logistic")),
    "alpha": Range(1e-3, 30.0, log=True),
    "learning_rate_init": Range(1e-4, 3e-3, log=True),
    "max_iter": Range(20, 300, log=True),
}
REFERENCE_SPACES: Mapping[str, Space] = {
    "s4": {
        "activation": Choice(("logistic", "tanh", "relu")),
        "solver": Choice(("lbfgs", "sgd", "adam")),
        "hidden_layer_sizes": Range(100, 1500),
        "alpha": Range(0.001, 0.99),
        "batch_size": Range(150, 300),
        "learning_rate": Choice(("adaptive", "constant", "invscaling")),
        "max_iter": Choice((10_000,)),
        "random_state": Choice((22,)),
    }
}


def build(
    hidden_layer_sizes: int | Sequence[int] = 300,
    activation: str = "relu",
    solver: str = "adam",
    alpha: float = 1.0,
    batch_size: int | str = "auto",
    learning_rate: str = "constant",
    learning_rate_init: float = 1e-3,
    epsilon: float = 1e-8,
    max_iter: int = 500,
    scaled: bool = True,
    random_state: int = 0,
) -> Pipeline:
    """Build the unfitted model.

    Parameters
    ----------
    hidden_layer_sizes
        Units of each hidden layer; a number alone is one layer.
    activation, solver, alpha, batch_size, learning_rate, learning_rate_init, epsilon, max_iter
        As those of `sklearn.neural_network.MLPClassifier`. Its early stopping is not offered: it would validate on
        clips of the speakers, and on twins of the clips, that it trains on.
    scaled
        Whether every feature is first brought to mean 0 and deviation 1.
    """
    sizes = [hidden_layer_sizes] if isinstance(hidden_layer_sizes, int) else list(hidden_layer_sizes)
    learner = MLPClassifier(
        hidden_layer_sizes=tuple(sizes),
        activation=activation,
        solver=solver,
        alpha=alpha,
        batch_size=batch_size,
        learning_rate=learning_rate,
        learning_rate_init=learning_rate_init,
        epsilon=epsilon,
        max_iter=max_iter,
        random_state=random_state,
    )
    return make_pipeline(learner, scaled)


_OPERATORS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid", "identity": "Identity"}


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return pipeline_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, features: str, learner: Any) -> str:
    values = features
    for layer, (weights, offsets) in enumerate(zip(learner.coefs_, learner.intercepts_, strict=True)):
        if layer:
            values = graph.add(_OPERATORS[learner.activation], values)
        products = graph.add("MatMul", values, graph.constant(weights))
        values = graph.add("Add", products, graph.constant(offsets))
    if len(learner.classes_) == 2:
        return write_two_sided(graph, graph.add("Sigmoid", values))
    return graph.add("Softmax", values, axis=1)
