"""All pictures of judging, one after the other: numbers -> named figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._album import Album
from emotrace.learn.pictures.confusion import draw_confusion
from emotrace.learn.pictures.learning_curves import draw_learning_curves
from emotrace.learn.pictures.precision_recall import draw_precision_recall
from emotrace.learn.pictures.recall_by_group import draw_recall_by_group
from emotrace.learn.pictures.recall_by_speaker import draw_recall_by_speaker
from emotrace.learn.pictures.reliability import draw_reliability
from emotrace.learn.pictures.risk_coverage import draw_risk_coverage
from emotrace.learn.pictures.roc import draw_roc

if TYPE_CHECKING:
    pass


def file_prefix(place: int, name: str) -> str:
    """Give what the names of a run's pictures begin with, whatever the run is called.

    >>> file_prefix(2, "runs/my model")
    '2-runs-my-model-'
    """
    return f"{place}-{re.sub(r'[^A-Za-z0-9._]+', '-', name)[:40].strip('-.')}-"


def judged_album(facts: Mapping[str, Any], sexes: Mapping[str, str]) -> Album:
    """List the pictures of one run that its numbers allow.

    Parameters
    ----------
    facts
        See `emotrace.learn.explore.judged_facts.judged_facts`.
    sexes
        The sex of each speaker.
    """
    album: Album = {"confusion": partial(draw_confusion, facts["confusion"])}
    if facts["curves"] is not None and facts["curves"]["macro_auc"] is not None:
        album["roc"] = partial(draw_roc, facts["curves"])
        album["precision-recall"] = partial(draw_precision_recall, facts["curves"])
    if facts["reliability"] is not None:
        error = facts["scores"].get("expected_calibration_error", {}).get("value")
        album["reliability"] = partial(draw_reliability, facts["reliability"], error)
    if facts["risk_coverage"] is not None:
        album["risk-coverage"] = partial(draw_risk_coverage, facts["risk_coverage"], facts["uncertain"])
    if len(facts["recall_by_sex"]) > 1:
        album["recall-by-sex"] = partial(draw_recall_by_group, facts["recall_by_sex"], "recall by sex")
    if len(facts["recall_by_intensity"]) > 1:
        album["recall-by-intensity"] = partial(
            draw_recall_by_group, facts["recall_by_intensity"], "recall by intensity"
        )
    if len(facts["per_speaker"]) > 1:
        n_labels = sum(1 for scores in facts["per_class"].values() if scores["support"])
        overall = facts["scores"]["unweighted_average_recall"]["value"]
        album["recall-by-speaker"] = partial(
            draw_recall_by_speaker, facts["per_speaker"], sexes, overall, 1.0 / max(n_labels, 1)
        )
    if facts["history"]:
        album["learning-curves"] = partial(draw_learning_curves, facts["history"])
    return album
