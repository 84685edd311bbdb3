"""``emotrace reproduce``: published claims, measured again beside their honest twins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from emotrace.cli import _options as options
from emotrace.errors import MissingExtraError, UsageError


def command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the runs and the report.")
    ],
    claims: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="As in `emotrace recipes list`, or TOML files of your own."),
    ] = None,
    all_claims: Annotated[bool, typer.Option("--all", help="All shipped claims.")] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="A few clips and short training, to see that all works.")
    ] = False,
    seeds: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many divisions; default: as the recipes say.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep features that were computed before.")
    ] = False,
    corpora: options.Corpora = None,
) -> None:
    """Measure published claims again, as claimed and speaker-independent: reproduction.md and .json.

    Every run is kept in DIR/runs as soon as it is done, with its answers in a folder for `emotrace report`, for
    instance DIR/runs/R6/as-claimed-mlp-all-0. Interrupted? The same command goes on. Claims whose corpora are not
    there are told as not measured. What an earlier reproduction.json in DIR says of other claims stays, and what
    was measured before a recipe was edited is moved aside. --fast wants a folder of its own.
    """
    from emotrace.cli._laboratory import refuse_both_or_neither, refuse_jobs_without_cache, refuse_missing_corpora
    from emotrace.cli._output import require_folder, tell, warn_in_one_line
    from emotrace.cli._progress import ProgressLine

    refuse_both_or_neither(claims, all_claims, "claims to reproduce, for instance R6 R10")
    refuse_missing_corpora(corpora)
    refuse_jobs_without_cache(no_cache, jobs)
    if fast and seeds not in (None, 1):
        raise UsageError(f"--fast makes one division, not {seeds}; leave out --seeds, or --fast")
    try:
        from emotrace.learn.laboratory.check import read_checked_claim
        from emotrace.learn.laboratory.page import read_page, write_page
        from emotrace.learn.laboratory.recipe import claim_names, read_claim
        from emotrace.learn.laboratory.reproduce import read_records, refuse_other_size, reproduce
        from emotrace.learn.laboratory.summary import summarise_or_keep
    except ImportError as error:
        raise MissingExtraError(f"reproducing (no module '{error.name}')", "train") from None
    wanted = claim_names() if all_claims else list(dict.fromkeys(claims or []))
    recipes = {name: read_checked_claim(name) for name in wanted}
    require_folder(output)
    runs = output / "runs"
    refuse_other_size(runs, fast)
    earlier = read_page(output, fast)
    records = {}
    try:
        for name, claim in recipes.items():
            with warn_in_one_line(), ProgressLine(f"reproducing {claim.claim}") as progress:
                records[claim.claim] = reproduce(
                    name,
                    corpora,
                    runs,
                    is_small=fast,
                    n_seeds=seeds,
                    n_jobs=jobs,
                    cache=not no_cache,
                    progress=progress,
                    tell=lambda line: typer.echo(line, err=True),
                )
            if records[claim.claim].not_measured:
                tell(f"{claim.claim} is not measured: {records[claim.claim].not_measured}")
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {runs}", err=True)
        sys.exit(130)
    shipped = [read_claim(name) for name in claim_names()]
    others = {r.claim.claim: r for r in read_records(shipped, runs, fast) if r.claim.claim not in records}
    every = {**{claim.claim: others.get(claim.claim) or records[claim.claim] for claim in shipped}, **records}
    figures = [summarise_or_keep(record, earlier.get(name)) for name, record in every.items()]
    page = write_page(figures, output, fast)
    typer.echo(f"{page}: {sum(not r.not_measured for r in records.values())} of {len(records)} claims measured")
    if any(r.not_measured and not r.not_measured.startswith("needs ") for r in records.values()):
        raise typer.Exit(1)
