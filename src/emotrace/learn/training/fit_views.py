"""Fit the network that a recipe names, whichever views of a voice it has.

The views are fitted one after the other and know nothing of each other, so that they stay different; how much each
has to say is chosen on the validation speakers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from emotrace.learn.evaluation.calibration import fit_temperature, softmax
from emotrace.learn.models.two_views import TwoViews
from emotrace.learn.training.calibrate import balance_corpora
from emotrace.learn.training.fit import Examples, Fitted, fit, predict_logits, run_identity, validation_scores
from emotrace.learn.training.fit_statistics import fit_statistics
from emotrace.learn.training.recipe import Recipe

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Of the picture, which are tried."""

Report = Callable[[Mapping[str, Any]], None]


def fit_views(recipe: Recipe, train: Examples, validation: Examples, folder: Path, report: Report) -> Fitted:
    """Fit the recipe's network; what was interrupted goes on.

    Parameters
    ----------
    recipe
        Its ``model.name`` is ``two-views``, ``statistics-mlp``, or one of a network fitted epoch by epoch.
    train, validation
        Examples with the same labels, of different speakers.
    folder
        Where weights, checkpoint and log are kept.
    report
        Called with the numbers of each epoch, and of what else is fitted.

    Raises
    ------
    TrainingError, RecipeError
        As `fit` and `fit_statistics` say.
    """
    if recipe.model.name not in ("two-views", "statistics-mlp"):
        return fit(recipe, train, validation, folder, report)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    identity = run_identity(recipe, train, validation)
    statistics = fit_statistics(recipe, train, folder / "statistics.pt", identity, device).cpu()
    seconds = time.perf_counter() - started
    heard = predict_logits(statistics, validation)
    report({"view": "statistics", **_tell(statistics, validation), "seconds": round(seconds, 1)})
    if recipe.model.name == "statistics-mlp":
        return _fitted(Fitted(statistics, train.labels, 0, 0, 0.0, seconds), validation)
    pictured = fit(recipe, train, validation, folder, report, device, "residual-cnn")
    share = _choose_share(predict_logits(pictured.network, validation), heard, validation)
    network = TwoViews(pictured.network, statistics, share).eval()
    report({"view": "both", "share": share, **_tell(network, validation)})
    return _fitted(replace(pictured, network=network, seconds=pictured.seconds + seconds), validation)


def _choose_share(seen: NDArray[np.float32], heard: NDArray[np.float32], validation: Examples) -> float:
    """Give the share of the picture whose probabilities, every corpus counting the same, cost the least."""
    chosen = balance_corpora([u.corpus for u in validation.utterances])
    truth, allowed = validation.truth[chosen], validation.allowed[chosen]
    losses = []
    for share in SHARES:
        logits = (share * seen + (1.0 - share) * heard)[chosen]
        probabilities = softmax(logits / fit_temperature(logits, truth, allowed), allowed)
        losses.append(-np.log(probabilities[np.arange(len(truth)), truth]).mean())
    return SHARES[int(np.argmin(losses))]


def _tell(network: torch.nn.Module, validation: Examples) -> dict[str, Any]:
    scores = validation_scores(network, validation)
    return {
        "validation_uar": round(float(np.mean(list(scores.values()))), 4),
        "per_corpus": {corpus: round(score, 4) for corpus, score in scores.items()},
    }


def _fitted(fitted: Fitted, validation: Examples) -> Fitted:
    score = float(np.mean(list(validation_scores(fitted.network, validation).values())))
    return replace(fitted, validation_score=score)
