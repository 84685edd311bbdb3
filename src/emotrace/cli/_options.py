"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from emotrace.audio.limits import Limits
from emotrace.cli._formats import FormatName
from emotrace.errors import UsageError

Model = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="BUNDLE", help="A bundle's folder or zip; default: the shipped one."),
]
Labels = Annotated[
    str | None,
    typer.Option(
        "--labels",
        "-l",
        metavar="PRESET",
        help="big6+neutral, ravdess8, call4, shared4, all ..., or emotions joined by commas.",
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        "-b",
        metavar="FILE",
        help="10 to 30 s of the person's ordinary voice: what is heard in it anyway is taken back.",
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to the terminal.")
]
MaxSeconds = Annotated[float | None, typer.Option(metavar="S", help="Refuse recordings longer than this.")]
MaxBytes = Annotated[int | None, typer.Option(metavar="N", help="Refuse files larger than this.")]
MaxChannels = Annotated[int | None, typer.Option(metavar="N", help="Refuse recordings with more channels.")]
MinRate = Annotated[int | None, typer.Option(metavar="HZ", help="Refuse lower sampling rates.")]
MaxRate = Annotated[int | None, typer.Option(metavar="HZ", help="Refuse higher sampling rates.")]
Corpora = Annotated[
    Path | None,
    typer.Option(
        "--corpora",
        envvar="EMOTRACE_CORPORA",
        metavar="DIR",
        help="Folder with one sub-folder per corpus.",
    ),
]
SearchJobs = Annotated[
    int, typer.Option("--jobs", "-j", min=1, help="Processes that seek parameters, of a recipe with \\[search].")
]
PredictionFormat = Annotated[
    str,
    typer.Option("--format", "-f", click_type=FormatName("write_predictions"), help="How to write the result."),
]
TimelineFormat = Annotated[
    str, typer.Option("--format", "-f", click_type=FormatName("write_timelines"), help="How to write the result.")
]


def parse_channel(text: str) -> int | Literal["mix"]:
    """Read a channel: a number counted from 0, or ``mix``."""
    if text == "mix":
        return "mix"
    # A longer one is no channel of anything, and may be too long even for a number.
    if not text.isdecimal() or len(text) > 9:
        raise UsageError(f"--channel is '{text}'; it must be mix or a number counted from 0")
    return int(text)


def limits(
    max_seconds: float | None,
    max_bytes: int | None,
    max_channels: int | None,
    min_rate: int | None,
    max_rate: int | None,
) -> Limits:
    """Give the default limits with those replaced that the user has set."""
    given = {
        "max_seconds": max_seconds,
        "max_bytes": max_bytes,
        "max_channels": max_channels,
        "min_sampling_rate": min_rate,
        "max_sampling_rate": max_rate,
    }
    return Limits(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
