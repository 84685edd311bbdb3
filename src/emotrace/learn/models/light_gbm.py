"""Gradient boosting with LightGBM (Ke et al. 2017): thresholds out of histograms, leaves grown best first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from sklearn.pipeline import Pipeline

from emotrace.errors import MissingExtraError
from emotrace.learn.models._learner import make_pipeline, trees_to_onnx, write_two_sided
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Choice, Range, Space
from emotrace.learn.models._trees import Trees

INPUT = "features"
# The project's final settings are not given: those of the library.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s3": {"n_estimators": 100, "learning_rate": 0.1, "colsample_bytree": 1.0, "class_weight": None}
}
SEARCH_SPACE: Space = {
    "n_estimators": Range(50, 600, log=True),
    "learning_rate": Range(0.02, 0.2, log=True),
    "num_leaves": Range(4, 63, log=True),
    "min_child_samples": Range(5, 50, log=True),
    "colsample_bytree": Choice((0.2, 0.5, 1.0)),
    "reg_lambda": Range(1e-3, 30.0, log=True),
    "class_weight": Choice((None, "balanced")),
}


def build(
    n_estimators: int = 300,
    learning_rate: float = 0.05,
    num_leaves: int = 31,
    min_child_samples: int = 20,
    colsample_bytree: float = 0.3,
    reg_lambda: float = 0.0,
    class_weight: str | None = "balanced",
    random_state: int = 0,
    n_jobs: int = 1,
) -> Pipeline:
    """Build the unfitted model; parameters as those of `lightgbm.LGBMClassifier`.

    Raises
    ------
    MissingExtraError
        If LightGBM is not installed.
    """
    try:
        from lightgbm import LGBMClassifier
    except ImportError:
        raise MissingExtraError("the model 'light-gbm'", "train") from None
    learner = LGBMClassifier(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        colsample_bytree=colsample_bytree,
        reg_lambda=reg_lambda,
        class_weight=class_weight,
        random_state=random_state,
        n_jobs=n_jobs,
        # The same seed and data give the same trees, on any number of cores.
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    )
    return make_pipeline(learner, scaled=False)


def staged_probabilities(
    estimator: Pipeline, features: ArrayLike, rounds: Collection[int]
) -> Iterator[NDArray[np.float64]]:
    """Give the probabilities, (n, n_classes), that a model gave after each of ``rounds``, ascending from 1."""
    heard = estimator[:-1].transform(features)
    for number in rounds:
        yield estimator[-1].predict_proba(heard, num_iteration=number)


def count_rounds(estimator: Pipeline) -> int:
    """Tell how many rounds a fitted model took."""
    return int(estimator[-1].booster_.current_iteration())


def to_onnx(estimator: Pipeline, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    return trees_to_onnx(estimator, n_features, _write)


def _write(graph: Graph, _features: str, learner: Any) -> str:
    dump = learner.booster_.dump_model()
    n_scores = dump["num_tree_per_iteration"]
    trees = Trees(n_scores)
    for number, tree in enumerate(dump["tree_info"]):
        _add(trees, number, tree["tree_structure"], number % n_scores)
    scores = trees.write(graph)
    if n_scores == 1:
        return graph.to_float(write_two_sided(graph, graph.add("Sigmoid", graph.to_double(scores))))
    return graph.add("Softmax", scores, axis=1)


def _add(trees: Trees, number: int, root: Mapping[str, Any], target: int) -> None:
    """Add a tree as LightGBM tells it: branches within branches."""
    open_nodes, n_nodes = [(0, root)], 1
    while open_nodes:
        place, node = open_nodes.pop()
        if "split_feature" not in node:
            trees.leaf(number, place, [(target, node["leaf_value"])])
            continue
        trees.branch(number, place, node["split_feature"], node["threshold"], n_nodes, n_nodes + 1)
        open_nodes += [(n_nodes, node["left_child"]), (n_nodes + 1, node["right_child"])]
        n_nodes += 2
