"""Every two of some features against each other, four emotions at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.explore.boxes import bin_edges
from emotrace.learn.pictures._canvas import INK, LINE, WIDTH, label_colours, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAP = 0.08
_N_BINS = 24


def draw_pairs(
    columns: Mapping[str, NDArray[np.float64]], emotions: Sequence[str], group: Sequence[str]
) -> Figure:
    """Draw a triangle of panels: a point for each clip, and on the diagonal how each feature is spread.

    Parameters
    ----------
    columns
        The values of each feature, (n,), by the title it is shown with. Panels reach from the 1st to the 99th
        percentile.
    emotions
        Of the n clips.
    group
        The emotions that are shown.
    """
    n = len(columns)
    figure = new_figure(WIDTH, 0.92 * WIDTH, is_tight=False)
    # All panels lie in one system of axes: a hundred of their own would take half a minute to draw.
    axes = figure.add_axes((0.105, 0.035, 0.89, 0.96))
    names = np.asarray(emotions)
    shown = np.isin(names, group)
    scaled = [_scale(values, shown) for values in columns.values()]
    colours = label_colours(list(group))
    rng = np.random.default_rng(0)
    # Whoever is drawn last would hide the others.
    order = rng.permutation(np.flatnonzero(shown))
    fills = np.array([colours[emotion] for emotion in names[order]])
    for row in range(n):
        for column in range(row + 1):
            left, bottom = column, n - 1 - row
            _draw_frame(axes, left, bottom)
            if row == column:
                _draw_spread(axes, scaled[row], names, colours, left, bottom)
                continue
            inside = _inside(scaled[column][order], scaled[row][order])
            x, y = scaled[column][order][inside], scaled[row][order][inside]
            axes.scatter(
                left + x * (1 - _GAP), bottom + y * (1 - _GAP), s=4, c=fills[inside], alpha=0.6, linewidths=0
            )
    titles = list(columns)
    axes.set_xticks(np.arange(n) + 0.5 - _GAP / 2, titles)
    axes.set_yticks(np.arange(n)[::-1] + 0.5 - _GAP / 2, titles)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.set_xlim(-0.02, n)
    axes.set_ylim(-0.02, n)
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles = [axes.scatter([], [], s=42, color=colour) for colour in colours.values()]
    axes.legend(handles, list(group), loc="upper right", fontsize=12, frameon=False, labelcolor=INK)
    return figure


def _scale(values: NDArray[np.float64], shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    edges = bin_edges(values[shown])
    return np.asarray((values - edges[0]) / (edges[-1] - edges[0]))


def _inside(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1))


def _draw_frame(axes: Axes, left: float, bottom: float) -> None:
    side = 1 - _GAP
    axes.fill(
        [left, left + side, left + side, left],
        [bottom, bottom, bottom + side, bottom + side],
        facecolor="#fbfaf8",
        edgecolor=LINE,
        linewidth=0.6,
    )


def _draw_spread(
    axes: Axes,
    values: NDArray[np.float64],
    names: NDArray[np.str_],
    colours: Mapping[str, str],
    left: float,
    bottom: float,
) -> None:
    lines = {}
    for emotion in colours:
        counts, edges = np.histogram(values[names == emotion], np.linspace(0.0, 1.0, _N_BINS + 1))
        padded = np.pad(counts / max(counts.sum(), 1), 1, mode="edge")
        lines[emotion] = np.convolve(padded, (0.25, 0.5, 0.25), "valid")
    highest = max(float(line.max()) for line in lines.values()) or 1.0
    centres = left + (edges[1:] + edges[:-1]) / 2 * (1 - _GAP)
    for emotion, line in lines.items():
        axes.plot(centres, bottom + line / highest * (1 - _GAP) * 0.92, color=colours[emotion], linewidth=1.3)
