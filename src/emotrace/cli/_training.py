"""What ``train`` and ``benchmark`` share: what a training tells, and judging what it made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from emotrace.bundle import Bundle, write_bundle
from emotrace.cli import _judging
from emotrace.errors import MissingExtraError, UsageError
from emotrace.types import Utterance

if TYPE_CHECKING:
    from emotrace.learn.training.network_recipe import Recipe


def judge_bundle(
    bundle: Bundle,
    utterances: Sequence[Utterance],
    folder: Path,
    labels: Sequence[str] | None = None,
    *,
    on_stderr: bool = False,
) -> tuple[Bundle, _judging.Judgement]:
    """Judge a fresh bundle on its held-out speakers by the path of users' recordings; its card keeps the scores.

    ``folder``, which lies in that of the run, takes the report and how the training went; ``labels`` and
    ``on_stderr`` are as for `_judging.judge_into`.
    """
    from emotrace.learn.training.history import read_history, write_history

    recogniser = _judging.recogniser_of(bundle)
    _judging.refuse_known_speakers(bundle.card, utterances)
    judgement = _judging.judge_into(folder, recogniser, utterances, labels, on_stderr=on_stderr)
    write_history(read_history(folder.parent), folder)
    card = dataclasses.replace(bundle.card, metrics=_judging.headline_metrics(judgement.report))
    return write_bundle(bundle.path, card, bundle.model_bytes), judgement


def read_packed_recipe(name: str) -> Recipe:
    """Read a recipe that can be trained on a pack.

    Raises
    ------
    UsageError
        If it trains a speech detector, or a model of features.
    """
    try:
        from emotrace.learn.training.feature_recipe import FeatureRecipe
        from emotrace.learn.training.network_recipe import Recipe
        from emotrace.learn.training.recipe import read_recipe
    except ImportError as error:
        raise MissingExtraError(f"training (no module '{error.name}')", "train") from None
    plan = read_recipe(name)
    if isinstance(plan, FeatureRecipe):
        raise UsageError(
            f"recipe '{name}' learns from features, which `emotrace train` measures and keeps by itself; packs "
            "are for recipes of networks that learn from audio"
        )
    if not isinstance(plan, Recipe):
        raise UsageError(
            f"recipe '{name}' is of kind '{plan.kind}'; a recipe of kind 'emotion' or 'sex' is needed"
        )
    return plan


def tell_stage(stage: str, numbers: Mapping[str, Any], run: str = "") -> None:
    """Tell on stderr how far a training is; ``run`` says which, if there are several."""
    facts = ", ".join(f"{key} {value}" for key, value in numbers.items())
    typer.echo(f"{run}{': ' if run else ''}{stage}: {facts}", err=True)
