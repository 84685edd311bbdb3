"""A histogram from finished numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_histogram(axes: Axes, histogram: Mapping[str, Any], colour: str = "#8a8f98", alpha: float = 1.0) -> None:
    """Draw ``{"edges", "counts"}`` as bars without gaps."""
    axes.stairs(histogram["counts"], histogram["edges"], fill=True, color=colour, alpha=alpha)
    axes.set_ylim(bottom=0)


def draw_outline(axes: Axes, edges: list[float], counts: list[int], colour: str, label: str = "") -> None:
    """Draw the share of clips in each bin as a line, so that groups of different size compare."""
    total = max(sum(counts), 1)
    shares = _smooth(np.array(counts, dtype=np.float64) / total)
    centres = (np.array(edges[1:]) + np.array(edges[:-1])) / 2.0
    axes.plot(centres, shares, color=colour, linewidth=1.5, label=label)


def _smooth(shares: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Round the corners off a little: the eye should follow the shape, not the bins."""
    weights = np.array([math.comb(12, k) for k in range(13)]) / 2.0**12
    padded = np.pad(shares, 6, mode="reflect")
    return np.convolve(padded, weights, "valid")
