"""``emotrace robustness``: what noise, rooms, telephones, codecs, levels, speeds and short clips cost a model."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from emotrace.cli._robustness import Hear, Heard, Parts
    from emotrace.learn.robustness.conditions import Condition

_PICTURES = (".png", ".svg", ".pdf")


def command(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A bundle's folder or zip, or a shipped name: default, open.")
    ],
    manifest: Annotated[
        list[Path], typer.Argument(metavar="MANIFEST", help="Labelled speech; see `emotrace corpus scan`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.json", help="Where the figures go.")],
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Judge only speakers that the bundle has never heard.")
    ] = False,
    assume_unheard: Annotated[
        bool,
        typer.Option("--assume-unheard", help="Vouch that clips without a speaker are of people it never heard."),
    ] = False,
    limit_per_speaker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[CORPUS=]N", help="At most so many clips of each speaker, emotions evenly; may be repeated."
        ),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option("--condition", "-c", metavar="NAME", help="Only this condition, and clean; may be repeated."),
    ] = None,
    non_speech: Annotated[
        bool, typer.Option("--non-speech/--no-non-speech", help="Count emotions in sounds that are not speech.")
    ] = True,
    sounds: Annotated[int, typer.Option(metavar="N", min=1, help="Sounds of 30 s of each kind.")] = 20,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it too: .png, .svg or .pdf (extra 'plot').")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of noises, echoes, sounds and the choice of clips.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; default: all cores.")] = None,
) -> None:
    """Judge a bundle on altered copies of labelled speech, and on sounds in which nobody speaks.

    Every copy is compared with its recording: white noise and babble at 20, 10 and 5 dB, room and hall, telephone,
    MP3 and Opus at a low rate, -30, -10 and +10 dB, clipping, 10 % slower and faster, 2 and 1 seconds.

    An interrupted run goes on where it was when the same command is started again.
    """
    from emotrace.cli import _judging
    from emotrace.cli._output import open_output, refuse_to_overwrite, tell
    from emotrace.cli._robustness import Hear, Parts, make_clips
    from emotrace.cli._robustness_report import make_report
    from emotrace.cli._robustness_view import show
    from emotrace.hear.recognizer import load
    from emotrace.learn._processes import usable_cores
    from emotrace.learn.robustness.alter import why_impossible
    from emotrace.learn.robustness.conditions import choose_conditions
    from emotrace.learn.robustness.sample import choose_clips, parse_limits
    from emotrace.manifest import read_manifest

    conditions, limits = choose_conditions(condition or ()), parse_limits(limit_per_speaker or ())
    _require_files(output, picture)
    recogniser = load(bundle, labels="all")
    utterances = [u for path in manifest for u in read_manifest(path)]
    if held_out:
        utterances = _judging.held_out(recogniser.bundle.card, utterances)
    _judging.refuse_known_speakers(recogniser.bundle.card, utterances, assume_unheard)
    refuse_to_overwrite(output, (u.file for u in utterances))
    chosen = choose_clips(utterances, limits, seed)
    clips = make_clips(chosen, _judging.own_labels(recogniser.bundle.card, utterances))
    refused = {c.name: reason for c in conditions if (reason := why_impossible(c)) is not None}
    possible = [c for c in conditions if c.name not in refused]
    parts = Parts(output, recogniser, clips, seed, sounds)
    hear = Hear(bundle, clips, seed, sounds if non_speech else 0)
    heard = _listen(hear, possible, jobs or usable_cores(), parts)
    report = make_report(recogniser, chosen, hear, heard, possible, refused, limits)
    with open_output(output) as stream:
        json.dump(report, stream, indent=1, ensure_ascii=False, allow_nan=False)
        stream.write("\n")
    parts.remove()
    if picture is not None:
        _draw(report, picture)
    show(report)
    for clip in report["unusable"]:
        tell(clip["reason"])
    typer.echo(f"Report: {output}", err=True)
    if report["unusable"]:
        sys.exit(1)


def _listen(hear: Hear, conditions: Sequence[Condition], n_jobs: int, parts: Parts) -> Heard:
    from emotrace.cli._output import tell
    from emotrace.cli._progress import ProgressLine

    try:
        with ProgressLine("listening") as progress:
            return hear.all(conditions, n_jobs, parts, progress)
    except KeyboardInterrupt:
        if parts.folder.is_dir():
            tell(f"what has been heard is kept in {parts.folder}; the same command goes on from there")
        raise


def _require_files(output: Path, picture: Path | None) -> None:
    """Raise before any work is done if what comes of it could not be written."""
    from emotrace.cli._output import require_folder
    from emotrace.errors import EmotraceError, UsageError
    from emotrace.learn.pictures import require_plotting

    require_folder(output.parent)
    if output.is_dir():
        raise EmotraceError(f"cannot write {output}: it is a folder; give a file name such as robustness.json")
    if picture is None:
        return
    if picture.suffix.lower() not in _PICTURES:
        raise UsageError(f"--picture {picture} must end with {', '.join(_PICTURES)}")
    require_folder(picture.parent)
    require_plotting()


def _draw(report: dict[str, Any], path: Path) -> None:
    from emotrace.errors import EmotraceError
    from emotrace.learn.pictures import save_picture
    from emotrace.learn.pictures.robustness import draw_robustness

    try:
        save_picture(draw_robustness(report), path)
    except OSError as error:
        raise EmotraceError(f"cannot write {path}: {error.strerror or error}") from None
