"""Who says how much of what: clips by speaker and emotion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from emotrace.learn.pictures._canvas import INK, SEX_COLOURS, TICK, WIDTH, dress, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_WITH_NAMES = 60
_MOST_WITH_NUMBERS = 36


def draw_speakers(table: Mapping[str, Mapping[str, int]], sexes: Mapping[str, str]) -> Figure:
    """Draw a field for each speaker and emotion, the darker the more clips.

    Parameters
    ----------
    table
        Clips by speaker, then by emotion.
    sexes
        The sex of each speaker, by which they are put in order.
    """
    speakers = sorted(table, key=lambda speaker: (sexes.get(speaker, "unknown"), speaker))
    emotions = list(next(iter(table.values())))
    numbers = np.array([[table[speaker][emotion] for speaker in speakers] for emotion in emotions])
    figure = new_figure(WIDTH, 0.27 * len(emotions) + 1.25)
    axes = figure.subplots()
    axes.imshow(numbers, cmap="Blues", vmin=0, vmax=1.25 * max(numbers.max(), 1), aspect="auto")
    dress(axes)
    axes.set_yticks(range(len(emotions)), emotions)
    names = [speaker.rpartition(":")[2] for speaker in speakers]
    if len(speakers) > _MOST_WITH_NAMES:
        axes.set_xlabel(f"{len(speakers)} speakers")
        axes.set_xticks([])
    else:
        is_long = max(map(len, names)) > 4
        axes.set_xticks(range(len(names)), names, rotation=90 if is_long else 0)
        for tick, speaker in zip(axes.get_xticklabels(), speakers, strict=True):
            tick.set_color(SEX_COLOURS.get(sexes.get(speaker, "unknown"), INK))
    if len(speakers) <= _MOST_WITH_NUMBERS:
        for row, column in np.ndindex(numbers.shape):
            n = int(numbers[row, column])
            colour = "#ffffff" if n > 0.75 * numbers.max() else INK
            axes.text(
                column, row, str(n) if n else "·", ha="center", va="center", fontsize=TICK - 0.5, color=colour
            )
    axes.set_xticks(np.arange(len(speakers) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(emotions) - 1) + 0.5, minor=True)
    if len(speakers) <= _MOST_WITH_NAMES:
        axes.grid(which="minor", color="#ffffff", linewidth=1.2)
    axes.tick_params(which="both", length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure
