"""Write what judging found: ``report.html``, ``facts.json`` and the pictures, all of them or nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from emotrace.errors import AudioError, MissingExtraError
from emotrace.learn._folder import replacing_contents
from emotrace.learn.explore.explore import Stage
from emotrace.learn.explore.judged import Answer, Judged
from emotrace.learn.explore.judged_facts import compare_runs, judged_facts, wrong_answers
from emotrace.learn.pictures._album import Album, draw_album
from emotrace.learn.pictures._judged_album import file_prefix, judged_album
from emotrace.learn.pictures._sound import Sound, load_sound
from emotrace.learn.pictures.comparison import draw_comparison
from emotrace.learn.pictures.explore_report import FACTS, PICTURES, to_json
from emotrace.learn.pictures.pages._judged_review import Review
from emotrace.learn.pictures.pages.judged import write_judged_page
from emotrace.types import Segment

PAGE = "report.html"


def write_judged_report(
    runs: Sequence[Judged], folder: Path, stage: Stage, embed_bytes: int, also_svg: bool = False
) -> Path:
    """Draw and write everything.

    Parameters
    ----------
    runs
        At least one.
    folder
        Where to; made if it is not there. Other files in it are left alone.
    stage
        Tells of progress.
    embed_bytes
        How much sound the page holds: the surest mistakes first. Recordings beyond that are linked to.
    also_svg
        Whether every picture is written as SVG too.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    MissingExtraError
        Without matplotlib.
    """
    facts = [judged_facts(run) for run in runs]
    comparison = compare_runs(runs, facts) if len(runs) > 1 else None
    album: Album = {}
    if comparison is not None:
        album["comparison"] = partial(draw_comparison, comparison)
    for place, (run, found) in enumerate(zip(runs, facts, strict=True), start=1):
        sexes = {answer.speaker: answer.sex for answer in run.answers}
        prefix = file_prefix(place, run.name) if len(runs) > 1 else ""
        album |= {f"{prefix}{name}": draw for name, draw in judged_album(found, sexes).items()}
    review = _review(runs, folder, stage, embed_bytes)
    with replacing_contents(folder) as made:
        pictures = draw_album(album, made / PICTURES, stage, also_svg)
        numbers: dict[str, Any] = {"runs": facts, "comparison": comparison}
        (made / FACTS).write_text(to_json(numbers), encoding="utf-8")
        with (made / PAGE).open("w", encoding="ascii", newline="\n") as stream:
            write_judged_page(stream, facts, comparison, pictures, review)
    return folder / PAGE


def _review(runs: Sequence[Judged], folder: Path, stage: Stage, embed_bytes: int) -> list[Review]:
    """Gather the mistakes of all runs, the surest first, with as much sound as is wanted."""
    wrong = sorted(
        ((run.name, answer) for run in runs for answer in wrong_answers(run)),
        key=lambda pair: -(pair[1].confidence or 0.0),
    )
    sounds: dict[tuple[Any, ...], Sound | None] = {}
    n_bytes = 0
    with stage("listening") as progress:
        for n_done, (_, answer) in enumerate(wrong, start=1):
            key = (answer.file, answer.start, answer.end)
            if key not in sounds and n_bytes < embed_bytes:
                sounds[key] = _load(answer)
                # As text in a page they are a third larger.
                n_bytes += len(sounds[key].data) * 4 // 3 if sounds[key] else 0  # type: ignore[union-attr]
            progress(n_done, len(wrong))
    return [
        Review(name, answer, sounds.get((answer.file, answer.start, answer.end)), _address(answer, folder))
        for name, answer in wrong
    ]


def _load(answer: Answer) -> Sound | None:
    segment = None if answer.start is None or answer.end is None else Segment(answer.start, answer.end)
    try:
        return load_sound(answer.file, segment)
    except (AudioError, MissingExtraError):
        return None


def _address(answer: Answer, folder: Path) -> str | None:
    """Give the recording's address relative to the page, as both may be moved together; None if it is gone."""
    if not Path(answer.file).is_file():
        return None
    try:
        relative = os.path.relpath(os.path.realpath(answer.file), os.path.realpath(folder))
    except ValueError:
        # On another drive.
        return Path(answer.file).resolve().as_uri()
    address = "./" + quote(relative.replace(os.sep, "/"), safe="/", errors="surrogateescape")
    return address if answer.start is None else f"{address}#t={answer.start:g},{answer.end:g}"
