"""``emotrace explore``: what a corpus is, whether it is sound, how it sounds, what sets its emotions apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SAMPLE = 1500
"""Enough that no picture changes with more, and a few minutes of one core."""


def command(
    manifest: Annotated[
        list[Path], typer.Argument(metavar="MANIFEST", help="Labelled speech; see `emotrace corpus scan`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the report.")],
    sample: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Features and pitch of so many clips, spread over speakers; 0 for all."
        ),
    ] = SAMPLE,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Another seed, another sample.")] = 0,
    svg: Annotated[bool, typer.Option("--svg", help="Write every picture as SVG too.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; default: all cores.")] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep features that were computed before.")
    ] = False,
) -> None:
    """Look at labelled speech from all sides: explore.html, pictures and facts.json.

    The page holds everything within itself, clips to listen to as well: mind the corpus's licence before you pass
    it on. Counts, checks, lengths and levels are of all clips.
    """
    import numpy as np

    from emotrace import registry
    from emotrace.cli._output import require_folder, tell, warn_in_one_line
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn._processes import usable_cores
    from emotrace.learn.explore import explore
    from emotrace.learn.pictures import require_plotting
    from emotrace.learn.pictures.explore_report import write_explore_report
    from emotrace.manifest import read_manifest
    from emotrace.plural import plural

    require_plotting()
    require_folder(output)
    utterances = [utterance for path in manifest for utterance in read_manifest(path)]
    named = {utterance.corpus for utterance in utterances}
    known = [registry.load("corpus", name).CORPUS for name in registry.names("corpus") if name in named]
    with warn_in_one_line():
        exploration = explore(
            utterances,
            known,
            sample=sample or len(utterances),
            rng=np.random.default_rng(seed),
            stage=ProgressLine,
            n_jobs=jobs or usable_cores(),
            cache=not no_cache,
        )
    title = _title([path.stem for path in manifest], [corpus.title for corpus in known])
    page = write_explore_report(exploration, title, output, ProgressLine, svg)
    for reason in exploration.facts["unusable"]:
        tell(reason)
    n = exploration.facts["n_usable"]
    left_out = exploration.facts["n_clips"] - n
    typer.echo(f"{page}: {n} {plural(n, 'clip')}" + (f", {left_out} left out" if left_out else ""))


def _title(manifests: list[str], corpora: list[str]) -> str:
    return " + ".join(corpora or manifests)
