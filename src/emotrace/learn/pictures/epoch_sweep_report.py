"""Write a sweep of epochs: ``sweep.json`` and ``sweep.png``, both or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emotrace.learn._folder import replacing_contents
from emotrace.learn.pictures._canvas import save_picture
from emotrace.learn.pictures.epoch_sweep import draw_epoch_sweep
from emotrace.learn.pictures.explore_report import to_json

REPORT, PICTURE = "sweep.json", "sweep.png"


def write_epoch_sweep(sweep: Mapping[str, Any], folder: Path, also_svg: bool = False) -> Path:
    """Write a sweep as `emotrace.learn.laboratory.epoch_sweep.sweep_epochs` gives it; give the picture's path.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    MissingExtraError
        Without matplotlib.
    """
    figure = draw_epoch_sweep(sweep)
    with replacing_contents(folder) as made:
        (made / REPORT).write_text(to_json(sweep), encoding="utf-8")
        save_picture(figure, made / PICTURE)
        if also_svg:
            save_picture(figure, (made / PICTURE).with_suffix(".svg"))
    return folder / PICTURE
