"""``emotrace honest``: what classic models reach on unheard speakers, chosen by training speakers alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from emotrace.cli import _options as options
from emotrace.errors import MissingExtraError


def command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the runs and the page.")
    ],
    recipes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="H1, H10, H11, or TOML files of your own."),
    ] = None,
    all_recipes: Annotated[bool, typer.Option("--all", help="All shipped recipes.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep features that were computed before.")
    ] = False,
    corpora: options.Corpora = None,
) -> None:
    """Measure classic models on speakers nobody has heard: honest.md and .json.

    Training speakers choose among a recipe's candidates; test speakers choose nothing. Every run is kept in
    DIR/runs as soon as it is done. Interrupted? The same command goes on.
    """
    from emotrace.cli._laboratory import refuse_both_or_neither, refuse_jobs_without_cache, refuse_missing_corpora
    from emotrace.cli._output import require_folder, tell, warn_in_one_line
    from emotrace.cli._progress import ProgressLine

    refuse_both_or_neither(recipes, all_recipes, "recipes to measure, for instance H1 H10")
    refuse_missing_corpora(corpora)
    refuse_jobs_without_cache(no_cache, jobs)
    try:
        from emotrace.learn.laboratory.check import read_checked_honest
        from emotrace.learn.laboratory.honest import measure_honestly, read_honest_record
        from emotrace.learn.laboratory.honest_page import summarise_honest, write_honest_page
        from emotrace.learn.laboratory.honest_recipe import honest_names, read_honest
    except ImportError as error:
        raise MissingExtraError(f"measuring honestly (no module '{error.name}')", "train") from None
    wanted = honest_names() if all_recipes else list(dict.fromkeys(recipes or []))
    found = {name: read_checked_honest(name) for name in wanted}
    require_folder(output)
    runs = output / "runs"
    records = {}
    try:
        for name, recipe in found.items():
            with warn_in_one_line(), ProgressLine(f"measuring {recipe.honest}") as progress:
                records[recipe.honest] = measure_honestly(
                    name,
                    corpora,
                    runs,
                    n_jobs=jobs,
                    cache=not no_cache,
                    progress=progress,
                    tell=lambda line: typer.echo(line, err=True),
                )
            if records[recipe.honest].not_measured:
                tell(f"{recipe.honest} is not measured: {records[recipe.honest].not_measured}")
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {runs}", err=True)
        sys.exit(130)
    shipped = [read_honest(name) for name in honest_names()]
    others = {r.honest: read_honest_record(r, runs) for r in shipped if r.honest not in records}
    every = {**{r.honest: others.get(r.honest) or records[r.honest] for r in shipped}, **records}
    page = write_honest_page([summarise_honest(record) for record in every.values()], output)
    typer.echo(f"{page}: {sum(bool(r.runs) for r in records.values())} of {len(records)} recipes measured")
    if any(r.not_measured and not r.not_measured.startswith("needs ") for r in records.values()):
        raise typer.Exit(1)
