"""Fit the network that a recipe names, whichever views of a voice it has.

Views, and what is heard by ears and by the speech encoder, are fitted one beside the other and know nothing of
each other, so that they stay different; how much each has to say is chosen on the validation speakers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from emotrace.learn.evaluation.calibration import fit_temperature, softmax
from emotrace.learn.models.statistics_mlp import hears_encoded
from emotrace.learn.models.two_views import TwoViews
from emotrace.learn.training.calibrate import balance_corpora
from emotrace.learn.training.examples import Examples
from emotrace.learn.training.fit import Fitted, fit, run_identity
from emotrace.learn.training.fit_statistics import fit_statistics
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.network_scores import mean_score, predict_logits, score_logits, tell_scores

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Of the picture, or of the speech encoder, which are tried."""

Report = Callable[[str, Mapping[str, Any]], None]


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
        Called with ``epoch`` and the numbers of each epoch, and with ``view`` and those of what else is fitted.

    Raises
    ------
    TrainingError, RecipeError
        As `fit` and `fit_statistics` say.
    """
    if recipe.model.name not in ("two-views", "statistics-mlp"):
        return fit(recipe, train, validation, folder, partial(report, "epoch"))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    folder.mkdir(parents=True, exist_ok=True)
    identity = run_identity(recipe, train, validation)
    statistics, seconds = fit_statistics(recipe, train, folder / "statistics.pt", identity, device)
    statistics = statistics.cpu()
    share: dict[str, float] = {}
    if hears_encoded(statistics):
        share["share"], heard = _share_of_encoder(statistics, validation)
    else:
        heard = predict_logits(statistics, validation)
    scores = score_logits(heard, validation)
    report("view", {"view": "statistics", **share, **tell_scores(scores), "seconds": round(seconds, 1)})
    if recipe.model.name == "statistics-mlp":
        return Fitted(statistics, train.labels, 0, 0, mean_score(scores), seconds)
    pictured = fit(recipe, train, validation, folder, partial(report, "epoch"), device, "residual-cnn")
    seen = predict_logits(pictured.network, validation)
    of_picture = _choose_share(seen, heard, validation)
    scores = score_logits(_said(seen, heard, of_picture), validation)
    report("view", {"view": "both", "share": of_picture, **tell_scores(scores)})
    return replace(
        pictured,
        network=TwoViews(pictured.network, statistics, of_picture).eval(),
        validation_score=mean_score(scores),
        seconds=pictured.seconds + seconds,
    )


def _share_of_encoder(statistics: nn.Module, validation: Examples) -> tuple[float, NDArray[np.float32]]:
    """Choose how much the perceptrons on the speech encoder have to say; give that, and what all say then."""
    share = statistics.get_buffer("share")
    alone = []
    for whole in (1.0, 0.0):
        share.fill_(whole)
        alone.append(predict_logits(statistics, validation))
    encoded, voiced = alone
    chosen = _choose_share(encoded, voiced, validation)
    share.fill_(chosen)
    return chosen, _said(encoded, voiced, chosen)


def _said(seen: NDArray[np.float32], heard: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Give what `TwoViews` makes of the logits of the picture and of the statistics."""
    return share * seen + (1.0 - share) * heard


def _choose_share(seen: NDArray[np.float32], heard: NDArray[np.float32], validation: Examples) -> float:
    """Give the share of the picture whose probabilities, every corpus counting the same, cost the least."""
    chosen = balance_corpora([u.corpus for u in validation.utterances])
    truth, allowed = validation.truth[chosen], validation.allowed[chosen]
    losses = []
    for share in SHARES:
        logits = _said(seen, heard, share)[chosen]
        probabilities = softmax(logits / fit_temperature(logits, truth, allowed), allowed)
        losses.append(-np.log(probabilities[np.arange(len(truth)), truth]).mean())
    return SHARES[int(np.argmin(losses))]
