"""Several runs side by side: scores with their intervals, and each emotion's recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import ACCENT, INK, WIDTH, dress, label_colours, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SCORES = {"unweighted_average_recall": "UAR", "accuracy": "accuracy", "macro_f1": "macro F1"}


def draw_comparison(comparison: Mapping[str, Any]) -> Figure:
    """Draw the runs of ``{"runs": [{"name", scores ..., "per_class"}]}``, the best first.

    The intervals, where there are any, are those of the scores: over speakers.
    """
    runs = sorted(comparison["runs"], key=lambda run: -run["unweighted_average_recall"]["value"])
    figure = new_figure(WIDTH, 0.42 * len(runs) + 1.3)
    panels = figure.subplots(1, len(_SCORES) + 1, sharey=True, width_ratios=(1, 1, 1, 1.4))
    places = range(len(runs))
    for axes, (key, title) in zip(panels, _SCORES.items(), strict=False):
        for place, run in enumerate(runs):
            score = run[key]
            if score["low"] is not None:
                axes.hlines(place, score["low"], score["high"], color=ACCENT, linewidth=5, alpha=0.25)
            axes.scatter([score["value"]], [place], s=44, color=ACCENT, zorder=3)
            axes.text(score["value"], place - 0.3, f"{score['value']:.3f}", ha="center", fontsize=8.5, color=INK)
        axes.set_xlim(0, 1)
        dress(axes, title, grid="x")
    axes = panels[-1]
    labels = list(dict.fromkeys(label for run in runs for label in run["per_class"]))
    colours = label_colours(labels)
    for label in labels:
        recalls = [run["per_class"].get(label, {}).get("recall", {}).get("value") for run in runs]
        shown = [(value, place) for place, value in enumerate(recalls) if value is not None]
        if shown:
            x, y = zip(*shown, strict=True)
            axes.plot(x, y, color=colours[label], linewidth=0.8, alpha=0.6)
            axes.scatter(x, y, s=30, color=colours[label], label=label, zorder=3)
    axes.set_xlim(0, 1.02)
    dress(axes, "recall of each emotion", grid="x")
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        fontsize=8,
        frameon=False,
        labelcolor=INK,
        handletextpad=0.1,
        labelspacing=0.25,
    )
    panels[0].set_yticks(places, [run["name"] for run in runs])
    panels[0].set_ylim(len(runs) - 0.5, -0.7)
    for axes in panels:
        axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure
