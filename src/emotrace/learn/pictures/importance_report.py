"""Write what was found of features: ``importance.html``, ``report.json`` and the pictures, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotrace.learn._folder import replacing_contents
from emotrace.learn.explore.explore import Stage
from emotrace.learn.pictures._album import draw_album
from emotrace.learn.pictures.explore_report import PICTURES, to_json
from emotrace.learn.pictures.importance import draw_importance, draw_selection, draw_sexes
from emotrace.learn.pictures.pages.importance import write_importance_page
from emotrace.learn.pictures.tree import draw_tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE, REPORT = "importance.html", "report.json"


def write_importance_report(facts: Mapping[str, Any], folder: Path, stage: Stage, also_svg: bool = False) -> Path:
    """Draw and write everything.

    Parameters
    ----------
    facts
        What `emotrace.learn.explore.importance.measure_importance` gave, with ``source`` and ``feature_set``.
    folder
        Where to; made if it is not there. Other files in it are left alone.
    stage
        Tells of progress.
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
    album = _album(facts)
    with replacing_contents(folder) as made:
        pictures = draw_album(album, made / PICTURES, stage, also_svg)
        (made / REPORT).write_text(to_json(facts), encoding="utf-8")
        with (made / PAGE).open("w", encoding="ascii", newline="\n") as stream:
            write_importance_page(stream, facts, pictures)
    return folder / PAGE


def _album(facts: Mapping[str, Any]) -> dict[str, Callable[[], Figure]]:
    groups = facts["groups"]
    album: dict[str, Callable[[], Figure]] = {
        "selection": partial(draw_selection, groups, facts["n_features"]),
        **{f"importance-{name}": partial(draw_importance, group["features"]) for name, group in groups.items()},
    }
    album |= {
        f"tree-{name}": partial(draw_tree, group["tree"]) for name, group in groups.items() if "tree" in group
    }
    if "female" in groups:
        album["sexes"] = partial(draw_sexes, groups["female"]["features"], groups["male"]["features"])
    return album
