"""How high voices are: women and men, emotion by emotion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._boxes import draw_boxes
from emotrace.learn.pictures._canvas import SEX_COLOURS, WIDTH, dress, label_colours, legend, new_figure
from emotrace.learn.pictures._histogram import draw_outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS_HZ = (80, 120, 160, 200, 250, 300, 400)


def draw_pitch(pitch: Mapping[str, Any]) -> Figure:
    """Draw the clips' median pitch, its range within a clip, and the pace; see `pitch_facts`."""
    figure = new_figure(WIDTH, 5.6)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.9))
    axes = figure.add_subplot(grid[0, 0])
    for sex, histogram in pitch["histograms"].items():
        draw_outline(axes, histogram["edges"], histogram["counts"], SEX_COLOURS.get(sex, "#8a8f98"), sex)
    axes.set_xscale("log")
    axes.set_xticks(_TICKS_HZ[::2], [str(hz) for hz in _TICKS_HZ[::2]])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.set_ylim(bottom=0)
    dress(axes, "median pitch of a clip", x="Hz")
    legend(axes)
    _draw_by_emotion(figure.add_subplot(grid[0, 1]), pitch["boxes"])
    axes = figure.add_subplot(grid[1, 0])
    pace = pitch["syllables_per_second"]
    draw_boxes(axes, pace, list(label_colours(list(pace)).values()))
    axes.tick_params(axis="x", rotation=60)
    dress(axes, "pace", y="syllables per second", grid="y")
    axes = figure.add_subplot(grid[1, 1])
    ranges = pitch["range_semitones"]
    draw_boxes(axes, ranges, list(label_colours(list(ranges)).values()), width=0.5)
    dress(axes, "how far pitch moves within a clip", y="semitones", grid="y")
    return figure


def _draw_by_emotion(axes: Axes, boxes: Mapping[str, Mapping[str, Any]]) -> None:
    emotions = list(dict.fromkeys(emotion for by_emotion in boxes.values() for emotion in by_emotion))
    nothing = {"n": 0}
    width = 0.7 / max(len(boxes), 1)
    for place, (sex, by_emotion) in enumerate(boxes.items()):
        shift = (place - (len(boxes) - 1) / 2.0) * (width + 0.04)
        ordered = {emotion: by_emotion.get(emotion, nothing) for emotion in emotions}
        draw_boxes(axes, ordered, [SEX_COLOURS.get(sex, "#8a8f98")] * len(emotions), width=width, shift=shift)
    axes.set_yscale("log")
    axes.set_yticks(_TICKS_HZ, [str(hz) for hz in _TICKS_HZ])
    axes.set_yticks([], minor=True)
    dress(axes, "by emotion", y="Hz", grid="y")
