"""One emotion in every way of looking at sound, voices side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emotrace.features.log_mel import hz_to_mel
from emotrace.learn.explore.examples import SAMPLING_RATE, Analysis
from emotrace.learn.pictures._canvas import INK, LABEL, SOFT, TITLE, WIDTH, dress, new_figure, spectrum_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PITCH_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_ROWS = (
    "waveform,\nenvelope",
    "spectrogram",
    "mel bands",
    "MFCC",
    "chroma",
    "RMS",
    "zero-crossing\nrate",
    "centroid,\nroll-off (dotted)",
)
_HEIGHTS = (1.0, 1.35, 1.35, 1.0, 1.0, 0.7, 0.7, 0.9)
_HIGHEST_HZ = 8_000.0
_MEL_TICKS_HZ = (500, 1_000, 2_000, 4_000, 8_000)
_RANGE_DB = 70.0


def draw_anatomy(analyses: Mapping[str, Analysis], colour: str) -> Figure:
    """Draw the analyses of one or two voices, by voice; all share the axis of time, and each row its scale."""
    figure = new_figure(WIDTH, 10.6)
    grid = figure.subplots(len(_ROWS), len(analyses), squeeze=False, sharex=True, height_ratios=_HEIGHTS)
    found = list(analyses.values())
    longest = max(analysis.seconds for analysis in found)
    for column, (voice, analysis) in enumerate(analyses.items()):
        panels = grid[:, column]
        _draw_wave(panels[0], analysis, found, colour)
        _draw_spectrogram(panels[1], analysis)
        _draw_mel(panels[2], analysis)
        _draw_mfcc(panels[3], analysis, found)
        _draw_chroma(panels[4], analysis)
        _draw_line(panels[5], analysis, "rms", found, colour)
        _draw_line(panels[6], analysis, "zero_crossing_rate", found, colour)
        _draw_brightness(panels[7], analysis, colour)
        for row, axes in enumerate(panels):
            dress(axes)
            axes.set_xlim(0.0, longest)
            axes.tick_params(labelbottom=row == len(_ROWS) - 1, labelleft=column == 0)
            if column == 0:
                axes.set_ylabel(_ROWS[row], fontsize=LABEL, color=INK)
        panels[0].set_title(voice, loc="left", fontsize=TITLE + 1, fontweight="bold", color=INK)
        panels[-1].set_xlabel("seconds", fontsize=LABEL, color=SOFT)
    figure.align_ylabels(grid[:, 0])
    return figure


def _draw_wave(axes: Axes, analysis: Analysis, everybody: Sequence[Analysis], colour: str) -> None:
    times = np.arange(analysis.signal.size) / SAMPLING_RATE
    step = max(1, analysis.signal.size // 6_000)
    axes.plot(times[::step], analysis.signal[::step], color=colour, linewidth=0.4, alpha=0.75)
    axes.plot(analysis.envelope_seconds, analysis.envelope, color=INK, linewidth=0.8)
    loudest = max(float(np.abs(other.signal).max()) for other in everybody) or 1.0
    axes.set_ylim(-1.05 * loudest, 1.05 * loudest)


def _draw_spectrogram(axes: Axes, analysis: Analysis) -> None:
    _image(axes, analysis.power_db.T, analysis, (0.0, SAMPLING_RATE / 2_000.0))
    axes.set_ylim(0.0, _HIGHEST_HZ / 1000.0)
    axes.set_yticks(range(0, 9, 2), ["0", "2", "4", "6", "8 kHz"])


def _draw_mel(axes: Axes, analysis: Analysis) -> None:
    n_bands = analysis.mel_db.shape[1]
    _image(axes, analysis.mel_db.T, analysis, (-0.5, n_bands - 0.5))
    mels = hz_to_mel(np.array([*_MEL_TICKS_HZ, SAMPLING_RATE / 2.0], dtype=np.float64))
    places = mels[:-1] / mels[-1] * (n_bands + 1) - 1.0
    axes.set_yticks(places, [f"{hz / 1000:g}" if hz < _HIGHEST_HZ else "8 kHz" for hz in _MEL_TICKS_HZ])
    axes.set_ylim(-0.5, places[-1])


def _draw_mfcc(axes: Axes, analysis: Analysis, everybody: Sequence[Analysis]) -> None:
    # The first says how loud it is, a hundred times larger than the others.
    others = analysis.mfcc[:, 1:]
    bound = max(float(np.percentile(np.abs(other.mfcc[:, 1:]), 98)) for other in everybody)
    axes.imshow(
        others.T,
        origin="lower",
        aspect="auto",
        cmap="RdBu_r",
        vmin=-bound,
        vmax=bound,
        interpolation="nearest",
        extent=(0.0, analysis.seconds, 1.5, analysis.mfcc.shape[1] + 0.5),
    )
    axes.set_yticks((2, 10, 20))


def _draw_chroma(axes: Axes, analysis: Analysis) -> None:
    # Where it is all but silent the strongest pitch class is that of the noise.
    chroma = analysis.chroma * np.where(_is_heard(analysis), 1.0, 0.15)[:, np.newaxis]
    axes.imshow(
        chroma.T,
        origin="lower",
        aspect="auto",
        cmap="Greys",
        vmin=0.0,
        vmax=1.0,
        interpolation="nearest",
        extent=(0.0, analysis.seconds, -0.5, 11.5),
    )
    shown = (0, 4, 7, 9)
    axes.set_yticks(shown, [_PITCH_CLASSES[k] for k in shown])


def _draw_line(axes: Axes, analysis: Analysis, name: str, everybody: Sequence[Analysis], colour: str) -> None:
    values = getattr(analysis, name)
    axes.fill_between(analysis.frame_seconds, values, color=colour, alpha=0.3, linewidth=0)
    axes.plot(analysis.frame_seconds, values, color=colour, linewidth=1.0)
    axes.set_ylim(0.0, 1.05 * max(float(getattr(other, name).max()) for other in everybody) or 1.0)


def _draw_brightness(axes: Axes, analysis: Analysis, colour: str) -> None:
    is_heard = _is_heard(analysis)
    for values, style in ((analysis.roll_off_hz, ":"), (analysis.centroid_hz, "-")):
        axes.plot(
            analysis.frame_seconds, np.where(is_heard, values / 1000.0, np.nan), style, color=colour, linewidth=1.2
        )
    axes.set_ylim(0.0, _HIGHEST_HZ / 1000.0)
    axes.set_yticks((0, 4, 8), ["0", "4", "8 kHz"])


def _is_heard(analysis: Analysis) -> NDArray[np.bool_]:
    """Say which frames are no more than 30 dB below the loudest."""
    return np.asarray(analysis.rms > 0.03 * max(float(analysis.rms.max()), 1e-9))


def _image(axes: Axes, picture: Any, analysis: Analysis, bounds: tuple[float, float]) -> None:
    loudest = float(picture.max())
    axes.imshow(
        picture,
        origin="lower",
        aspect="auto",
        cmap=spectrum_colours(),
        vmin=loudest - _RANGE_DB,
        vmax=loudest,
        interpolation="bilinear",
        extent=(0.0, analysis.seconds, *bounds),
    )
