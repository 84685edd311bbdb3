"""A tree in numbers: walked by its facts, clips come to where the model itself would send them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from tests.learn.explore.made_features import NAMES, make_features

from emotrace.learn.explore.tree_facts import N_SHOWN, grow_tree, tree_facts
from emotrace.learn.models._build import build_model
from emotrace.learn.table import FeatureTable


def leaves(node: dict[str, Any], level: int = 0) -> list[tuple[dict[str, Any], int]]:
    """List the nodes at which the facts end, and how many questions come before."""
    if "feature" not in node:
        return [(node, level)]
    return [*leaves(node["low"], level + 1), *leaves(node["high"], level + 1)]


def walk(node: dict[str, Any], row: np.ndarray) -> int:
    """Follow the questions; give the identity of the node where they end."""
    while "feature" in node:
        node = node["low" if row[NAMES.index(node["feature"])] <= node["threshold"] else "high"]
    return id(node)


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    return make_features()


def test_questions_divide_the_clips_as_told(table: FeatureTable) -> None:
    facts = grow_tree(table, range(len(table.utterances)), seed=0)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["labels"] == ["anger", "calm", "sadness"]
    root = facts["root"]
    assert root["n_clips"] == len(table.utterances)
    assert root["shares"] == pytest.approx([1 / 3] * 3, abs=1e-6)
    assert root["n_below"] == facts["n_questions"] > 2**N_SHOWN - 1
    ends = leaves(root)
    assert max(level for _, level in ends) == N_SHOWN
    came_to = Counter(walk(root, row) for row in table.matrix)
    assert came_to == {id(node): node["n_clips"] for node, _ in ends}
    # Questions that are told, and those below.
    assert facts["n_questions"] == len(ends) - 1 + sum(node["n_below"] for node, _ in ends)


def test_a_small_tree_is_told_to_its_leaves_and_answers_as_the_model(table: FeatureTable) -> None:
    emotions = np.array([u.emotion for u in table.utterances])
    model = build_model("tree", max_depth=2).fit(table.matrix, emotions)
    facts = tree_facts(model, NAMES)
    assert (facts["n_in_a_row"], facts["n_questions"]) == (2, 3)
    nodes = {id(node): node for node, _ in leaves(facts["root"])}
    assert all(node["n_below"] == 0 for node in nodes.values())
    given = np.array([nodes[walk(facts["root"], row)]["shares"] for row in table.matrix])
    np.testing.assert_allclose(given, model.predict_proba(table.matrix), atol=1e-6)


def test_only_the_rows_of_a_group_are_learnt_from(table: FeatureTable) -> None:
    women = [row for row, u in enumerate(table.utterances) if u.sex == "female"]
    facts = grow_tree(table, women, seed=0)
    assert facts["root"]["n_clips"] == len(women)
    assert facts["root"]["feature"] in ("telling_mean", "women_std")
