"""One model of all pairs of sex and emotion (16 of RAVDESS), as S1 has it, folded back to emotions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx

from emotrace.learn.models._build import build_model
from emotrace.learn.models._sexes import SexEmotion
from emotrace.learn.models._space import Choice, Space

INPUT = "features"
NEEDS_SEX = True
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s1-knn": {"inner": "knn", "inner_preset": "s1"},
    "s1-tree": {"inner": "tree", "inner_preset": "s1"},
    "s1-mlp": {"inner": "mlp", "inner_preset": "s1"},
}
# And the space of the family that it is made of, whose parameters `build` hands on.
SEARCH_SPACE: Space = {"inner": Choice(("svm", "mlp", "logistic", "light-gbm"))}


def build(inner: str = "svm", inner_preset: str | None = None, **params: Any) -> SexEmotion:
    """Build the unfitted model out of one of the family ``inner``, with its preset and parameters."""
    return SexEmotion(build_model(inner, inner_preset, **params), inner)


def to_onnx(estimator: SexEmotion, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities`` of emotions."""
    return estimator.to_onnx(n_features)
