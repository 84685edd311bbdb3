"""What is left of a score when recordings are noisy, far away, coded, loud, quiet, fast, slow or short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import ACCENT, FAINT, INK, SOFT, TICK, WIDTH, dress, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOSS, _SAME = "#cc3311", "#b9c4d8"
_SHOWN_KINDS = 8


def draw_robustness(report: Mapping[str, Any]) -> Figure:
    """Draw a bar for each condition, and how often an emotion is named where nobody speaks.

    Parameters
    ----------
    report
        As ``emotrace robustness`` writes it: ``conditions`` (the first is the clean one), each with ``title,
        unweighted_average_recall, change``; ``non_speech``, which may be None.
    """
    conditions, sounds = report["conditions"], report["non_speech"]
    figure = new_figure(WIDTH, 0.27 * len(conditions) + 1.4)
    if sounds is None:
        panels = [figure.subplots()]
    else:
        panels = list(figure.subplots(1, 2, width_ratios=(2.3, 1.0)))
        _draw_sounds(panels[1], sounds)
    _draw_conditions(panels[0], conditions)
    return figure


def _draw_conditions(axes: Axes, conditions: Sequence[Mapping[str, Any]]) -> None:
    clean = conditions[0]["unweighted_average_recall"]["value"]
    places = range(len(conditions))
    values = [entry["unweighted_average_recall"]["value"] for entry in conditions]
    # Red where the whole interval of the change lies below nothing.
    is_loss = [entry["change"]["high"] is not None and entry["change"]["high"] < 0.0 for entry in conditions]
    colours = [ACCENT, *(_LOSS if lost else _SAME for lost in is_loss[1:])]
    axes.barh(places, values, 0.72, color=colours, alpha=0.85)
    axes.axvline(clean, color=SOFT, linewidth=0.9, linestyle=(0, (3, 3)))
    for place, entry in zip(places, conditions, strict=True):
        score, change = entry["unweighted_average_recall"], entry["change"]
        if score["low"] is not None:
            axes.hlines(place, score["low"], score["high"], color=INK, linewidth=0.9)
        words = f"{100 * score['value']:.1f}" + (f"  ({100 * change['value']:+.1f})" if place else "")
        axes.text(1.01, place, words, va="center", fontsize=TICK, color=INK)
    axes.set_yticks(places, [entry["title"] for entry in conditions])
    axes.set_ylim(len(conditions) - 0.4, -0.6)
    axes.set_xlim(0.0, 1.0)
    axes.set_xticks((0.0, 0.25, 0.5, 0.75, 1.0), ("0", "25", "50", "75", "100 %"))
    dress(axes, "unweighted average recall (change)", grid="x")
    axes.tick_params(axis="y", length=0, labelcolor=INK)


def _draw_sounds(axes: Axes, sounds: Mapping[str, Any]) -> None:
    shares = {kind: facts["share_with_emotion"] for kind, facts in sounds["kinds"].items()}
    worst = sorted(shares, key=lambda kind: -shares[kind])[:_SHOWN_KINDS]
    names = [*worst, f"all {len(shares)} kinds"]
    values = [*(shares[kind] for kind in worst), sounds["share_with_emotion"]]
    places = range(len(names))
    axes.axvspan(0.0, 0.01, color=FAINT)
    axes.barh(places, values, 0.72, color=[*([_SAME] * len(worst)), ACCENT], alpha=0.85)
    for place, value in zip(places, values, strict=True):
        axes.text(value, place, f" {100 * value:.2f} %", va="center", fontsize=TICK, color=INK)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0.0, max(0.02, 1.45 * max(values)))
    axes.set_xticks([])
    dress(axes, "false emotions", x="windows without speech")
    axes.tick_params(axis="y", length=0, labelcolor=INK)
