"""What more epochs bring: accuracy and loss of the tested clips, as claimed beside speaker-independent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import ACCENT, INK, SOFT, TICK, WIDTH, dress, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"as claimed": "#b5657b", "speaker-independent": ACCENT}
_FIGURES = {"accuracy": "accuracy", "loss": "loss"}
_PUBLISHED = "published"


def draw_epoch_sweep(sweep: Mapping[str, Any]) -> Figure:
    """Draw a sweep as `emotrace.learn.laboratory.epoch_sweep.sweep_epochs` gives it.

    Lines are of every epoch: the tested clips in full, the training clips dotted. Dots are the epochs asked for,
    crosses the published figures.
    """
    figure = new_figure(WIDTH, 4.2)
    panels = figure.subplots(1, len(_FIGURES))
    for axes, (key, title) in zip(panels, _FIGURES.items(), strict=True):
        totals = {variant: sum(line[key] for line in found["at"]) for variant, found in sweep["variants"].items()}
        for variant, found in sweep["variants"].items():
            words = variant + (", leaky" if found["is_leaky"] else "")
            # Figures are written away from the other line.
            is_above = totals[variant] == max(totals.values())
            _draw_variant(axes, found, key, _COLOURS[variant], words, is_above)
        axes.set_ylim(0.0, 1.1 * axes.get_ylim()[1])
        dress(axes, title, x="epoch", grid="y")
        axes.set_xticks([1, *sweep["epochs"]] if sweep["epochs"][0] > 1 else sweep["epochs"])
    _draw_published(panels[0], sweep)
    panels[0].set_ylim(0.0, 1.0)
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, words, loc="outside lower center", ncols=3, fontsize=TICK, frameon=False, labelcolor=INK
    )
    return figure


def _draw_variant(axes: Axes, found: Mapping[str, Any], key: str, colour: str, words: str, is_above: bool) -> None:
    epochs = [line["epoch"] for line in found["history"]]
    tested = [line[key] for line in found["history"]]
    heard = [line[f"training_{key}"] for line in found["history"]]
    axes.plot(epochs, heard, color=colour, linewidth=1.2, linestyle=(0, (1, 1.5)), label=f"{words}: training")
    axes.plot(epochs, tested, color=colour, linewidth=1.8, label=f"{words}: tested")
    at = found["at"]
    axes.scatter([line["epoch"] for line in at], [line[key] for line in at], s=40, color=colour, zorder=3)
    for line in at:
        words = f"{line[key]:.3f}" if key == "accuracy" else f"{line[key]:.2f}"
        axes.annotate(
            words,
            (line["epoch"], line[key]),
            (0, 7 if is_above else -14),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
        )


def _draw_published(axes: Axes, sweep: Mapping[str, Any]) -> None:
    shown = {int(epoch): value for epoch, value in sweep["published"].items() if int(epoch) <= sweep["epochs"][-1]}
    if shown:
        axes.scatter(list(shown), list(shown.values()), s=46, marker="x", color=SOFT, zorder=3, label=_PUBLISHED)
