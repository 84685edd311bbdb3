"""``emotrace evaluate``: judge a bundle on labelled speech."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    bundle: Annotated[
        str,
        typer.Argument(metavar="BUNDLE", help="A bundle's folder or zip, or a shipped name: default, open, sex."),
    ],
    manifest: Annotated[
        list[Path], typer.Argument(metavar="MANIFEST", help="Labelled speech; see `emotrace corpus scan`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the report.")],
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Judge only speakers that the bundle has never heard.")
    ] = False,
    assume_unheard: Annotated[
        bool,
        typer.Option("--assume-unheard", help="Vouch that clips without a speaker are of people it never heard."),
    ] = False,
) -> None:
    """Judge a bundle on speakers it has never heard: report.json and predictions.csv.

    If the manifest holds speakers that the bundle was trained or tuned on, this fails, unless --held-out
    leaves them out. A bundle of speakers' sex is judged by the manifest's column sex.
    """
    from emotrace.bundle import load_bundle
    from emotrace.cli import _judging
    from emotrace.cli._output import require_folder
    from emotrace.manifest import read_manifest

    require_folder(output)
    judged = load_bundle(bundle)
    recogniser = _judging.recogniser_of(judged)
    utterances = [u for path in manifest for u in read_manifest(path)]
    if held_out:
        utterances = _judging.held_out(judged.card, utterances)
    _judging.refuse_known_speakers(judged.card, utterances, assume_unheard)
    judgement = _judging.judge_into(output, recogniser, utterances)
    typer.echo(f"Report: {output / 'report.json'}", err=True)
    if judgement.unusable:
        sys.exit(1)
