"""Boxes of many features by emotion, as small multiples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._boxes import draw_boxes
from emotrace.learn.pictures._canvas import (
    INK,
    LINE,
    PAPER,
    SOFT,
    WIDTH,
    dress,
    label_colours,
    new_figure,
    swatches,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Boxes = Mapping[str, Mapping[str, Mapping[str, Any]]]

_MOST_WITH_AXES = 16
"""More panels share one system of axes: those of their own would take a second for every forty."""
_RIGHT, _BOTTOM, _TOP = 0.97, 0.06, 0.76
_BOX_WIDTH = 0.72
_LEGEND_INCHES = 0.45


def draw_feature_boxes(boxes: Boxes, titles: Sequence[str], n_columns: int, height: float) -> Figure:
    """Draw a panel for each feature, in it a box for each emotion.

    Parameters
    ----------
    boxes
        By feature, then by emotion.
    titles
        One for each feature.
    n_columns
        Panels side by side.
    height
        Of a panel, in inches.
    """
    n_rows = math.ceil(len(boxes) / n_columns)
    colours = label_colours(list(next(iter(boxes.values()))))
    total = height * n_rows + _LEGEND_INCHES
    has_axes = len(boxes) <= _MOST_WITH_AXES
    figure = new_figure(WIDTH, total, is_tight=has_axes)
    if has_axes:
        _draw_panels(figure, boxes, titles, (n_rows, n_columns), list(colours.values()))
    else:
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0 - _LEGEND_INCHES / total))
        _draw_fields(axes, boxes, titles, (n_rows, n_columns), list(colours.values()))
    figure.legend(
        swatches(colours.values()),
        list(colours),
        loc="outside upper left" if has_axes else "upper left",
        ncols=len(colours),
        fontsize=8.5,
        frameon=False,
        handlelength=1.0,
        columnspacing=1.4,
        labelcolor=INK,
    )
    return figure


def _draw_panels(
    figure: Figure, boxes: Boxes, titles: Sequence[str], shape: tuple[int, int], colours: Sequence[str]
) -> None:
    panels = figure.subplots(*shape, squeeze=False).ravel()
    for axes, title, by_emotion in zip(panels, titles, boxes.values(), strict=False):
        draw_boxes(axes, by_emotion, colours, has_names=False, width=0.74)
        dress(axes, grid="y")
        axes.set_title(title, fontsize=9, color=INK, loc="left", pad=5)
        axes.tick_params(axis="y", labelsize=8, length=1.5, pad=1, labelcolor=SOFT)
        axes.tick_params(axis="x", length=0)
        axes.locator_params(axis="y", nbins=3)
    for axes in panels[len(boxes) :]:
        axes.set_axis_off()


def _draw_fields(
    axes: Axes, boxes: Boxes, titles: Sequence[str], shape: tuple[int, int], colours: Sequence[str]
) -> None:
    """Draw each panel into a field of size 1, the first on top left, with the ends of its whiskers in numbers."""
    n_rows, n_columns = shape
    # Room for the numbers, which are as wide in narrow fields.
    margin = 0.018 * n_columns
    step = (_RIGHT - margin) / len(colours)
    shapes: list[tuple[list[float], ...]] = [([], [], [], [], [], []) for _ in colours]
    for n, (title, by_emotion) in enumerate(zip(titles, boxes.values(), strict=True)):
        left, bottom = n % n_columns, n_rows - 1 - n // n_columns
        there = [found for found in by_emotion.values() if found["n"]]
        low, high = min(found["low"] for found in there), max(found["high"] for found in there)
        scale = (_TOP - _BOTTOM) / ((high - low) or 1.0)
        for place, found in enumerate(by_emotion.values()):
            if found["n"]:
                numbers = (found[key] for key in ("low", "q1", "median", "q3", "high"))
                heights = [bottom + _BOTTOM + (number - low) * scale for number in numbers]
                x = left + margin + (place + 0.5) * step
                for values, value in zip(shapes[place], (x, *heights), strict=True):
                    values.append(value)
        axes.text(left + margin, bottom + _TOP + 0.05, title, fontsize=7, color=INK)
        axes.hlines(bottom + _BOTTOM, left + margin, left + _RIGHT, color=LINE, linewidth=0.6)
        for number, y in ((low, _BOTTOM), (high, _TOP)):
            axes.text(
                left + margin - 0.02, bottom + y, _short(number), fontsize=5, color=SOFT, ha="right", va="center"
            )
    half = step * _BOX_WIDTH / 2
    for (places, ends, starts, medians, tops, others), colour in zip(shapes, colours, strict=True):
        axes.vlines(places, ends, others, colors=colour, linewidth=0.8)
        axes.bar(places, [b - a for a, b in zip(starts, tops, strict=True)], 2 * half, starts, color=colour)
        axes.hlines(medians, [x - half for x in places], [x + half for x in places], colors=PAPER, linewidth=1.0)
    axes.set_xlim(0, n_columns)
    axes.set_ylim(0, n_rows)
    axes.set_axis_off()


def _short(number: float) -> str:
    """Write a number in few letters.

    >>> _short(-48.31), _short(0.7461), _short(2000.0)
    ('−48', '0.75', '2000')
    """
    return (f"{number:.0f}" if abs(number) >= 10 else f"{number:.2g}").replace("-", "−")
