"""``emotrace sweep``: what more epochs bring, as claimed and speaker-independent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from emotrace.cli import _options as options
from emotrace.errors import MissingExtraError, UsageError

EPOCHS = "5,10,15,25"


def command(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for checkpoints, sweep.json and sweep.png."),
    ],
    claim: Annotated[
        str, typer.Argument(metavar="[ID]", help="A claim with a neural network, or a TOML file of your own.")
    ] = "R3",
    epochs: Annotated[
        str | None, typer.Option(metavar="N,N,...", help=f"After which epochs it is judged; default: {EPOCHS}.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of the claim's networks; default: its first one.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of division and network.")] = 0,
    fast: Annotated[bool, typer.Option("--fast", help="A few clips, two epochs: does all work?")] = False,
    svg: Annotated[bool, typer.Option("--svg", help="Write the picture as SVG too.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that extract features.")] = 1,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep features that were computed before.")
    ] = False,
    corpora: options.Corpora = None,
) -> None:
    """Judge a network of a published claim after 5, 10, 15 and 25 epochs: sweep.json and sweep.png.

    Trained twice, with the claim's division and with whole speakers held out, and the tested clips are judged
    after every epoch. Interrupted? The same command goes on.
    """
    from emotrace.cli._laboratory import refuse_missing_corpora
    from emotrace.cli._output import require_folder, warn_in_one_line
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn.pictures import require_plotting

    refuse_missing_corpora(corpora)
    try:
        from emotrace.learn.laboratory.epoch_sweep import SMALL_EPOCHS, SWEEP_EPOCHS, sweep_epochs
        from emotrace.learn.pictures.epoch_sweep_report import write_epoch_sweep
    except ImportError as error:
        raise MissingExtraError(f"sweeping epochs (no module '{error.name}')", "train") from None
    wanted = _read_epochs(epochs) if epochs is not None else SMALL_EPOCHS if fast else SWEEP_EPOCHS
    require_plotting()
    require_folder(output)
    try:
        with warn_in_one_line(), ProgressLine(f"sweeping {claim}") as progress:
            sweep = sweep_epochs(
                claim,
                corpora,
                wanted,
                model=network,
                folder=output / "runs",
                seed=seed,
                is_small=fast,
                n_jobs=jobs,
                cache=not no_cache,
                progress=progress,
            )
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {output / 'runs'}", err=True)
        sys.exit(130)
    picture = write_epoch_sweep(sweep, output, svg)
    for variant, found in sweep["variants"].items():
        typer.echo(_line(variant, found))
    typer.echo(picture)


def _read_epochs(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")]
    # A longer number is no number of epochs of anything.
    if not all(word.isdecimal() and len(word) <= 6 and int(word) > 0 for word in words):
        raise UsageError(
            f"--epochs is '{text}'; it must be whole numbers from 1, joined by commas, such as {EPOCHS}"
        )
    return tuple(int(word) for word in words)


def _line(variant: str, found: dict[str, Any]) -> str:
    told = ", ".join(f"{line['accuracy']:.3f} after {line['epoch']}" for line in found["at"])
    return f"{variant}{' (leaky)' if found['is_leaky'] else ''}, accuracy on {found['n_test']} clips: {told}"
