"""``emotrace report``: pictures of judging, several runs side by side, and every mistake to listen to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EMBED_MEGABYTES = 10.0


def command(
    judged: Annotated[
        list[Path],
        typer.Argument(
            metavar="JUDGED_DIR",
            help="Folders of `emotrace evaluate`, or of runs of `emotrace reproduce`: DIR/runs/R6/...",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the report.")],
    embed: Annotated[
        float,
        typer.Option(
            metavar="MB",
            min=0.0,
            help="So much sound goes into the page, the surest mistakes first; others are linked.",
        ),
    ] = EMBED_MEGABYTES,
    svg: Annotated[bool, typer.Option("--svg", help="Write every picture as SVG too.")] = False,
) -> None:
    """Draw what judging found: report.html, pictures and facts.json.

    Confusion, ROC and precision-recall, reliability, recall by speaker, sex and intensity, learning curves where
    the folder has a history.json, all runs side by side, and the misclassified clips, to be filtered and played.
    """
    from emotrace.cli._output import require_folder
    from emotrace.cli._progress import ProgressLine
    from emotrace.errors import UsageError
    from emotrace.learn.explore.judged import read_judged
    from emotrace.learn.pictures import require_plotting
    from emotrace.learn.pictures.judged_report import write_judged_report

    require_plotting()
    require_folder(output)
    runs = read_judged(judged)
    if any(output.resolve() == folder.resolve() for folder in judged):
        raise UsageError(f"--output {output} is a judged folder itself; choose another one")
    page = write_judged_report(runs, output, ProgressLine, round(embed * 1e6), svg)
    n_wrong = sum(not answer.is_right for run in runs for answer in run.answers)
    n = sum(len(run.answers) for run in runs)
    typer.echo(f"{page}: {len(runs)} {'run' if len(runs) == 1 else 'runs'}, {n_wrong} of {n} answers wrong")
