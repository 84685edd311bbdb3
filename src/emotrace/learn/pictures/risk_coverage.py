"""How many errors are left if only sure answers count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import ACCENT, SOFT, TICK, dress, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 5.1
_MARK = "#cc3311"


def draw_risk_coverage(curve: Mapping[str, Any], uncertain: Mapping[str, Any] | None = None) -> Figure:
    """Draw the share of errors among the surest answers, over how many of them are kept.

    Parameters
    ----------
    curve
        ``coverage, risk`` (lists of one length, coverage rising) and ``area``.
    uncertain
        ``coverage`` and ``accuracy_if_certain`` of the product's own threshold, to be marked; None: not known.
    """
    figure = new_figure(_WIDTH, 3.6)
    axes = figure.subplots()
    axes.fill_between(curve["coverage"], curve["risk"], color=ACCENT, alpha=0.12, linewidth=0)
    axes.plot(curve["coverage"], curve["risk"], color=ACCENT, linewidth=1.4)
    total = curve["risk"][-1]
    axes.axhline(total, color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.text(0.01, total, f"all answers: {100 * total:.0f} % wrong", va="bottom", fontsize=TICK, color=SOFT)
    if uncertain is not None and uncertain["accuracy_if_certain"] is not None:
        kept, risk = uncertain["coverage"], 1.0 - uncertain["accuracy_if_certain"]
        axes.scatter([kept], [risk], s=46, color=_MARK, zorder=3, clip_on=False)
        words = f"not marked uncertain: {100 * kept:.0f} %,\n{100 * risk:.0f} % of them wrong"
        axes.text(
            0.98, 0.11, words, ha="right", transform=axes.transAxes, fontsize=TICK, color=_MARK, linespacing=1.4
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(0.1, 1.25 * max(curve["risk"])))
    dress(axes, "errors among the surest answers", x="share of answers kept", y="share of them wrong", grid="both")
    axes.text(
        0.98, 0.03, f"area {curve['area']:.3f}", ha="right", transform=axes.transAxes, fontsize=TICK, color=SOFT
    )
    return figure
