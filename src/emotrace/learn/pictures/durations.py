"""How long clips are, in all and by emotion, corpus, sex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._boxes import draw_boxes
from emotrace.learn.pictures._canvas import SEX_COLOURS, WIDTH, dress, label_colours, new_figure
from emotrace.learn.pictures._histogram import draw_histogram

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_durations(durations: Mapping[str, Any]) -> Figure:
    """Draw the lengths in seconds: ``histogram``, and boxes under ``emotion``, ``corpus``, ``sex``."""
    figure = new_figure(WIDTH, 5.2)
    grid = figure.add_gridspec(2, 3, width_ratios=(1.3, 1.0, 0.8))
    axes = figure.add_subplot(grid[0, :])
    emotions = durations["emotion"]
    draw_boxes(axes, emotions, list(label_colours(list(emotions)).values()), width=0.5)
    dress(axes, "by emotion", y="seconds", grid="y")
    axes = figure.add_subplot(grid[1, 0])
    draw_histogram(axes, durations["histogram"])
    edges = durations["histogram"]["edges"]
    has_far = durations["all"]["min"] < edges[0] or durations["all"]["max"] > edges[-1]
    dress(
        axes,
        "all clips" + (", the farthest in the bars at the ends" if has_far else ""),
        x="seconds",
        y="clips",
        grid="y",
    )
    for place, by in ((1, "corpus"), (2, "sex")):
        axes = figure.add_subplot(grid[1, place])
        boxes = durations[by]
        colours = [SEX_COLOURS.get(group, "#8a8f98") if by == "sex" else "#8a8f98" for group in boxes]
        draw_boxes(axes, boxes, colours, width=0.4)
        dress(axes, f"by {by}", grid="y")
    return figure
