"""How loud clips are, and how much silence stands at their ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._boxes import draw_boxes
from emotrace.learn.pictures._canvas import SEX_COLOURS, WIDTH, dress, label_colours, legend, new_figure
from emotrace.learn.pictures._histogram import draw_histogram

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_NAMED = 40


def draw_levels(levels: Mapping[str, Any], sexes: Mapping[str, str]) -> Figure:
    """Draw the level of speech by emotion and by speaker, peaks, and the silence before and after.

    Parameters
    ----------
    levels
        ``level_dbfs`` (boxes by ``emotion`` and ``speaker``), ``peak_dbfs``, ``leading_seconds``,
        ``trailing_seconds`` (each with a ``histogram``).
    sexes
        The sex of each speaker.
    """
    figure = new_figure(WIDTH, 7.2)
    grid = figure.add_gridspec(3, 2)
    level = levels["level_dbfs"]
    axes = figure.add_subplot(grid[0, :])
    draw_boxes(axes, level["emotion"], list(label_colours(list(level["emotion"])).values()), width=0.5)
    dress(axes, "level of the speech, by emotion", y="dBFS", grid="y")
    axes = figure.add_subplot(grid[1, :])
    by_speaker = dict(sorted(level["speaker"].items(), key=lambda item: item[1]["median"] or 0.0))
    draw_boxes(axes, by_speaker, [SEX_COLOURS[sexes.get(s, "unknown")] for s in by_speaker])
    has_names = len(by_speaker) <= _MOST_NAMED
    names = [speaker.rpartition(":")[2] if has_names else "" for speaker in by_speaker]
    axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 4 else 0)
    dress(axes, "level of the speech, by speaker, the quietest first", y="dBFS", grid="y")
    axes = figure.add_subplot(grid[2, 0])
    draw_histogram(axes, levels["peak_dbfs"]["histogram"])
    dress(axes, "largest sample", x="dBFS", y="clips", grid="y")
    axes = figure.add_subplot(grid[2, 1])
    for key, colour in (("leading_seconds", "#2a6f97"), ("trailing_seconds", "#b5657b")):
        draw_histogram(axes, levels[key]["histogram"], colour, 0.55)
    dress(axes, f"silence at the ends ({levels['silence_db']:g} dB below the loudest)", x="seconds", grid="y")
    legend(axes, labels=["before", "after"])
    return figure
