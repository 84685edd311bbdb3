"""Sums of decision trees as one ONNX operator.

Features are 32-bit numbers, thresholds 64-bit ones, but the operator compares 32 bits. Rounding a threshold down
to the next 32-bit number changes no decision, for no feature lies between the two; rounding it up would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.models._onnx_graph import Graph

LEAF, BRANCH = "LEAF", "BRANCH_LEQ"


@dataclass
class Trees:
    """Trees whose leaves add to the scores of classes; each node is known by its tree and its number in it.

    Fill it with `branch` and `leaf`, then `write` it.
    """

    n_classes: int
    _nodes: list[tuple[int, int, int, str, float, int, int]] = field(default_factory=list)
    _leaves: list[tuple[int, int, int, float]] = field(default_factory=list)

    def branch(self, tree: int, node: int, feature: int, threshold: float, left: int, right: int) -> None:
        """Add a node that sends features up to ``threshold`` to node ``left``, others to ``right``."""
        self._nodes.append((tree, node, feature, BRANCH, _round_down(threshold), left, right))

    def leaf(self, tree: int, node: int, scores: Iterable[tuple[int, float]]) -> None:
        """Add a node that adds scores to classes."""
        self._nodes.append((tree, node, 0, LEAF, 0.0, 0, 0))
        # The operator wants a weight for every leaf, even if it says nothing.
        heard = [(target, score) for target, score in scores if score] or [(0, 0.0)]
        self._leaves += [(tree, node, target, score) for target, score in heard]

    def write(self, graph: Graph, base_scores: Sequence[float] | None = None) -> str:
        """Append the trees to a graph; give the name of the sums of scores, float32 (batch, n_classes)."""
        trees, nodes, features, modes, thresholds, left, right = map(list, zip(*self._nodes, strict=True))
        leaf_trees, leaf_nodes, targets, weights = map(list, zip(*self._leaves, strict=True))
        return graph.add(
            "TreeEnsembleRegressor",
            graph.features,
            domain="ai.onnx.ml",
            n_targets=self.n_classes,
            aggregate_function="SUM",
            **({} if base_scores is None else {"base_values": [float(score) for score in base_scores]}),
            nodes_treeids=trees,
            nodes_nodeids=nodes,
            nodes_featureids=features,
            nodes_modes=modes,
            nodes_values=thresholds,
            nodes_truenodeids=left,
            nodes_falsenodeids=right,
            target_treeids=leaf_trees,
            target_nodeids=leaf_nodes,
            target_ids=targets,
            target_weights=weights,
        )


def add_tree(trees: Trees, number: int, tree: Any, leaf_scores: NDArray[np.float64]) -> None:
    """Add a tree of scikit-learn (``tree_`` of a fitted one); ``leaf_scores`` are (n_nodes, n_classes)."""
    columns = (tree.feature, tree.threshold, tree.children_left, tree.children_right)
    for node, (feature, threshold, left, right) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        if left == right:
            trees.leaf(number, node, enumerate(leaf_scores[node].tolist()))
        else:
            trees.branch(number, node, feature, threshold, left, right)


def write_forest(graph: Graph, forest: Sequence[Any], n_classes: int) -> str:
    """Append the mean of classification trees, as a forest's; give the name of the probabilities."""
    trees = Trees(n_classes)
    for number, member in enumerate(forest):
        # Since scikit-learn 1.3 these are shares, before they were counts.
        counts = member.tree_.value[:, 0, :]
        add_tree(trees, number, member.tree_, counts / counts.sum(axis=1, keepdims=True) / len(forest))
    return trees.write(graph)


def _round_down(threshold: float) -> float:
    """Give the largest 32-bit number that is not above ``threshold``."""
    limit = float(np.finfo(np.float32).max)
    near = np.float32(min(max(threshold, -limit), limit))
    return float(np.nextafter(near, np.float32(-np.inf)) if float(near) > threshold else near)
