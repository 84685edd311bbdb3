"""Receiver operating characteristic: each emotion against the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import SOFT, dress, label_colours, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_roc(curves: Mapping[str, Any]) -> Figure:
    """Draw the curves that `emotrace.learn.evaluation.curves.one_vs_rest` gives."""
    figure = new_figure(5.1, 5.9)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.9, linestyle=(0, (3, 3)))
    drawn = {label: curve for label, curve in curves["labels"].items() if curve["auc"] is not None}
    colours = label_colours(list(curves["labels"]))
    for label, curve in sorted(drawn.items(), key=lambda item: -item[1]["auc"]):
        line = curve["roc"]
        axes.plot(
            line["false_positive_rate"],
            line["true_positive_rate"],
            color=colours[label],
            linewidth=1.7,
            label=f"{label} {curve['auc']:.3f}",
            solid_joinstyle="round",
        )
    axes.set_aspect("equal")
    axes.set_xlim(-0.01, 1)
    axes.set_ylim(0, 1.01)
    mean = curves["macro_auc"]
    dress(
        axes,
        "receiver operating characteristic" + ("" if mean is None else f", mean area {mean:.3f}"),
        x="false positive rate: share of the others taken for it",
        y="true positive rate: share of its clips found",
        grid="both",
    )
    # Below: within the axes it would lie on the curves.
    legend(figure, loc="outside lower center", ncols=3, title="area under the curve", title_fontsize=8.5)
    return figure
