"""How training went: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emotrace.learn.pictures._canvas import ACCENT, SOFT, WIDTH, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDES = {"train": ("#8a8f98", "training"), "validation": (ACCENT, "validation")}


def draw_learning_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw a history.

    Parameters
    ----------
    history
        At least one epoch: ``epoch`` and any of ``train_loss, validation_loss, train_accuracy,
        validation_accuracy``. The epoch with the lowest validation loss is marked.
    """
    figures = [
        figure
        for figure in ("loss", "accuracy")
        if any(f"{side}_{figure}" in epoch for side in _SIDES for epoch in history)
    ]
    figure = new_figure(WIDTH, 3.1)
    panels = figure.subplots(1, max(len(figures), 1), squeeze=False)[0]
    judged = [epoch for epoch in history if "validation_loss" in epoch]
    best = min(judged, key=lambda epoch: epoch["validation_loss"])["epoch"] if judged else None
    for axes, name in zip(panels, figures, strict=False):
        for side, (colour, words) in _SIDES.items():
            points = [(e["epoch"], e[f"{side}_{name}"]) for e in history if f"{side}_{name}" in e]
            if points:
                epochs, values = zip(*points, strict=True)
                axes.plot(
                    epochs,
                    values,
                    color=colour,
                    linewidth=1.8,
                    label=words,
                    marker="o" if len(points) < 30 else None,
                    markersize=3,
                )
        if name == "accuracy":
            axes.set_ylim(0, 1)
        else:
            axes.set_ylim(bottom=0)
        if best is not None:
            axes.axvline(best, color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.xaxis.get_major_locator().set_params(integer=True)
        title = name if best is None or name != "loss" else f"loss, lowest on validation in epoch {best:g}"
        dress(axes, title, x="epoch", grid="y")
        legend(axes)
    return figure
