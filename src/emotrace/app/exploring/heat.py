"""Matrices as small pictures, without axes: the page draws those."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotrace.learn.pictures._canvas import _INKS

# From blue over paper to red: ColorBrewer's RdBu, told apart with colour-blind eyes.
_DIVERGING = ("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b")
_GREYS = ("#ffffff", "#1c1e22")
SCALES = {"spectrum": _INKS, "diverging": _DIVERGING, "greys": _GREYS}
_N_COLOURS = 256


def to_heat(matrix: NDArray[np.floating], low: float, high: float, scale: str) -> bytes:
    """Give a PNG of a matrix (n_columns, n_rows), its first row at the bottom; from ``low`` to ``high``."""
    span = max(high - low, 1e-9)
    levels = np.clip((np.asarray(matrix, dtype=np.float64) - low) / span, 0.0, 1.0) * (_N_COLOURS - 1)
    picture = Image.fromarray(np.ascontiguousarray(np.rint(levels).astype(np.uint8).T[::-1]), "P")
    picture.putpalette(_palette(SCALES[scale]))
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _palette(stops: Sequence[str]) -> list[int]:
    rgb = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops], dtype=np.float64)
    places = np.linspace(0.0, len(stops) - 1.0, _N_COLOURS)
    mixed = [np.interp(places, np.arange(len(stops)), channel) for channel in rgb.T]
    return [int(value) for value in np.rint(np.stack(mixed, axis=1)).ravel()]
