"""An album: pictures by name, not drawn yet; and drawing all of it into a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from emotrace.learn.explore.explore import Stage
from emotrace.learn.pictures._canvas import save_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Album = dict[str, Callable[[], "Figure"]]


def draw_album(
    album: Mapping[str, Callable[[], Figure]], folder: Path, stage: Stage, also_svg: bool = False
) -> dict[str, bytes]:
    """Draw every picture as PNG into a new ``folder``, as SVG too if wanted; give the PNGs by name."""
    pictures: dict[str, bytes] = {}
    folder.mkdir()
    with stage("drawing") as progress:
        for n_done, (name, draw) in enumerate(album.items(), start=1):
            figure, path = draw(), folder / f"{name}.png"
            save_picture(figure, path)
            pictures[name] = path.read_bytes()
            if also_svg:
                save_picture(figure, path.with_suffix(".svg"))
            progress(n_done, len(album))
    return pictures
