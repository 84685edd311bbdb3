"""What a card says of the run that made its model, whatever the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from emotrace import __version__
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.data import OWN_SPEECH, corpus_facts
from emotrace.learn.training.recipe_sections import Export


def run_facts(export: Export, split: Split, protocol: Mapping[str, Any], kind: str = "emotion") -> dict[str, Any]:
    """Give the values of a card that follow from the recipe and the division, ready for `Card`.

    Parameters
    ----------
    export
        Name, licence and the like.
    split
        Whom the model was trained, tuned and tested on.
    protocol
        How it came about: ``protocol`` and, for instance, ``fold`` and ``seed``.
    kind
        Of the bundle: what the labels of a corpus are.
    """
    return {
        "name": export.name,
        "description": export.description,
        "licence": export.licence,
        "window_seconds": export.window_seconds,
        "hop_seconds": export.hop_seconds,
        "corpora": tuple(corpus_entry(name, split, kind) for name in dict.fromkeys(u.corpus for u in split.train)),
        "split": {
            **protocol,
            **{
                f"{side}_speakers": sorted({u.speaker for u in getattr(split, side)})
                for side in ("train", "validation", "test")
            },
        },
        "code_version": __version__,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def corpus_entry(name: str, split: Split, kind: str = "emotion") -> Any:
    """Say what of a corpus the model was trained on."""
    facts = corpus_facts(name)
    members = [u for u in split.train if u.corpus == name]
    return {
        "name": name or OWN_SPEECH,
        "licence": facts.licence if facts else "not known to emotrace",
        "citation": facts.citation if facts else "none",
        "labels": sorted({str(u.sex) if kind == "sex" else u.emotion for u in members}),
        "n_utterances": len(members),
        "n_speakers": len({u.speaker for u in members}),
    }
