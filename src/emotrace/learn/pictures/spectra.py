"""The average spectrum and cepstrum of women and men."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotrace.learn.pictures._canvas import SEX_COLOURS, WIDTH, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS_HZ = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def draw_spectra(voices: Mapping[str, Any], mfcc_over_time: Mapping[str, Any]) -> Figure:
    """Draw spectra, cepstra and two clips.

    Parameters
    ----------
    voices
        ``hz``, ``spectrum_db`` and ``mfcc`` by sex; see `spectrum_facts`.
    mfcc_over_time
        By voice, the mean of a clip's coefficients in each frame: ``{"seconds", "mean"}``; may be empty.
    """
    figure = new_figure(WIDTH, 5.6 if mfcc_over_time else 2.9)
    grid = figure.add_gridspec(2 if mfcc_over_time else 1, 2, width_ratios=(1.35, 1.0))
    axes = figure.add_subplot(grid[0, 0])
    _draw_bands(axes, voices["hz"], voices["spectrum_db"])
    # Nothing was recorded above half the sampling rate; how little there is tells nothing.
    heard = np.array([found["q1"] for found in voices["spectrum_db"].values()])
    axes.set_ylim(bottom=max(float(heard.min()), float(np.median(heard)) - 40.0))
    axes.set_xscale("log")
    axes.set_xlim(60.0, 10_500.0)
    axes.set_xticks(_TICKS_HZ, [f"{hz / 1000:g} k" if hz >= 1000 else str(hz) for hz in _TICKS_HZ])
    axes.set_xticks([], minor=True)
    dress(axes, "average spectrum: the middle half of all clips, and its median", x="Hz", y="dB", grid="both")
    legend(axes)
    axes = figure.add_subplot(grid[0, 1])
    # Without the first coefficient, which says how loud it is.
    n = len(next(iter(voices["mfcc"].values()))["median"])
    later = {sex: {key: found[key][1:] for key in ("q1", "median", "q3")} for sex, found in voices["mfcc"].items()}
    _draw_bands(axes, list(range(2, n + 1)), later)
    axes.axhline(0.0, color="#8a8f98", linewidth=0.7)
    dress(axes, "average MFCC 2 to 20", x="coefficient", grid="y")
    axes.set_xticks(range(2, n + 1, 3))
    if mfcc_over_time:
        axes = figure.add_subplot(grid[1, :])
        for voice, line in mfcc_over_time.items():
            colour = SEX_COLOURS.get(voice, "#8a8f98")
            axes.plot(line["seconds"], line["mean"], color=colour, linewidth=1.2, label=voice)
        dress(axes, "the mean of 20 MFCC, frame by frame, of two clips", x="seconds", grid="y")
        legend(axes)
    return figure


def _draw_bands(axes: Axes, x: list[float], by_sex: Mapping[str, Mapping[str, Any]]) -> None:
    for sex, found in by_sex.items():
        colour = SEX_COLOURS.get(sex, "#8a8f98")
        axes.fill_between(x, np.array(found["q1"]), np.array(found["q3"]), color=colour, alpha=0.18, linewidth=0)
        axes.plot(x, found["median"], color=colour, linewidth=1.5, label=sex)
