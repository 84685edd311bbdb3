"""Make a model's confidences mean what they say, on validation speakers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.labels import preset_labels
from emotrace.learn.evaluation.calibration import apply_temperature, fit_temperature, threshold_for_coverage
from emotrace.learn.training.data import is_sung
from emotrace.learn.training.recipe_sections import Export


def calibrate_logits(
    logits: NDArray[Any],
    truth: NDArray[np.int64],
    allowed: NDArray[np.bool_],
    labels: Sequence[str],
    corpora: Sequence[str],
    export: Export,
) -> dict[str, float]:
    """Fit the temperature, and the confidence below which a prediction is uncertain.

    The temperature is fitted among each corpus's own labels; the threshold among the labels that are shown by
    default, on clips that have one of those (on all, if none has). Song is left out, and every corpus counts the
    same, however many clips it has.

    Parameters
    ----------
    logits
        Of validation clips, (n, n_labels).
    truth
        Column of each clip's label, (n,).
    allowed
        Which labels each clip's corpus has, (n, n_labels).
    labels
        Of the columns.
    corpora
        Of the clips.
    export
        Which labels are shown, and what share of predictions shall be certain.

    Returns
    -------
    What a card says of it: ``temperature``, ``uncertain_below``, ``coverage``.
    """
    chosen = balance_corpora(corpora)
    temperature = round(fit_temperature(logits[chosen], truth[chosen], allowed[chosen]), 4)
    shown = preset_labels(export.default_labels, labels)
    mask = np.array([label in shown for label in labels])
    visible = chosen[mask[truth[chosen]]]
    visible = visible if visible.size else chosen
    confidence = apply_temperature(logits[visible], temperature, mask).max(axis=1)
    return {
        "temperature": temperature,
        "uncertain_below": round(float(threshold_for_coverage(confidence, export.coverage)), 4),
        "coverage": export.coverage,
    }


def balance_corpora(corpora: Sequence[str]) -> NDArray[np.int64]:
    """Repeat the clips of small corpora of speech, so that every one has about as many as the largest.

    Returns the places of the clips, repeated; song only counts if there is nothing else.
    """
    names, counts = np.unique(corpora, return_counts=True)
    sung = {name for name in names if is_sung(name)} if any(not is_sung(name) for name in names) else set()
    repeats = {
        name: 0 if name in sung else round(counts.max() / count) for name, count in zip(names, counts, strict=True)
    }
    return np.repeat(np.arange(len(corpora)), [repeats[corpus] for corpus in corpora])
