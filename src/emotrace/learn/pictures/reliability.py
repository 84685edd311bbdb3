"""Whether a model is as often right as it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import ACCENT, SOFT, TICK, dress, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 5.1


def draw_reliability(reliability: Mapping[str, Any], error: float | None = None) -> Figure:
    """Draw accuracy against confidence, and how many answers there are of each confidence.

    Parameters
    ----------
    reliability
        ``bins``: ``{"low", "high", "n", "confidence", "accuracy"}``, the last two None where ``n`` is 0;
        ``accuracy`` and ``mean_confidence`` of all.
    error
        The expected calibration error, to be written into the picture.
    """
    figure = new_figure(_WIDTH, 5.0)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.6, 1.0))
    bins = [found for found in reliability["bins"] if found["n"]]
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.9, linestyle=(0, (3, 3)))
    for found in bins:
        axes.vlines(
            found["confidence"],
            *sorted((found["confidence"], found["accuracy"])),
            color="#cc3311",
            linewidth=5,
            alpha=0.25,
        )
    most = max(found["n"] for found in bins)
    axes.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], color=ACCENT, linewidth=1.2)
    axes.scatter(
        [b["confidence"] for b in bins],
        [b["accuracy"] for b in bins],
        s=[14 + 90 * b["n"] / most for b in bins],
        color=ACCENT,
        zorder=3,
        clip_on=False,
    )
    said, right = reliability["mean_confidence"], reliability["accuracy"]
    words = f"says {100 * said:.0f} %, is right {100 * right:.0f} %"
    if error is not None:
        words += f"\nexpected calibration error {error:.3f}"
    axes.text(0.02, 0.97, words, fontsize=TICK, color=SOFT, va="top", linespacing=1.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    dress(axes, "how often it is right, by how sure it is", y="share that is right", grid="both")
    edges = [reliability["bins"][0]["low"], *(found["high"] for found in reliability["bins"])]
    below.stairs([found["n"] for found in reliability["bins"]], edges, fill=True, color="#b9c4d8")
    dress(below, x="confidence", y="clips", grid="y")
    return figure
