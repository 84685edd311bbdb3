"""How well each speaker is understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import INK, SEX_COLOURS, SOFT, TICK, WIDTH, dress, legend, new_figure
from emotrace.plural import plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_NAMED = 40


def draw_recall_by_speaker(
    per_speaker: Mapping[str, Mapping[str, Any]], sexes: Mapping[str, str], overall: float, chance: float
) -> Figure:
    """Draw a dot for each speaker's unweighted average recall, the worst understood first.

    Parameters
    ----------
    per_speaker
        ``{"n", "unweighted_average_recall": {"value"}}`` by speaker.
    sexes
        Of the speakers.
    overall
        Of all speakers together.
    chance
        What guessing gives.
    """
    found = {name: scores["unweighted_average_recall"]["value"] for name, scores in per_speaker.items()}
    ranked = sorted(found, key=lambda name: (found[name], name))
    figure = new_figure(WIDTH, 2.9)
    axes = figure.subplots()
    end = len(ranked) - 0.5
    axes.hlines(overall, -0.6, end, color=INK, linewidth=0.9)
    axes.hlines(chance, -0.6, end, color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.text(end, overall, " all", va="center", fontsize=TICK, color=INK)
    axes.text(end, chance, " chance", va="center", fontsize=TICK, color=SOFT)
    for sex in dict.fromkeys(sexes.get(name) or "unknown" for name in ranked):
        places = [place for place, name in enumerate(ranked) if (sexes.get(name) or "unknown") == sex]
        values = [found[ranked[place]] for place in places]
        colour = SEX_COLOURS.get(sex, "#8a8f98")
        axes.vlines(places, overall, values, color=colour, linewidth=2, alpha=0.35)
        axes.scatter(places, values, s=42, color=colour, label=sex, zorder=3)
    if len(ranked) <= _MOST_NAMED:
        names = [name.rpartition(":")[2] for name in ranked]
        axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 4 else 0)
    else:
        axes.set_xticks([])
    axes.set_xlim(-0.6, end + 0.07 * len(ranked))
    axes.set_ylim(0, 1.02)
    dress(axes, x=f"{len(ranked)} {plural(len(ranked), 'speaker')}", y="unweighted average recall", grid="y")
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    legend(axes, loc="lower right", ncols=3)
    return figure
