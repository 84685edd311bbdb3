"""What all pictures share: paper, ink, the colours of emotions, and how a figure becomes a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emotrace.atomic import replacing
from emotrace.errors import MissingExtraError
from emotrace.labels import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

INK, SOFT, LINE, FAINT, PAPER = "#1c1e22", "#5b5f67", "#deddd7", "#eeede8", "#ffffff"
ACCENT = "#2a4d8f"
SEX_COLOURS = {"female": "#882255", "male": "#2a6f97", "unknown": "#999999"}
_INKS = ("#ffffff", "#f8e3bd", "#f0b27a", "#d9637a", "#8e2f86", "#43176b", "#10061f")
WIDTH = 10.4
"""Of a picture that fills a page, in inches."""
_DPI = 140
_N_COLOURS = 256
_SPARE = ("#5b8c85", "#a3663c", "#6b6ecf", "#b5657b", "#7a8f3a", "#4f7cac")

TITLE, LABEL, TICK = 10.0, 9.0, 8.5


def require_plotting() -> None:
    """Raise `MissingExtraError` unless matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtraError("drawing pictures", "plot") from None


def new_figure(width: float = WIDTH, height: float = 4.0, is_tight: bool = True) -> Figure:
    """Give an empty figure; sizes in inches.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    require_plotting()
    from matplotlib.figure import Figure

    return Figure(
        figsize=(width, height), layout="constrained" if is_tight else None, facecolor=PAPER, edgecolor=PAPER
    )


def dress(axes: Axes, title: str = "", x: str = "", y: str = "", grid: Literal["", "x", "y", "both"] = "") -> None:
    """Give axes their titles and a quiet frame."""
    axes.set_title(title, loc="left", fontsize=TITLE, color=INK, fontweight="bold", pad=7)
    axes.set_xlabel(x, fontsize=LABEL, color=SOFT)
    axes.set_ylabel(y, fontsize=LABEL, color=SOFT)
    axes.tick_params(labelsize=TICK, colors=SOFT, labelcolor=SOFT, length=3, width=0.7)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(LINE)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(True, axis=grid, color=FAINT, linewidth=0.9)


def legend(place: Axes | Figure, **settings: Any) -> None:
    """Add a legend without a frame to axes, or to a whole figure."""
    settings = {"fontsize": TICK, "frameon": False, "labelcolor": INK, "handlelength": 1.4, **settings}
    place.legend(**settings)


def spectrum_colours() -> Colormap:
    """Give the colours of spectrograms: paper where it is quiet, ink where it is loud."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ink", _INKS)


def swatches(colours: Iterable[str]) -> list[Patch]:
    """Give coloured fields for a legend."""
    from matplotlib.patches import Patch

    return [Patch(facecolor=colour) for colour in colours]


def label_colours(labels: Sequence[str]) -> dict[str, str]:
    """Give each label its colour; words that are no emotions get spare ones."""
    return {label: COLOURS.get(label, _SPARE[n % len(_SPARE)]) for n, label in enumerate(labels)}


def save_picture(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all; the ending says how (``.png``, ``.svg``, ``.pdf``).

    The same figure gives the same bytes of PNG.
    """
    settings: dict[str, Any] = {"format": path.suffix[1:].lower(), "dpi": _DPI, "facecolor": PAPER}
    if settings["format"] == "svg":
        settings["metadata"] = {"Date": None}
    with replacing(path) as part:
        if settings["format"] == "png":
            part.write_bytes(to_png(figure))
        else:
            figure.savefig(part, **settings)


def to_png(figure: Figure) -> bytes:
    """Give a figure as a PNG of at most 256 colours: a quarter of the size, and nobody sees it."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI, facecolor=PAPER, pil_kwargs={"compress_level": 0})
    with Image.open(drawn) as picture:
        full = picture.convert("RGB")
    reduced = full.quantize(_N_COLOURS - 1, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # One more colour for paper, which would be mixed with what is nearly white.
    places = np.where((np.asarray(full) == 255).all(axis=2), _N_COLOURS - 1, np.asarray(reduced)).astype(np.uint8)
    palette = (reduced.getpalette() or []) + [255] * 3 * _N_COLOURS
    paper = Image.fromarray(places, "P")
    paper.putpalette([*palette[: 3 * (_N_COLOURS - 1)], 255, 255, 255])
    paper.save(small, format="PNG", optimize=True)
    return small.getvalue()
