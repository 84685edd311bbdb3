"""Options that several commands share."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import typer

from emotrace.audio.limits import Limits
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
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to the terminal.")
]
MaxSeconds = Annotated[float | None, typer.Option(metavar="S", help="Refuse recordings longer than this.")]
MaxBytes = Annotated[int | None, typer.Option(metavar="N", help="Refuse files larger than this.")]
Corpora = Annotated[
    Path | None,
    typer.Option(
        "--corpora",
        envvar="EMOTRACE_CORPORA",
        metavar="DIR",
        help="Folder with one sub-folder per corpus.",
    ),
]


class PredictionFormat(str, Enum):
    """What `emotrace predict` can write."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


class TimelineFormat(str, Enum):
    """What `emotrace analyze` can write."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    rttm = "rttm"
    textgrid = "textgrid"
    audacity = "audacity"
    vtt = "vtt"
    emotionml = "emotionml"


def parse_channel(text: str) -> int | Literal["mix"]:
    """Read a channel: a number counted from 0, or ``mix``."""
    if text == "mix":
        return "mix"
    # A longer one is no channel of anything, and may be too long even for a number.
    if not text.isdecimal() or len(text) > 9:
        raise UsageError(f"--channel is '{text}'; it must be mix or a number counted from 0")
    return int(text)


def limits(max_seconds: float | None, max_bytes: int | None) -> Limits:
    """Give the default limits with those replaced that the user has set."""
    given = {"max_seconds": max_seconds, "max_bytes": max_bytes}
    return Limits(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
