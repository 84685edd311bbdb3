"""A whole recording in one line of cells, and the time axis below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emotrace.reports._clock import clock
from emotrace.types import Prediction

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


class Cell(NamedTuple):
    """What fills most of one cell: an emotion or ``no speech``; None where nothing is said of it."""

    emotion: str | None
    is_uncertain: bool = False


def ribbon_cells(runs: Sequence[Prediction], duration: float, n_cells: int) -> list[Cell]:
    """Cut ``[0, duration)`` into ``n_cells`` equal cells and give what fills most of each."""
    overlaps: list[dict[Cell, float]] = [{} for _ in range(n_cells)]
    for run in runs if duration > 0.0 else ():
        kind = Cell(run.emotion, run.uncertain and run.is_speech)
        first, last = (edge / duration * n_cells for edge in (run.segment.start, run.segment.end))
        for cell in range(int(first), min(int(last), n_cells - 1) + 1):
            overlap = min(last, cell + 1) - max(first, cell)
            if overlap > 0.0:
                overlaps[cell][kind] = overlaps[cell].get(kind, 0.0) + overlap
    return [max(cell, key=cell.__getitem__) if cell else Cell(None) for cell in overlaps]


def time_axis(duration: float, n_cells: int) -> str:
    """Write round times below ``n_cells`` cells, each label beginning under the cell of its time.

    >>> time_axis(60.0, 40)
    '0:00      0:15      0:30      0:45      '
    """
    axis = [" "] * n_cells
    step = _step(duration, n_cells)
    decimals = 1 if step < 1 else 0
    for number in range(int(duration / step) + 1 if duration > 0.0 else 0):
        label = clock(number * step, decimals)
        column = round(number * step / duration * n_cells)
        if column + len(label) <= n_cells:
            axis[column : column + len(label)] = label
    return "".join(axis)


def _step(duration: float, n_cells: int) -> float:
    """Choose the smallest round step whose labels have room to breathe."""
    for step in _STEPS:
        if step / max(duration, 1e-9) * n_cells >= len(clock(duration)) + 3:
            return step
    return duration
