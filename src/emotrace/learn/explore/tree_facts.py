"""A decision tree in numbers: what it asks first, and what it would answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from emotrace.learn.table import FeatureTable
from emotrace.learn.training.fit_classic import fit_classic

MODEL = "tree"
N_SHOWN = 3
"""How many questions in a row are told; people can follow no more."""

_NONE = -1

Facts = dict[str, Any]


def grow_tree(table: FeatureTable, rows: Sequence[int], seed: int) -> Facts:
    """Grow the model ``tree`` on some rows of a table, with nobody held out, and give its `tree_facts`."""
    clips = [table.utterances[row] for row in rows]
    fitted = fit_classic(MODEL, table.matrix[list(rows)], clips, table.names, random_state=seed)
    return tree_facts(fitted, table.names)


def tree_facts(fitted: Pipeline, names: Sequence[str]) -> Facts:
    """Tell a fitted tree's first questions.

    Returns
    -------
    dict
        Ready for JSON: ``labels``, ``n_questions`` in all, ``n_in_a_row`` at most, and ``root``. A node has
        ``n_clips``, ``shares`` of the labels as the tree weighs them (they sum to 1), and ``n_below``, how many
        questions it and those under it ask. Where it asks one that is told it has ``feature``, ``threshold``, and
        the nodes ``low`` (at most the threshold) and ``high`` (above).
    """
    learner = fitted[-1]
    return {
        "labels": [str(label) for label in learner.classes_],
        "n_questions": _n_questions(learner.tree_, 0),
        "n_in_a_row": int(learner.tree_.max_depth),
        "root": _node(learner.tree_, names, 0, 0),
    }


def _node(tree: Any, names: Sequence[str], place: int, level: int) -> Facts:
    weights = np.asarray(tree.value[place, 0], dtype=np.float64)
    node: Facts = {
        "n_clips": int(tree.n_node_samples[place]),
        "shares": [round(share, 6) for share in (weights / weights.sum()).tolist()],
        "n_below": _n_questions(tree, place),
    }
    if node["n_below"] and level < N_SHOWN:
        node["feature"] = names[tree.feature[place]]
        node["threshold"] = float(tree.threshold[place])
        node["low"] = _node(tree, names, int(tree.children_left[place]), level + 1)
        node["high"] = _node(tree, names, int(tree.children_right[place]), level + 1)
    return node


def _n_questions(tree: Any, place: int) -> int:
    """Count the questions that are asked from a node on."""
    if tree.children_left[place] == _NONE:
        return 0
    return 1 + sum(_n_questions(tree, int(side[place])) for side in (tree.children_left, tree.children_right))
