"""A model for women and one for men, chosen by a sex that is known (or the mean of both, where it is not)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx

from emotrace.learn.models._build import build_model
from emotrace.learn.models._sexes import PerSex
from emotrace.learn.models._space import Choice, Space

INPUT = "features"
NEEDS_SEX = True
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "s3-grid-male": {"inner": "mlp", "inner_preset": "s3-grid-male"},
    "s3-random-female": {"inner": "mlp", "inner_preset": "s3-random-female"},
    "s3-random-male": {"inner": "mlp", "inner_preset": "s3-random-male"},
}
# And the space of the family that it is made of, whose parameters `build` hands on.
SEARCH_SPACE: Space = {"inner": Choice(("svm", "mlp", "logistic", "light-gbm"))}


def build(inner: str = "svm", inner_preset: str | None = None, **params: Any) -> PerSex:
    """Build the unfitted model out of two of the family ``inner``, with its preset and parameters."""
    return PerSex(build_model(inner, inner_preset, **params), inner)


def to_onnx(estimator: PerSex, n_features: int) -> onnx.ModelProto:
    """Give the graph for a speaker of unknown sex; ``estimator.only("female")`` is exported by its own family."""
    return estimator.to_onnx(n_features)
