"""What was measured of the made features, by small forests: enough to draw and to write about.

Import it as ``from tests.learn.explore.made_importance import measure_made, small_forests``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.learn.explore.made_features import make_features

from emotrace.learn.explore import importance_fold
from emotrace.learn.explore.importance import Settings, measure_importance

SETTINGS = Settings("extra-trees", by_sex=True, k=2, n_folds=3, n_inner_folds=2, n_repeats=2)


@contextmanager
def small_forests(n_trees: int = 15) -> Iterator[None]:
    """Let forests have so few trees: what is made needs no more, and a hundred fits are to take seconds."""
    whole = importance_fold.fit_classic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            importance_fold,
            "fit_classic",
            lambda model, *given, **params: whole(model, *given, **few_trees(model, n_trees), **params),
        )
        yield


def few_trees(model: str, n_trees: int) -> dict[str, int]:
    """Give the setting that lets a forest have so few trees; a single tree has none."""
    return {} if model == "tree" else {"n_estimators": n_trees}


def measure_made(by_sex: bool = True, model: str = SETTINGS.model) -> dict[str, Any]:
    """Give the facts as the command hands them on to pictures and page."""
    settings = Settings(**{**vars(SETTINGS), "by_sex": by_sex, "model": model})
    with small_forests():
        facts = measure_importance(make_features(n_speakers=6, n_clips=3), settings)
    return {"source": "made", "feature_set": "few", "label_preset": None, **facts}
