"""One clip, borderless: its waveform above its mel spectrogram, as wide as it is long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.pictures._canvas import new_figure, spectrum_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_N_COLUMNS = 360
_RANGE_DB = 70.0
_HIGHEST_BAND = 112
"""Of 128 mel bands up to 11 kHz; above 8 kHz there is little to see."""


def draw_strip(
    signal: NDArray[np.float32],
    mel_db: NDArray[np.float32],
    share: float,
    colour: str,
    loudest: float,
    loudest_db: float,
) -> Figure:
    """Draw a clip.

    Parameters
    ----------
    signal
        Shape (n_samples,).
    mel_db
        Shape (n_frames, 128).
    share
        Of the width that the clip fills: its length by that of the longest beside it.
    colour
        Of the waveform.
    loudest, loudest_db
        The magnitude that fills the height of the waveform, and the level of the darkest ink.
    """
    figure = new_figure(4.9, 1.3, is_tight=False)
    wave = figure.add_axes((0.0, 0.66, 1.0, 0.34))
    n = max(1, min(_N_COLUMNS, signal.size))
    starts = np.linspace(0, signal.size, n, endpoint=False).astype(int)
    tops, bottoms = np.maximum.reduceat(signal, starts), np.minimum.reduceat(signal, starts)
    wave.fill_between(np.linspace(0.0, share, n), bottoms, tops, color=colour, linewidth=0.4)
    wave.set_xlim(0.0, 1.0)
    wave.set_ylim(-loudest, loudest)
    bands = figure.add_axes((0.0, 0.0, 1.0, 0.64))
    bands.imshow(
        mel_db[:, :_HIGHEST_BAND].T,
        origin="lower",
        aspect="auto",
        cmap=spectrum_colours(),
        interpolation="bilinear",
        vmin=loudest_db - _RANGE_DB,
        vmax=loudest_db,
        extent=(0.0, share, 0.0, 1.0),
    )
    bands.set_xlim(0.0, 1.0)
    for axes in (wave, bands):
        axes.set_axis_off()
    return figure
