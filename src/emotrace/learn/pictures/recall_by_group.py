"""How well each emotion is recognised, by sex or intensity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import INK, SEX_COLOURS, TICK, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GREYS = ("#2f343c", "#8a8f98", "#c3c6cb", "#e0e1e3")


def draw_recall_by_group(recalls: Mapping[str, Mapping[str, Mapping[str, Any]]], title: str) -> Figure:
    """Draw a bar for each emotion and group: ``{group: {label: {"n", "recall"}}}``; None has no bar."""
    labels = [
        label
        for label in next(iter(recalls.values()))
        if any(by_label[label]["n"] for by_label in recalls.values())
    ]
    figure = new_figure(5.1, 0.42 * len(labels) + 1.2)
    axes = figure.subplots()
    height = 0.78 / len(recalls)
    for place, (group, by_label) in enumerate(recalls.items()):
        colour = SEX_COLOURS.get(group) if group in SEX_COLOURS else _GREYS[place % len(_GREYS)]
        shift = (place - (len(recalls) - 1) / 2.0) * height
        rows = [row + shift for row in range(len(labels))]
        values = [by_label[label]["recall"] for label in labels]
        axes.barh(rows, [value or 0.0 for value in values], 0.9 * height, color=colour, label=group)
        for row, label, value in zip(rows, labels, values, strict=True):
            if value is not None:
                words = f" {100 * value:.0f} %" + (
                    "" if by_label[label]["n"] >= 20 else f" of {by_label[label]['n']}"
                )
                axes.text(value, row, words, va="center", fontsize=min(TICK, 26 * height), color=INK)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, 1.18)
    axes.set_xticks((0.0, 0.5, 1.0), ("0", "50 %", "100 %"))
    dress(axes, title, x="share recognised", grid="x")
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    legend(axes, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=len(recalls))
    return figure
