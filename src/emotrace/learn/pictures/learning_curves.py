"""How training went: loss, accuracy and recall, epoch by epoch, or round by round of boosting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emotrace.learn.pictures._canvas import ACCENT, SOFT, WIDTH, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDES = {"train": ("#8a8f98", "training"), "validation": (ACCENT, "validation")}
_TITLES = {"loss": "loss", "accuracy": "accuracy", "uar": "recall (UAR)"}
_BEST = {"loss": "lowest on validation", "uar": "highest"}


def draw_learning_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw a history.

    Parameters
    ----------
    history
        At least one epoch: ``epoch`` (or ``round``) and any of ``train_loss, validation_loss, train_accuracy,
        validation_accuracy, validation_uar``. Where the loss of validation is lowest and its recall highest is
        marked.
    """
    step = "round" if "round" in history[0] else "epoch"
    figures = [
        figure for figure in _TITLES if any(f"{side}_{figure}" in epoch for side in _SIDES for epoch in history)
    ]
    figure = new_figure(WIDTH, 3.1)
    panels = figure.subplots(1, max(len(figures), 1), squeeze=False)[0]
    for axes, name in zip(panels, figures, strict=False):
        for side, (colour, words) in _SIDES.items():
            points = [(e[step], e[f"{side}_{name}"]) for e in history if f"{side}_{name}" in e]
            if points:
                steps, values = zip(*points, strict=True)
                axes.plot(
                    steps,
                    values,
                    color=colour,
                    linewidth=1.8,
                    label=words,
                    marker="o" if len(points) < 30 else None,
                    markersize=3,
                )
        if name == "loss":
            axes.set_ylim(bottom=0)
        else:
            axes.set_ylim(0, 1)
        best = _best(history, name, step)
        if best is not None:
            axes.axvline(best, color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.xaxis.get_major_locator().set_params(integer=True)
        title = _TITLES[name] if best is None else f"{_TITLES[name]}, {_BEST[name]} in {step} {best:g}"
        dress(axes, title, x=step, grid="y")
        legend(axes)
    return figure


def _best(history: Sequence[Mapping[str, float]], name: str, step: str) -> float | None:
    """Give the step with the best validation figure; None of figures that choose nothing, or that nobody took."""
    judged = [entry for entry in history if f"validation_{name}" in entry]
    if name not in _BEST or not judged:
        return None
    choose = min if name == "loss" else max
    return choose(judged, key=lambda entry: entry[f"validation_{name}"])[step]
