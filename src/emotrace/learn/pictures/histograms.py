"""How features are spread, by emotion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import INK, WIDTH, dress, label_colours, new_figure
from emotrace.learn.pictures._histogram import draw_outline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_N_COLUMNS = 5


def draw_histograms(histograms: Mapping[str, Mapping[str, Any]], titles: Sequence[str]) -> Figure:
    """Draw a panel for each feature, in it a line for each emotion: ``{"edges", "counts": {emotion: [...]}}``."""
    n_rows = math.ceil(len(histograms) / _N_COLUMNS)
    figure = new_figure(WIDTH, 1.75 * n_rows + 0.4)
    panels = figure.subplots(n_rows, _N_COLUMNS, squeeze=False).ravel()
    emotions = list(next(iter(histograms.values()))["counts"])
    colours = label_colours(emotions)
    for axes, title, found in zip(panels, titles, histograms.values(), strict=False):
        for emotion, counts in found["counts"].items():
            draw_outline(axes, found["edges"], counts, colours[emotion])
        dress(axes)
        axes.set_title(title, fontsize=9, color=INK, loc="left", pad=4)
        axes.set_yticks([])
        axes.set_ylim(bottom=0)
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=4)
    for axes in panels[len(histograms) :]:
        axes.set_axis_off()
    handles = [panels[0].plot([], [], color=colour, linewidth=3)[0] for colour in colours.values()]
    figure.legend(
        handles,
        emotions,
        loc="outside upper left",
        ncols=len(emotions),
        fontsize=8.5,
        frameon=False,
        handlelength=1.0,
        columnspacing=1.4,
        labelcolor=INK,
    )
    return figure
