"""A decision tree: its first questions from top to bottom, and the emotions of the clips that come to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotrace.learn.explore.names import title_of
from emotrace.learn.explore.scale import to_scale, unit_of
from emotrace.learn.pictures._canvas import (
    INK,
    LINE,
    PAPER,
    SOFT,
    TICK,
    WIDTH,
    label_colours,
    new_figure,
    swatches,
)
from emotrace.plural import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAR_WIDTH, _BAR_HEIGHT = 0.86, 0.10
_LEVEL_HEIGHT = 1.55
"""In inches."""
_SMALL = 7.5

Facts = Mapping[str, Any]


def draw_tree(tree: Facts) -> Figure:
    """Draw the first questions; left is where the answer is yes.

    Parameters
    ----------
    tree
        As `emotrace.learn.explore.tree_facts.tree_facts` gives it.
    """
    n_levels = _height(tree["root"])
    n_columns = 2 ** (n_levels - 1)
    figure = new_figure(WIDTH, _LEVEL_HEIGHT * n_levels + 0.4)
    axes = figure.subplots()
    axes.set_xlim(0, n_columns)
    axes.set_ylim(n_levels - 0.45, -0.35)
    axes.set_axis_off()
    colours = list(label_colours(tree["labels"]).values())
    _draw_node(axes, tree["root"], tree["labels"], colours, 0, (0.0, float(n_columns)))
    figure.legend(
        swatches(colours),
        tree["labels"],
        loc="outside lower center",
        ncols=len(colours),
        fontsize=TICK,
        frameon=False,
        labelcolor=INK,
    )
    return figure


def _height(node: Facts) -> int:
    return 1 + max(_height(node["low"]), _height(node["high"])) if "feature" in node else 1


def _draw_node(
    axes: Axes, node: Facts, labels: Sequence[str], colours: Sequence[str], level: int, span: tuple[float, float]
) -> None:
    """Draw a node, and what is below it, between two places on the horizontal axis."""
    middle = sum(span) / 2.0
    _draw_shares(axes, node["shares"], colours, middle, level)
    _write(axes, middle, level + _BAR_HEIGHT + 0.04, _contents(node, labels), va="top")
    if "feature" not in node:
        if node["n_below"]:
            _write(
                axes, middle, level + 0.40, _counted(node["n_below"], "more question"), va="top", style="italic"
            )
        return
    _write(axes, middle, level - 0.04, _question(node), va="bottom", color=INK, fontsize=TICK)
    for side, ends, word in (("low", (span[0], middle), "yes"), ("high", (middle, span[1]), "no")):
        below = sum(ends) / 2.0
        end = level + (0.70 if "feature" in node[side] else 0.97)
        axes.plot([middle, below], [level + 0.36, end], color=LINE, linewidth=1.2, zorder=1)
        paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
        _write(axes, (middle + below) / 2.0, (level + 0.36 + end) / 2.0, word, va="center", bbox=paper)
        _draw_node(axes, node[side], labels, colours, level + 1, ends)


def _write(axes: Axes, x: float, y: float, words: str, **settings: Any) -> None:
    axes.text(x, y, words, **{"ha": "center", "fontsize": _SMALL, "color": SOFT, **settings})


def _draw_shares(axes: Axes, shares: Sequence[float], colours: Sequence[str], middle: float, level: int) -> None:
    left = middle - _BAR_WIDTH / 2.0
    for share, colour in zip(shares, colours, strict=True):
        axes.barh(level, share * _BAR_WIDTH, _BAR_HEIGHT, left=left, align="edge", color=colour, zorder=2)
        left += share * _BAR_WIDTH


def _contents(node: Facts, labels: Sequence[str]) -> str:
    """Say how many clips there are and, unless all labels are alike, which label leads."""
    clips = _counted(node["n_clips"], "clip")
    surest = int(np.argmax(node["shares"]))
    if min(node["shares"]) == node["shares"][surest]:
        return clips
    return f"{clips}\n{labels[surest]} {100 * node['shares'][surest]:.0f} %"


def _question(node: Facts) -> str:
    name = node["feature"]
    threshold = float(to_scale(name, np.array([node["threshold"]]))[0])
    unit = unit_of(name)
    number = f"{threshold:,.0f}" if abs(threshold) >= 1000.0 else f"{threshold:.3g}"
    return f"{title_of(name)}\n≤ {' '.join(filter(None, (number.replace('-', '−'), unit)))} ?"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {plural(n, noun)}"
