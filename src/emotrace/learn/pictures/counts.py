"""How many clips there are of each emotion, sex, intensity and corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from emotrace.learn.pictures._canvas import (
    INK,
    LINE,
    SEX_COLOURS,
    SOFT,
    TICK,
    dress,
    label_colours,
    legend,
    new_figure,
    swatches,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Counts = Mapping[str, int]

_HATCHES = {"male": "////", "unknown": "...."}


def draw_counts(counts: Mapping[str, Counts], emotion_by_sex: Mapping[str, Counts]) -> Figure:
    """Draw bars.

    Parameters
    ----------
    counts
        By grouping (``emotion``, ``sex``, ``intensity``, ``corpus``), then by group.
    emotion_by_sex
        By emotion, then by sex.
    """
    n_emotions = len(emotion_by_sex)
    figure = new_figure(height=max(2.6, 0.36 * n_emotions + 0.9))
    left, right = figure.subfigures(1, 2, width_ratios=(1.55, 1.0), squeeze=False)[0]
    _draw_emotions(left.subplots(), emotion_by_sex)
    shown = {name: counts[name] for name in ("sex", "intensity", "corpus")}
    heights = [len(found) + 1.2 for found in shown.values()]
    panels = right.subplots(len(shown), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, found) in zip(panels, shown.items(), strict=True):
        colours = [SEX_COLOURS.get(group, "#8a8f98") if name == "sex" else "#8a8f98" for group in found]
        _draw_bars(axes, found, colours)
        dress(axes, f"by {name}")
        _clear(axes)
    return figure


def _draw_emotions(axes: Axes, table: Mapping[str, Counts]) -> None:
    colours = label_colours(list(table))
    sexes = list(next(iter(table.values())))
    starts = dict.fromkeys(table, 0)
    for sex in sexes:
        hatch = _HATCHES.get(sex) if len(sexes) > 1 else None
        axes.barh(
            list(table),
            [table[e][sex] for e in table],
            left=[starts[e] for e in table],
            height=0.68,
            color=[colours[e] for e in table],
            hatch=hatch,
            edgecolor="#ffffff",
            linewidth=0.0,
        )
        starts = {e: starts[e] + table[e][sex] for e in table}
    most = max(starts.values())
    for place, total in enumerate(starts.values()):
        axes.text(total + 0.012 * most, place, f"{total:,}", va="center", fontsize=TICK, color=INK)
    axes.set_xlim(0, 1.1 * most)
    axes.invert_yaxis()
    dress(axes, "by emotion")
    _clear(axes)
    if sexes != ["unknown"]:
        patches = swatches(["#8a8f98"] * len(sexes))
        for patch, sex in zip(patches, sexes, strict=True):
            patch.set(hatch=_HATCHES.get(sex) if len(sexes) > 1 else None, edgecolor="#ffffff", linewidth=0.0)
        legend(
            axes, handles=patches, labels=sexes, loc="upper left", bbox_to_anchor=(0.0, -0.01), ncols=len(sexes)
        )


def _draw_bars(axes: Axes, counts: Counts, colours: list[str]) -> None:
    axes.barh(list(counts), list(counts.values()), height=0.66, color=colours)
    most = max(counts.values())
    for place, n in enumerate(counts.values()):
        axes.text(n + 0.012 * most, place, f"{n:,}", va="center", fontsize=TICK, color=INK)
    axes.set_xlim(0, 1.2 * most)
    axes.set_ylim(len(counts) - 0.4, -0.6)


def _clear(axes: Axes) -> None:
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_color(LINE)
    axes.yaxis.label.set_color(SOFT)
