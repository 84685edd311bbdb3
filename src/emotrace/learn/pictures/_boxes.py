"""Boxes with whiskers from finished numbers, drawn with few strokes: hundreds of them fit into one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import INK, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_OUTLIERS = 200


def draw_boxes(
    axes: Axes,
    boxes: Mapping[str, Mapping[str, Any]],
    colours: Sequence[str],
    *,
    width: float = 0.62,
    has_names: bool = True,
    shift: float = 0.0,
) -> None:
    """Draw one upright box for each group; see `emotrace.learn.explore.boxes.box`.

    Parameters
    ----------
    axes
        Where to.
    boxes
        By group, in order.
    colours
        One for each group.
    width
        Of a box, in units of the distance between groups.
    has_names
        Whether the groups are named below.
    shift
        Moves all boxes to the right, so that two sets of them stand side by side.
    """
    there = [(place, found, colours[place]) for place, found in enumerate(boxes.values()) if found["n"]]
    places = [place + shift for place, _, _ in there]
    found = [one for _, one, _ in there]
    fills = [colour for _, _, colour in there]
    if found:
        lows, highs = [b["low"] for b in found], [b["high"] for b in found]
        axes.vlines(places, lows, highs, colors=fills, linewidth=1.1)
        heights = [b["q3"] - b["q1"] for b in found]
        axes.bar(places, heights, width, [b["q1"] for b in found], color=fills, edgecolor=PAPER, linewidth=0.5)
        half = width / 2
        medians = [b["median"] for b in found]
        # A box without height would hide its median.
        lines = [PAPER if height > 0 else fill for height, fill in zip(heights, fills, strict=True)]
        axes.hlines(medians, [p - half for p in places], [p + half for p in places], colors=lines, linewidth=1.6)
        _draw_outliers(axes, places, found, fills)
    axes.set_xlim(-0.6, len(boxes) - 0.4)
    axes.margins(y=0.05)
    axes.autoscale_view(scalex=False)
    axes.set_xticks(range(len(boxes)), list(boxes) if has_names else [""] * len(boxes))
    axes.tick_params(axis="x", length=0, labelcolor=INK)


def _draw_outliers(
    axes: Axes, places: Sequence[float], boxes: Sequence[Mapping[str, Any]], colours: Sequence[str]
) -> None:
    points = [
        (place, value, colour)
        for place, found, colour in zip(places, boxes, colours, strict=True)
        for value in found.get("outliers", ())[:_MOST_OUTLIERS]
    ]
    if points:
        x, y, c = zip(*points, strict=True)
        axes.scatter(x, y, s=7, c=c, alpha=0.45, linewidths=0)
