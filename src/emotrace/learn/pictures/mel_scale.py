"""The lesson of the mel scale: four tones, two steps, one curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotrace.learn.pictures._canvas import ACCENT, INK, LABEL, LINE, SOFT, TICK, WIDTH, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STEP_COLOURS = ("#cc3311", "#4477aa")


def draw_mel_scale(lesson: Mapping[str, Any]) -> Figure:
    """Draw the curve, the tones on both scales, and the bands; see `emotrace.learn.explore.mel_lesson`."""
    figure = new_figure(WIDTH, 6.3)
    grid = figure.add_gridspec(2, 3, width_ratios=(2.1, 0.8, 0.8), height_ratios=(2.1, 0.8))
    _draw_curve(figure.add_subplot(grid[0, 0]), lesson)
    ladders = (("hz", "in hertz: equal steps", "Hz"), ("mel", "in mels: not equal", "mel"))
    for place, (unit, title, y) in enumerate(ladders, start=1):
        _draw_ladder(figure.add_subplot(grid[0, place]), lesson, unit, title, y)
    _draw_bands(figure.add_subplot(grid[1, :]), lesson["bands_hz"])
    return figure


def _draw_curve(axes: Axes, lesson: Mapping[str, Any]) -> None:
    curve = lesson["curve"]
    axes.plot(
        curve["hz"],
        curve["slaney"],
        color=SOFT,
        linewidth=1.1,
        linestyle=(0, (4, 3)),
        label="Slaney's scale, which the features use",
    )
    axes.plot(
        curve["hz"], curve["mel"], color=ACCENT, linewidth=2.2, label=lesson["formula"].replace("log10", "log₁₀")
    )
    mel_of = {tone["hz"]: tone["mel"] for tone in lesson["tones"]}
    for step, colour in zip(lesson["steps"], _STEP_COLOURS, strict=True):
        low, high = step["from_hz"], step["to_hz"]
        axes.fill(
            [0, low, low, high, high, 0],
            [mel_of[low], mel_of[low], 0, 0, mel_of[high], mel_of[high]],
            color=colour,
            alpha=0.16,
            linewidth=0,
        )
        axes.plot([low, high], [mel_of[low], mel_of[high]], color=colour, linewidth=4, solid_capstyle="round")
        axes.annotate(
            f"{step['hz']} Hz = {step['mel']:.0f} mel",
            (high, mel_of[high]),
            xytext=(14, -5),
            textcoords="offset points",
            fontsize=LABEL,
            color=colour,
            fontweight="bold",
        )
    axes.set_xlim(0, 4_000)
    axes.set_ylim(0, 2_200)
    dress(axes, "what the ear makes of frequency", x="Hz", y="mel", grid="both")
    legend(axes, loc="lower right")


def _draw_ladder(axes: Axes, lesson: Mapping[str, Any], unit: str, title: str, y: str) -> None:
    for step, colour in zip(lesson["steps"], _STEP_COLOURS, strict=True):
        tones = [tone for tone in lesson["tones"] if tone["hz"] in (step["from_hz"], step["to_hz"])]
        low, high = (tone[unit] for tone in tones)
        axes.fill_between([0, 1], low, high, color=colour, alpha=0.18, linewidth=0)
        axes.hlines([low, high], 0, 1, color=colour, linewidth=2)
        axes.text(
            0.5,
            (low + high) / 2,
            f"{high - low:.0f}",
            ha="center",
            va="center",
            fontsize=13,
            color=colour,
            fontweight="bold",
        )
    dress(axes, title, y=y)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([tone[unit] for tone in lesson["tones"]], [f"{tone[unit]:.0f}" for tone in lesson["tones"]])
    axes.set_ylim(bottom=200 if unit == "hz" else 300)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(labelcolor=INK)


def _draw_bands(axes: Axes, edges_hz: list[float]) -> None:
    for low, centre, high in zip(edges_hz, edges_hz[1:], edges_hz[2:], strict=False):
        axes.plot([low, centre, high], [0, 1, 0], color=ACCENT, linewidth=1.0, alpha=0.85)
    axes.set_ylim(0, 1.08)
    axes.set_xlim(0, max(edges_hz))
    axes.set_yticks([])
    axes.set_xticks(np.arange(0, 8_001, 1_000))
    dress(axes, "24 bands of equal width in mels: narrow where the ear is fine, wide where it is coarse", x="Hz")
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=TICK)
    axes.spines["bottom"].set_color(LINE)
