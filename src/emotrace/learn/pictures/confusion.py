"""What was taken for what: counts and shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emotrace.labels import NO_SPEECH
from emotrace.learn.pictures._canvas import INK, SOFT, WIDTH, dress, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_confusion(confusion: Mapping[str, Any]) -> Figure:
    """Draw two fields side by side, counts and shares of each row.

    Parameters
    ----------
    confusion
        ``labels``; ``counts``, a row for each true label; ``no_speech``, how often nobody was heard. That column
        is drawn where there is anything in it.
    """
    rows = list(confusion["labels"])
    counts = np.array(confusion["counts"], dtype=np.float64)
    columns = list(rows)
    silent = confusion.get("no_speech") or [0] * len(rows)
    if any(silent):
        counts = np.column_stack([counts, silent])
        columns.append(NO_SPEECH)
    # Labels that are neither there nor ever said tell nothing.
    used = [k for k, label in enumerate(rows) if counts[k].any() or counts[:, columns.index(label)].any()]
    kept = [*used, *range(len(rows), len(columns))]
    counts, rows, columns = counts[np.ix_(used, kept)], [rows[k] for k in used], [columns[k] for k in kept]
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    figure = new_figure(WIDTH, 0.5 * WIDTH + 0.5)
    left, right = figure.subplots(1, 2, sharey=True)
    _draw(left, counts, shares, rows, columns, "clips", "{:.0f}")
    _draw(right, 100.0 * shares, shares, rows, columns, "per cent of each true emotion", "{:.0f}")
    left.set_ylabel("true", fontsize=9, color=SOFT)
    return figure


def _draw(
    axes: Axes,
    numbers: NDArray[np.float64],
    shares: NDArray[np.float64],
    rows: list[str],
    columns: list[str],
    title: str,
    form: str,
) -> None:
    # Wrong and right in colours of their own: the eye finds the mistakes.
    is_right = np.array([[row == column for column in columns] for row in rows])
    picture = _tint(shares, is_right)
    axes.imshow(picture, aspect="equal", interpolation="nearest")
    for row, column in np.ndindex(numbers.shape):
        if numbers[row, column] >= 0.5:
            strong = shares[row, column] > (0.55 if is_right[row, column] else 0.45)
            axes.text(
                column,
                row,
                form.format(numbers[row, column]),
                ha="center",
                va="center",
                fontsize=9,
                color="#ffffff" if strong else INK,
                fontweight="bold" if is_right[row, column] else "normal",
            )
    dress(axes, title, x="heard")
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="#ffffff", linewidth=1.5)
    axes.tick_params(which="both", length=0, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _tint(shares: NDArray[np.float64], is_right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mix paper with blue where it is right, with red where it is wrong, the more the larger the share."""
    paper = np.array([0.965, 0.96, 0.95])
    blue, red = np.array([0.10, 0.27, 0.52]), np.array([0.72, 0.17, 0.11])
    ink = np.where(is_right[..., None], blue, red)
    weight = np.where(is_right, shares, np.minimum(1.6 * shares, 1.0))[..., None]
    return np.asarray(paper * (1.0 - weight) + ink * weight)
