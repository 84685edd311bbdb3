"""``emotrace importance``: which features matter, for whom, and how few of them would do."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emotrace.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from emotrace.learn.table import FeatureTable

KEEP = 20


class By(str, Enum):
    """Into what the speakers are divided."""

    sex = "sex"


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE|MANIFEST", help="Labelled speech of named speakers, or features of it (.parquet, .csv)."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the report.")],
    set_name: Annotated[
        str | None,
        typer.Option(
            "--set",
            "-s",
            metavar="NAME",
            help="Extract this feature set; default: the columns of a table by `emotrace features extract`.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="random-forest, extra-trees, gradient-boosting, light-gbm or tree, which is drawn.",
        ),
    ] = "random-forest",
    by: Annotated[By | None, typer.Option("--by", help="Measure women and men by themselves too.")] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            "-k",
            metavar="N",
            min=1,
            help=f"How many features to keep; default: {KEEP}, of few a quarter.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            "-l",
            metavar="PRESET",
            help="Only clips of these: ravdess7, call4 ..., or joined by commas.",
        ),
    ] = None,
    folds: Annotated[int, typer.Option(metavar="N", min=2, help="Folds of speakers; fewer if speakers are.")] = 6,
    repeats: Annotated[int, typer.Option(metavar="N", min=1, help="How often each feature is shuffled.")] = 5,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of folds, models and shuffling.")] = 0,
    svg: Annotated[bool, typer.Option("--svg", help="Write every picture as SVG too.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; default: all cores.")] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep features that were computed before.")
    ] = False,
) -> None:
    """Measure which features a model leans on: importance.html, pictures and report.json.

    Twice over: by the model's own word, and by what is lost on speakers it never heard when a feature is shuffled.
    Then the best few are kept, chosen on training speakers alone, and what that costs is told. Interrupted? The
    same command goes on.
    """
    from emotrace.cli._output import require_folder, tell
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn._processes import usable_cores
    from emotrace.learn.pictures import require_plotting

    try:
        from emotrace.learn.explore.importance import Settings, measure_importance
        from emotrace.learn.explore.importance_facts import summarise
        from emotrace.learn.pictures.importance_report import write_importance_report
    except ImportError as error:
        raise MissingExtraError(f"measuring importance (no module '{error.name}')", "train") from None
    settings = Settings(model, by is By.sex, keep or KEEP, n_folds=folds, n_repeats=repeats, seed=seed)
    require_plotting()
    require_folder(output)
    n_jobs = jobs or usable_cores()
    table = _features(source, set_name, n_jobs, cache=not no_cache)
    for reason in [clip.reason for clip in table.unusable]:
        tell(reason)
    chosen = table if labels is None else _keep_labels(table, labels)
    if keep is None and len(table.names) <= KEEP:
        settings = replace(settings, k=max(1, len(table.names) // 4))
    try:
        with ProgressLine(f"measuring {model}") as progress:
            facts = measure_importance(chosen, settings, folder=output, n_jobs=n_jobs, progress=progress)
    except KeyboardInterrupt:
        typer.echo(f"emotrace: interrupted; the same command goes on from {output}", err=True)
        sys.exit(130)
    told = {"source": source.stem, "feature_set": set_name or source.stem, "label_preset": labels, **facts}
    page = write_importance_report(told, output, ProgressLine, svg)
    typer.echo(f"{page}: {summarise(facts)}")


def _features(source: Path, set_name: str | None, n_jobs: int, cache: bool) -> FeatureTable:
    from emotrace.cli._output import warn_in_one_line
    from emotrace.cli._progress import ProgressLine
    from emotrace.errors import ManifestError
    from emotrace.learn.table import extract_table, read_table
    from emotrace.learn.table.extract import require_rows
    from emotrace.manifest import read_manifest

    if set_name is None:
        try:
            return read_table(source)
        except ManifestError as error:
            raise ManifestError(f"{error}; or name the features to extract from a manifest with --set") from None
    require_rows(set_name)
    utterances = read_manifest(source)
    with warn_in_one_line(), ProgressLine(f"extracting {set_name}") as progress:
        return extract_table(utterances, set_name, n_jobs=n_jobs, cache=cache, progress=progress)


def _keep_labels(table: FeatureTable, preset: str) -> FeatureTable:
    from emotrace.labels import EMOTIONS, preset_labels

    wanted = preset_labels(preset, EMOTIONS)
    rows = [row for row, utterance in enumerate(table.utterances) if utterance.emotion in wanted]
    if not rows:
        there = sorted({utterance.emotion for utterance in table.utterances})
        raise UsageError(
            f"--labels {preset}: no clip has one of {', '.join(wanted)}; there are {', '.join(there)}"
        )
    return replace(table, matrix=table.matrix[rows], utterances=tuple(table.utterances[row] for row in rows))
