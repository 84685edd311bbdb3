"""``emotrace benchmark``: every accuracy figure of a recipe, by one training for each fold and seed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotrace.cli import _options as options
from emotrace.errors import MissingExtraError

if TYPE_CHECKING:
    from emotrace.learn.benchmark.plan import Plan, Run
    from emotrace.learn.training.carried import Carried


def command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="'default', 'open', or a TOML file of your own.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of all runs and of the figures.")
    ],
    protocol: Annotated[
        str,
        typer.Option(metavar="NAME", help="joint-6, leave-one-corpus-out, or another one without leaks."),
    ] = "joint-6",
    folds: Annotated[
        list[int] | None, typer.Option("--fold", metavar="N", help="Repeatable; default: all.")
    ] = None,
    seeds: Annotated[
        list[int] | None,
        typer.Option("--seed", metavar="N", min=0, help="Of the training; repeatable; default: the recipe's."),
    ] = None,
    list_runs: Annotated[
        bool, typer.Option("--list", help="Say which runs there are and which are done; train nothing.")
    ] = False,
    jobs: options.SearchJobs = 1,
    corpora: options.Corpora = None,
) -> None:
    """Train a recipe once for each fold and seed, judge the speakers held out, and pool what all folds said.

    Figures are written to DIR/benchmark.json and benchmark.md after every fold. Folds that were judged before,
    with the same recipe and speech, are not done again. Interrupted? The same command goes on.
    """
    from emotrace.cli._output import require_folder

    try:
        from emotrace.learn.benchmark.page import score_lines
        from emotrace.learn.benchmark.plan import plan_benchmark
        from emotrace.learn.training.recipe import read_recipe

        base = read_recipe(recipe)
        require_folder(output)
        # What a training needs is missed before the speech is looked at.
        from emotrace.learn.training.run import require_usable
        from emotrace.learn.training.run import run as train
    except ImportError as error:
        raise MissingExtraError(f"a benchmark (no module '{error.name}')", "train") from None
    require_usable(base, n_jobs=jobs)
    plan = plan_benchmark(base, protocol, corpora)
    runs = plan.runs(seeds or [plan.recipe.seed], folds or [])
    if list_runs:
        _list(plan, runs, output)
        return
    try:
        missing = [run for run in runs if plan.read(run, output) is None]
        carried = _pack(plan, output / "pack") if missing else None
        for place, run in enumerate(missing, start=1):
            typer.echo(f"{run}: {place} of {len(missing)} ({plan.splits[run.fold].name})", err=True)
            _train_and_judge(partial(train, carried=carried, n_jobs=jobs), plan, run, output)
            _write_figures(plan, recipe, output)
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {output}", err=True)
        sys.exit(130)
    facts = _write_figures(plan, recipe, output)
    for line in score_lines(facts):
        typer.echo(line)
    typer.echo(f"Figures: {output / 'benchmark.md'}", err=True)
    if any(training["unusable"] for training in facts["trainings"]):
        sys.exit(1)


def _list(plan: Plan, runs: Iterable[Run], output: Path) -> None:
    """Tell of every run what it tests, and how far it is."""
    for run in runs:
        clips = plan.clips(plan.splits[run.fold].test)
        fold = plan.read(run, output)
        state = "to do"
        if fold is not None:
            state = f"judged, {fold.facts['seconds'] / 60:.1f} minutes of training"
        elif (run.folder(output) / "checkpoint.pt").exists():
            state = "begun"
        n_speakers = len({u.speaker for u in clips})
        people = f"{n_speakers} speaker{'' if n_speakers == 1 else 's'}"
        typer.echo(f"{run} ({plan.splits[run.fold].name}): {len(clips)} clips of {people}, {state}")


def _pack(plan: Plan, folder: Path) -> Carried | None:
    """Pack all speech once for all folds; speech of one's own, which cannot be carried, is packed by each.

    Features are kept in the cache, and need no pack.
    """
    from emotrace.cli._progress import ProgressLine
    from emotrace.cli._training import tell_stage
    from emotrace.learn.training.carried import read_carried, write_carried
    from emotrace.learn.training.network_recipe import Recipe
    from emotrace.learn.training.pack import versions_of
    from emotrace.learn.training.run import gather_with_content

    if plan.corpora is None or plan.recipe.data.manifests or not isinstance(plan.recipe, Recipe):
        return None
    utterances = gather_with_content(plan.recipe.data, plan.corpora, tell_stage)
    with ProgressLine("packing") as progress:
        write_carried(folder, utterances, versions_of(plan.recipe), plan.corpora, progress)
    return read_carried(folder).located(plan.corpora)


def _train_and_judge(train: Callable[..., Any], plan: Plan, run: Run, output: Path) -> None:
    """Do one run, and keep what it said of every clip."""
    from emotrace.cli._training import judge_bundle, tell_stage
    from emotrace.learn.benchmark.judged_fold import JudgedFold, write_fold
    from emotrace.learn.benchmark.machine import describe_machine
    from emotrace.learn.training.data import relative_name

    folder = run.folder(output)
    bundle, split = train(plan.recipe_of(run), plan.corpora, folder, partial(tell_stage, run=str(run)))
    clips = plan.clips(split.test)
    bundle, judgement = judge_bundle(bundle, clips, folder / "evaluation", plan.labels, on_stderr=True)
    card = bundle.card
    scores = {**judgement.report["corpora"], "pooled": judgement.report["pooled"]}
    sides = {"train": split.train, "validation": split.validation, "test": clips}
    training = ("seconds", "epochs", "best_epoch", "validation_uar", "n_parameters")
    facts = {
        "name": split.name,
        **{key: card.training[key] for key in training if key in card.training},
        "n_clips": len(clips),
        "n_speakers": {side: len({u.speaker for u in utterances}) for side, utterances in sides.items()},
        "unweighted_average_recall": {
            name: round(own["unweighted_average_recall"]["value"], 5) for name, own in scores.items()
        },
        "calibration": dict(card.calibration),
        "model_bytes": card.files["model.onnx"]["bytes"],
        "model_sha256": card.files["model.onnx"]["sha256"],
        "machine": describe_machine(),
    }
    known = [*card.split["train_speakers"], *card.split["validation_speakers"]]
    write_fold(
        JudgedFold(
            run.seed,
            run.fold,
            plan.identity(run),
            card.labels,
            judgement.own,
            frozenset(known),
            tuple((replace(u, file=relative_name(u.file, plan.corpora)), p) for u, p in judgement.heard),
            tuple(relative_name(file, plan.corpora) for file, _ in judgement.unusable),
            facts,
        ),
        folder,
    )


def _write_figures(plan: Plan, recipe: str, output: Path) -> dict[str, Any]:
    """Pool every fold of this plan that lies in the folder, and write the figures."""
    from emotrace.cli._output import tell
    from emotrace.learn.benchmark.page import write_benchmark
    from emotrace.learn.benchmark.summary import summarise_benchmark

    judged, others = plan.find(output)
    for folder in others:
        tell(f"{folder} was judged with another recipe or other speech, and is left out")
    facts = summarise_benchmark(plan, judged, Path(recipe).name)
    write_benchmark(facts, output)
    return facts
