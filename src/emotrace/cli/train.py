"""``emotrace train``: from a recipe and corpora to a judged bundle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emotrace.cli import _options as options
from emotrace.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from emotrace.learn.training.carried import Carried
    from emotrace.learn.training.recipe import AnyRecipe


def command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="'default', 'open', 'quick', 'sex', 'speech', or a TOML file.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")],
    corpora: options.Corpora = None,
    pack: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="What `emotrace features pack` wrote, in place of the audio."),
    ] = None,
    jobs: options.SearchJobs = 1,
    logger: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Follow the epochs of a network of features: tensorboard, mlflow."),
    ] = None,
) -> None:
    """Train a bundle and judge it on the speakers held out.

    Interrupted? The same command goes on; only the speech detector, a matter of minutes, begins anew. With --pack
    and without --corpora there is no audio to judge the bundle on: carry it back, and judge it with `emotrace
    evaluate`.
    """
    from emotrace.cli._output import require_folder
    from emotrace.cli._training import judge_bundle, tell_stage

    try:
        from emotrace.learn.training.recipe import read_recipe

        plan = read_recipe(recipe)
        require_folder(output)
        from emotrace.learn.training.run import run
    except ImportError as error:
        raise MissingExtraError(f"training (no module '{error.name}')", "train") from None
    try:
        carried = _read_pack(pack, plan, corpora)
        bundle, split = run(plan, corpora, output, tell_stage, carried, logger or [], jobs)
        has_audio = pack is None or corpora is not None
        unusable = []
        if bundle.card.kind != "speech" and has_audio:
            bundle, judgement = judge_bundle(bundle, split.test, output / "evaluation")
            unusable = judgement.unusable
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {output}", err=True)
        sys.exit(130)
    typer.echo(f"Bundle: {bundle.path}", err=True)
    if not has_audio:
        typer.echo(f"not judged, for a pack holds no audio: emotrace evaluate {bundle.path} MANIFEST", err=True)
    if unusable:
        sys.exit(1)


def _read_pack(folder: Path | None, plan: AnyRecipe, corpora: Path | None) -> Carried | None:
    """Read a pack; where there are corpora as well, its clips are named as they lie there, to be judged."""
    if folder is None:
        return None
    if plan.kind == "speech":
        raise UsageError("--pack: a speech detector is trained on audio; leave --pack out")
    from emotrace.learn.training.feature_recipe import FeatureRecipe

    if isinstance(plan, FeatureRecipe):
        raise UsageError("--pack: a model of features is trained on audio, not on a pack; leave --pack out")
    from emotrace.learn.training.carried import read_carried

    carried = read_carried(folder)
    return carried if corpora is None else carried.located(corpora)
