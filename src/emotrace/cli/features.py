"""``emotrace features``: what can be measured, and tables of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotrace.cli import _options as options
from emotrace.errors import UsageError
from emotrace.plural import plural

if TYPE_CHECKING:
    from emotrace.learn.table import FeatureTable, Unusable

command = typer.Typer(help="List feature sets, make tables of features.", no_args_is_help=True)


class Format(str, Enum):
    """How a result is printed."""

    table = "table"
    json = "json"


@command.command("list")
def list_sets(
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")] = Format.table,
) -> None:
    """List the feature sets: functionals give a row per clip, lld a row per frame, image a picture.

    Where a name goes on after a colon, a parameter stands there: smile:eGeMAPSv02.
    """
    sets = _sets()
    if format is Format.json:
        typer.echo(json.dumps(sets, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "level", "size", "Hz", "what")
    for column in table.columns[1:4]:
        column.no_wrap = True
    # Names with a parameter are long: they are broken, and what a set is stays readable on a narrow screen.
    table.columns[0].max_width, table.columns[0].overflow = 20, "fold"
    for row in sets:
        table.add_row(
            *("" if row[key] is None else str(row[key]) for key in ("name", "level", "size", "rate", "what"))
        )
    Console().print(table)


@command.command()
def extract(
    manifest: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet table of utterances.")],
    set_name: Annotated[
        str, typer.Option("--set", "-s", metavar="NAME", help="A feature set of level functionals.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write: .parquet or .csv.")
    ],
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; default: all cores.")] = None,
    trim_db: Annotated[
        float | None,
        typer.Option(metavar="DB", help="Cut off ends this far below a clip's loudest frame; default: keep them."),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep what was computed before.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="End with 0 although clips had to be left out.")
    ] = False,
) -> None:
    """Make a table of features: the manifest's columns, then one column for each feature.

    Clips that cannot be used are left out and told by name; the exit code is then 1. Interrupted? The same command
    goes on: features are kept in $EMOTRACE_CACHE (or the system's folder for caches) under the content of the
    audio and of the code.
    """
    from emotrace.cli._output import refuse_to_overwrite, require_folder, warn_in_one_line
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn._processes import usable_cores
    from emotrace.learn.table import extract_table, write_table
    from emotrace.learn.table.extract import require_rows
    from emotrace.learn.table.file import require_ending
    from emotrace.manifest import read_manifest

    if trim_db is not None and not trim_db > 0:
        raise UsageError(f"--trim-db is {trim_db:g}; it must be above 0")
    require_ending(output)
    refuse_to_overwrite(output, [manifest], "the table of the recordings to be heard")
    require_folder(output.parent)
    require_rows(set_name)
    utterances = read_manifest(manifest)
    refuse_to_overwrite(output, {utterance.file for utterance in utterances})
    try:
        with warn_in_one_line(), ProgressLine(f"extracting {set_name}") as progress:
            table = extract_table(
                utterances,
                set_name,
                trim_db=trim_db,
                n_jobs=jobs or usable_cores(),
                cache=not no_cache,
                progress=progress,
            )
    except KeyboardInterrupt:
        lost = "" if no_cache else "; the same command goes on from here"
        typer.echo(f"emotrace: interrupted{lost}", err=True)
        sys.exit(130)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, output)
    typer.echo(_summary(table, output))
    if table.unusable:
        _tell_unusable(table.unusable, skip_bad)
        if not skip_bad:
            raise typer.Exit(1)


@command.command()
def pack(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="'default', 'open', or a TOML file of your own.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the parts.")],
    corpora: options.Corpora = None,
) -> None:
    """Pack what a recipe is trained on into parts of less than 60 MiB, without the audio.

    Carry the folder to another machine, and train there: emotrace train RECIPE --pack DIR. Interrupted? The same
    command goes on.
    """
    from emotrace.cli._output import require_folder
    from emotrace.cli._progress import ProgressLine
    from emotrace.cli._training import read_packed_recipe, tell_stage

    plan = read_packed_recipe(recipe)
    require_folder(output)
    from emotrace.learn.training.carried import require_corpora_alone, write_carried
    from emotrace.learn.training.pack import versions_of
    from emotrace.learn.training.run import gather_with_content

    require_corpora_alone(plan.data)
    try:
        utterances = gather_with_content(plan.data, corpora, tell_stage)
        with ProgressLine("packing") as progress:
            parts = write_carried(output, utterances, versions_of(plan), corpora, progress)
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {output}", err=True)
        sys.exit(130)
    largest = max(part.stat().st_size for part in parts) / 2**20
    typer.echo(f"wrote {output}: {_clips(len(utterances))} in {len(parts)} parts, the largest {largest:.1f} MiB")


def _clips(n: int) -> str:
    return f"{n} {plural(n, 'clip')}"


def _summary(table: FeatureTable, output: Path) -> str:
    n_rows, n_features = table.matrix.shape
    return f"wrote {output}: {_clips(n_rows)}, {n_features} features"


def _tell_unusable(unusable: tuple[Unusable, ...], is_accepted: bool) -> None:
    from emotrace.cli._output import tell

    for reason, n in Counter(clip.reason for clip in unusable).items():
        tell(reason + (f" ({n} rows)" if n > 1 else ""))
    tell(f"left out: {_clips(len(unusable))}" + ("" if is_accepted else "; --skip-bad accepts that"))


def _sets() -> list[dict[str, Any]]:
    from emotrace import registry

    return [_facts(name, registry.load("feature set", name)) for name in registry.names("feature set")]


def _facts(name: str, module: Any) -> dict[str, Any]:
    what = (module.__doc__ or "").strip().split("\n\n")[0]
    facts = {"name": name, "level": None, "size": None, "rate": None, "what": " ".join(what.split())}
    if hasattr(module, "configure"):
        return {**facts, "name": f"{name}:{module.PARAMETER}", "level": "functionals"}
    size = " x ".join(map(str, getattr(module, "SHAPE", (len(module.NAMES),))))
    return {**facts, "level": module.LEVEL, "size": size, "rate": module.SAMPLING_RATE}
