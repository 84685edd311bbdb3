"""Precision and recall: each emotion against the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import dress, label_colours, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_precision_recall(curves: Mapping[str, Any]) -> Figure:
    """Draw the curves that `emotrace.learn.evaluation.curves.one_vs_rest` gives."""
    figure = new_figure(5.1, 5.9)
    axes = figure.subplots()
    drawn = {label: curve for label, curve in curves["labels"].items() if curve["auc"] is not None}
    colours = label_colours(list(curves["labels"]))
    for label, curve in sorted(drawn.items(), key=lambda item: -item[1]["average_precision"]):
        line = curve["precision_recall"]
        axes.step(
            line["recall"],
            line["precision"],
            where="pre",
            color=colours[label],
            linewidth=1.6,
            label=f"{label} {curve['average_precision']:.3f}",
        )
    axes.set_aspect("equal")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.01)
    mean = curves["macro_average_precision"]
    dress(
        axes,
        "precision and recall" + ("" if mean is None else f", mean average precision {mean:.3f}"),
        x="recall: share of its clips that are found",
        y="precision: share of what is called so",
        grid="both",
    )
    # Below: within the axes it would lie on the curves.
    legend(figure, loc="outside lower center", ncols=3, title="average precision", title_fontsize=8.5)
    return figure
