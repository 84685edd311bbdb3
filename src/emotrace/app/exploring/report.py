"""The whole report on a shelf, as ``emotrace explore`` makes it, in a process of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from emotrace.app.exploring.shelf import Shelf
from emotrace.app.own_command import run_command
from emotrace.errors import UsageError
from emotrace.manifest import write_manifest

SECONDS = 3600.0
MOST_SHOWN_BYTES = 48 << 20
"""Larger pages are given to be saved, not shown."""


async def write_report(shelf: Shelf, sample: int, folder: Path) -> tuple[Path, list[str]]:
    """Write the page into a new folder below ``folder``; give it and what was remarked.

    Raises
    ------
    UsageError
        If the clips are not on disk, or are of unknown emotion.
    gradio.Error
        With the command's own line on what is wrong.
    """
    if not shelf.is_on_disk:
        raise UsageError("the report is on labelled clips; choose a corpus or your own folder above")
    labelled = [utterance for utterance in shelf.utterances if utterance.emotion]
    if not labelled:
        raise UsageError(
            "no clip's emotion is known; name the folders after emotions, or give a manifest with a column "
            "'emotion'"
        )
    own = Path(tempfile.mkdtemp(dir=folder))
    try:
        manifest = own / f"{_stem(shelf.title)}.csv"
        write_manifest(labelled, manifest)
        # One process, no cache: others use the app meanwhile, and nothing is kept.
        arguments = [
            "explore",
            str(manifest),
            "-o",
            str(own / "report"),
            f"--sample={sample}",
            "--jobs=1",
            "--no-cache",
        ]
        remarks = await run_command(arguments, SECONDS)
        page = own / f"{manifest.stem}-explored.html"
        shutil.move(own / "report" / "explore.html", page)
        shutil.rmtree(own / "report")
        manifest.unlink()
    except BaseException:
        shutil.rmtree(own, ignore_errors=True)
        raise
    return page, remarks


def _stem(title: str) -> str:
    plain = "".join(letter if letter.isalnum() else "-" for letter in title)
    return plain.strip("-")[:60] or "clips"
