"""Which feature sets a family of models can learn from."""

from __future__ import annotations

from emotrace.errors import UsageError
from emotrace.learn.models._build import load_model

_GIVEN = {"functionals": "a row of features", "lld": "frames", "image": "an image"}
_TAKEN = {"features": "a row of features", "frames": "frames", "image": "an image"}
_INPUTS = {"functionals": ("features", "frames"), "lld": ("frames",), "image": ("image",)}
"""By what a feature set gives for a clip: the models that learn from it. Rows are read as sequences of numbers."""
_SUCH_MODELS = {"functionals": "svm or mlp", "lld": "gru or lstm", "image": "cnn2d"}
_SUCH_SETS = {"features": "means184", "frames": "mfcc-frames", "image": "mel-image"}


def require_fitting(model: str, feature_set: str, level: str, *, is_searched: bool = False) -> None:
    """Refuse a model that cannot learn from a feature set.

    Parameters
    ----------
    model
        Name of the family.
    feature_set, level
        Name of the set, and what it gives for a clip: ``functionals``, ``lld`` or ``image``.
    is_searched
        Whether parameters are sought, which wants a row of features for each clip.

    Raises
    ------
    UsageError
        Saying what would fit.
    """
    taken = load_model(model).INPUT
    if taken not in _INPUTS[level]:
        raise UsageError(
            f"the model '{model}' takes {_TAKEN[taken]} for each clip, the feature set '{feature_set}' gives "
            f"{_GIVEN[level]}; write a set such as {_SUCH_SETS[taken]}, or a model such as {_SUCH_MODELS[level]}"
        )
    if is_searched and level != "functionals":
        raise UsageError(
            f"key 'search' is for a row of features for each clip, the feature set '{feature_set}' gives "
            f"{_GIVEN[level]}; leave the search out"
        )
