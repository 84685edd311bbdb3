"""Which features rise and fall together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from emotrace.learn.explore.names import family_of
from emotrace.learn.pictures._canvas import INK, SOFT, TICK, WIDTH, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_correlation(correlation: Mapping[str, Any]) -> Figure:
    """Draw the matrix of ``{"names", "matrix"}``, families of features set apart by lines."""
    names = correlation["names"]
    matrix = np.array([[np.nan if r is None else r for r in row] for row in correlation["matrix"]])
    figure = new_figure(WIDTH, 0.86 * WIDTH)
    axes = figure.subplots()
    axes.set_facecolor("#d9d8d3")
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0, interpolation="nearest")
    ticks, titles, start = [], [], 0
    for family, members in groupby(names, family_of):
        n = len(list(members))
        ticks.append(start + (n - 1) / 2.0)
        titles.append(family)
        start += n
        for line in (axes.axhline, axes.axvline):
            line(start - 0.5, color="#ffffff", linewidth=1.6)
    axes.set_xticks(ticks, titles, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, titles)
    axes.tick_params(length=0, labelsize=TICK, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, aspect=26, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=TICK, labelcolor=SOFT, length=0)
    return figure
