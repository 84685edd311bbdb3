"""A recording's timelines as files to be saved: one of every format that the command line writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from emotrace.registry import load
from emotrace.server.uploads.formats import format_names
from emotrace.types import Timeline

_LONGEST_STEM = 80
_TITLES = {
    "json": "JSON",
    "jsonl": "JSON lines",
    "csv": "CSV",
    "vtt": "WebVTT",
    "emotionml": "EmotionML",
    "table": "Text",
    "audacity": "Audacity",
    "rttm": "RTTM",
    "textgrid": "TextGrid",
}


class Download(NamedTuple):
    """A file to be saved, what to call its format, and what the format is."""

    path: Path
    title: str
    description: str


def write_downloads(timelines: Sequence[Timeline], recording: str, folder: Path) -> list[Download]:
    """Write the timelines of a recording into ``folder``, in every format for timelines, named after it."""
    return [_write(timelines, recording, folder, name) for name in format_names("analyze")]


def _write(timelines: Sequence[Timeline], recording: str, folder: Path, name: str) -> Download:
    module = load("format", name)
    # Two formats end in .txt.
    mark = "" if module.SUFFIX != ".txt" else f"-{name}"
    path = folder / f"{_stem(recording)}-emotions{mark}{module.SUFFIX}"
    with path.open("w", encoding="utf-8", newline="") as stream:
        module.write_timelines(timelines, stream)
    return Download(path, _TITLES.get(name, name), module.DESCRIPTION)


def _stem(recording: str) -> str:
    """Give a recording's name without its ending, in letters that every file system has.

    >>> _stem("../Müller & Söhne.call 2.wav"), _stem("...")
    ('Müller_Söhne.call_2', 'recording')
    """
    plain = re.sub(r"[^\w.-]+", "_", Path(recording).stem).strip("._-")
    return plain[:_LONGEST_STEM] or "recording"
