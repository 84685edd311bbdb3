"""First the sex, then the emotion by the model of that sex: what S4 recommends and did not try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx

from emotrace.learn.models._build import build_model
from emotrace.learn.models._sexes import TwoStep
from emotrace.learn.models._space import Choice, Space

INPUT = "features"
NEEDS_SEX = True
PRESETS: Mapping[str, Mapping[str, Any]] = {}
# And the space of the family that it is made of, whose parameters `build` hands on.
SEARCH_SPACE: Space = {
    "inner": Choice(("svm", "mlp", "logistic", "light-gbm")),
    "mixing": Choice(("soft", "hard")),
}


def build(
    inner: str = "svm",
    inner_preset: str | None = None,
    sex_model: str = "random-forest",
    mixing: str = "soft",
    **params: Any,
) -> TwoStep:
    """Build the unfitted model.

    Parameters
    ----------
    inner, inner_preset, **params
        The family of the emotion models, and its settings.
    sex_model
        The family that tells women from men.
    mixing
        ``soft``: the emotion models are mixed by the probabilities of the sexes; ``hard``: the more probable sex
        alone decides.
    """
    if mixing not in ("soft", "hard"):
        raise ValueError(f"mixing must be 'soft' or 'hard', got {mixing!r}")
    return TwoStep(build_model(inner, inner_preset, **params), inner, build_model(sex_model), sex_model, mixing)


def to_onnx(estimator: TwoStep, n_features: int) -> onnx.ModelProto:
    """Give the graph of a fitted model: ``features`` (batch, n_features) to ``probabilities`` of emotions."""
    return estimator.to_onnx(n_features)
