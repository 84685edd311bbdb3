"""How much clips divided at random promise too much: one figure of all claims."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def summarise_leak(summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Give the leak gap of every model whose published figure is leaky and that was measured both ways, as one.

    ``mean``, ``low`` and ``high`` (the smallest and the largest) are differences of accuracies in [-1, 1], over
    ``n_models`` models of ``n_claims`` claims. What a project only recommended, without a figure, is not among
    them. None where nothing was measured both ways.

    Parameters
    ----------
    summaries
        Made by `emotrace.learn.laboratory.summary.summarise`.
    """
    gaps = [
        (summary["claim"], result["leak_gap"])
        for summary in summaries
        for result in summary["results"]
        if summary["is_leaky"] and result["published"] and result["leak_gap"] is not None
    ]
    if not gaps:
        return None
    values = [gap for _, gap in gaps]
    return {
        "mean": round(statistics.fmean(values), 4),
        "low": min(values),
        "high": max(values),
        "n_models": len(values),
        "n_claims": len({claim for claim, _ in gaps}),
    }


def tell_leak(leak: Mapping[str, Any]) -> str:
    """Say it in a sentence, in points of accuracy."""
    return (
        f"Clips divided at random promise {100 * leak['mean']:.0f} points more than unheard speakers keep, in the "
        f"mean of the {leak['n_models']} models of {leak['n_claims']} published claims that were measured both "
        f"ways ({100 * leak['low']:.0f} to {100 * leak['high']:.0f})"
    )
