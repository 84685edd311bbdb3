"""Pictures that show what augmentations do: mel spectrograms beside that of the original.

Drawn with matplotlib (the extra ``plot``) without its global state, so that nothing is set for the caller. All
pictures of one original share its time axis, its bands and its colours: a louder copy looks brighter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emotrace.atomic import replacing
from emotrace.errors import MissingExtraError
from emotrace.features.log_mel import hz_to_mel, mel_to_hz
from emotrace.learn.augment._augmentation import Signal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

N_BANDS = 80
HOP_SECONDS = 0.010
_WINDOW_SECONDS = 0.032
_HIGHEST_HZ = 8_000.0
_RANGE_DB = 70.0
_TICKS_HZ = (0, 500, 1_000, 2_000, 4_000, 8_000)
_LONGEST_SHOWN = 1.35
_COLOURS = "dB (0 is the loudest point of the original)"
_DPI = 100

Matrix = NDArray[np.float32]


def mel_spectrogram_db(signal: Signal, sampling_rate: int) -> Matrix:
    """Give 80 mel bands up to 8 kHz (or half the rate) every 10 ms, in dB, shape (n_frames, 80)."""
    hop = max(1, round(HOP_SECONDS * sampling_rate))
    width = max(2, round(_WINDOW_SECONDS * sampling_rate))
    # Padded, so that even the lowest bands, 20 Hz wide, hold a few bins.
    n_fft = 4 << (width - 1).bit_length()
    padded = np.pad(signal, (width // 2, width - width // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(width), n_fft, axis=1)) ** 2
    bands = power @ _triangles(sampling_rate, n_fft).T / width**2
    return np.asarray(10.0 * np.log10(np.maximum(bands, 1e-14)), dtype=np.float32)


def draw_pair(original: Matrix, changed: Matrix, sampling_rate: int, title: str, path: Path) -> None:
    """Write a PNG: the original above, the changed copy below, all of its length.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure = _figure(10.0, 5.6)
    # Placed by hand: finding places takes as long as drawing.
    panels = figure.subplots(2, 1, gridspec_kw={"left": 0.06, "right": 0.9, "top": 0.94, "bottom": 0.09})
    colours = figure.add_axes((0.92, 0.09, 0.015, 0.85))
    n_frames = max(len(original), len(changed))
    for axes, matrix, name in zip(panels, (original, changed), ("original", title), strict=True):
        image = _draw(axes, matrix, original, n_frames, sampling_rate, name)
        axes.set_ylabel("kHz")
    panels[-1].set_xlabel("seconds")
    figure.colorbar(image, cax=colours, label=_COLOURS)
    _save(figure, path)


def draw_overview(
    original: Matrix, rows: Mapping[str, Mapping[str, Matrix]], sampling_rate: int, path: Path
) -> None:
    """Write a PNG: the original on top, below it a row for each augmentation, its presets side by side.

    Copies that are much longer than the original are cut; all say how long they are.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    n_columns = max(map(len, rows.values()))
    figure = _figure(max(8.0, 3.9 * n_columns), 1.9 * (len(rows) + 1) + 0.3)
    figure.set_layout_engine("constrained")
    grid = figure.subplots(len(rows) + 1, n_columns, squeeze=False)
    longest = max(len(matrix) for presets in rows.values() for matrix in presets.values())
    n_frames = max(len(original), min(longest, int(_LONGEST_SHOWN * len(original))))
    for axes in grid.flat:
        axes.set_axis_off()
    image = _draw(grid[0, 0], original, original, n_frames, sampling_rate, "original")
    for line, (name, presets) in zip(grid[1:], rows.items(), strict=True):
        for axes, (preset, matrix) in zip(line, presets.items(), strict=False):
            changed = f" ({len(matrix) * HOP_SECONDS:.2f} s)" if len(matrix) != len(original) else ""
            _draw(axes, matrix, original, n_frames, sampling_rate, f"{preset}{changed}")
        line[0].set_ylabel(name, fontsize=12, fontweight="bold")
    for axes in grid[:-1].flat:
        axes.tick_params(labelbottom=False)
    grid[0, 0].set_ylabel("kHz")
    figure.colorbar(image, ax=grid, label=_COLOURS, shrink=0.3, aspect=40, anchor=(0.0, 1.0), pad=0.01)
    figure.supxlabel("seconds", fontsize=10)
    _save(figure, path)


def _figure(width_inches: float, height_inches: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing spectrograms", "plot") from None
    return Figure(figsize=(width_inches, height_inches), dpi=_DPI)


def _draw(
    axes: Axes, matrix: Matrix, original: Matrix, n_frames: int, sampling_rate: int, title: str
) -> AxesImage:
    image = axes.imshow(
        matrix.T - original.max(),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="magma",
        vmin=-_RANGE_DB,
        vmax=0.0,
        extent=(0.0, len(matrix) * HOP_SECONDS, -0.5, N_BANDS - 0.5),
    )
    axes.set_axis_on()
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_facecolor("0.92")
    axes.set_xlim(0.0, n_frames * HOP_SECONDS)
    ticks_hz = [hz for hz in _TICKS_HZ if hz <= _highest_hz(sampling_rate)]
    # Band i has its centre on the edge i + 1 of the triangles.
    mels = hz_to_mel(np.array([*ticks_hz, _highest_hz(sampling_rate)], dtype=float))
    axes.set_yticks(mels[:-1] / mels[-1] * (N_BANDS + 1) - 1.0, [f"{hz / 1000:g}" for hz in ticks_hz])
    axes.set_ylim(-0.5, N_BANDS - 0.5)
    axes.tick_params(labelsize=8)
    return image


def _triangles(sampling_rate: int, n_fft: int) -> NDArray[np.float64]:
    bins_hz = np.fft.rfftfreq(n_fft, 1.0 / sampling_rate)
    top = hz_to_mel(np.array([_highest_hz(sampling_rate)]))[0]
    edges_hz = mel_to_hz(np.linspace(0.0, top, N_BANDS + 2))
    rising = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles / np.maximum(triangles.sum(axis=1, keepdims=True), 1e-9))


def _highest_hz(sampling_rate: int) -> float:
    return min(_HIGHEST_HZ, sampling_rate / 2.0)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as part:
        figure.savefig(part, format="png")
