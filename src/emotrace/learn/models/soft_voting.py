"""Soft voting: the mean of the probabilities of several models."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from sklearn.ensemble import VotingClassifier

from emotrace.learn.models._build import build_model, export_model, load_model
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._space import Space

INPUT = "features"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s4": {"members": {"mlp": {"preset": "s4"}, "random-forest": {"preset": "s4-voting"}}}
}
# What there is to find belongs to the members.
SEARCH_SPACE: Space = {}

_MEMBERS: Mapping[str, Mapping[str, Any]] = {"svm": {}, "mlp": {}, "extra-trees": {}}


def build(members: Mapping[str, Mapping[str, Any]] = _MEMBERS, random_state: int = 0) -> VotingClassifier:
    """Build the unfitted model.

    Parameters
    ----------
    members
        By the name of its family the settings of each, as for `build_model`: perhaps a ``preset``, and parameters.
        Families that need to know the speakers' sex cannot vote.
    random_state
        For every member that draws at random and is not given its own.
    """
    if len(members) < 2:
        raise ValueError(f"members must name at least two models, got {', '.join(members) or 'none'}")
    return VotingClassifier(
        [(name, _member(name, settings, random_state)) for name, settings in members.items()], voting="soft"
    )


def to_onnx(estimator: VotingClassifier, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities``."""
    graph = Graph()
    heard = [
        graph.embed(export_model(name, member, n_features))
        for (name, _), member in zip(estimator.estimators, estimator.estimators_, strict=True)
    ]
    mean = graph.add("Div", graph.add("Sum", *heard), graph.constant(len(heard), np.float32))
    return graph.finish(mean, n_features, len(estimator.classes_))


def _member(name: str, settings: Mapping[str, Any], random_state: int) -> Any:
    module = load_model(name)
    if getattr(module, "NEEDS_SEX", False):
        raise ValueError(f"members must not name '{name}', which needs to know the speakers' sex")
    is_random = "random_state" in inspect.signature(module.build).parameters
    return build_model(name, **{**({"random_state": random_state} if is_random else {}), **settings})
