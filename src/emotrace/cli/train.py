"""``emotrace train``: from a recipe and corpora to a judged bundle."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from emotrace.cli import _options as options
from emotrace.errors import MissingExtraError


def command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="'default', 'speech', or a TOML file of your own.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")],
    corpora: options.Corpora = None,
) -> None:
    """Train a bundle and judge it on the speakers held out.

    Interrupted? The same command goes on; only the speech detector, a matter of minutes, begins anew.
    """
    from emotrace.cli._output import require_folder

    try:
        from emotrace.learn.training.recipe import read_recipe

        plan = read_recipe(recipe)
        require_folder(output)
        from emotrace.learn.training.run import run
    except ImportError as error:
        raise MissingExtraError(f"training (no module '{error.name}')", "train") from None
    try:
        bundle, split = run(plan, corpora, output, _tell)
        if bundle.card.kind == "emotion":
            bundle = _judge(bundle, split, output)
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {output}", err=True)
        sys.exit(130)
    typer.echo(f"Bundle: {bundle.path}", err=True)


def _judge(bundle: Any, split: Any, output: Path) -> Any:
    from emotrace.bundle import load_bundle, write_bundle
    from emotrace.cli import _judging
    from emotrace.hear.recognizer import Recogniser

    recogniser = Recogniser(bundle, load_bundle("speech"), labels="all")
    _judging.refuse_known_speakers(bundle.card, split.test)
    judgement = _judging.judge_into(output / "evaluation", recogniser, split.test)
    card = dataclasses.replace(bundle.card, metrics=_judging.headline_metrics(judgement.report))
    bundle = write_bundle(bundle.path, card, bundle.model_bytes)
    if judgement.unusable:
        typer.echo(f"Bundle: {bundle.path}", err=True)
        sys.exit(1)
    return bundle


def _tell(stage: str, numbers: Mapping[str, Any]) -> None:
    facts = ", ".join(f"{key} {value}" for key, value in numbers.items())
    typer.echo(f"{stage}: {facts}", err=True)
