"""What stands at the top of a model card for machines: licence, languages, data, scores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from emotrace.bundle import Card
from emotrace.learn.training.data import corpus_facts

_TAGS = ("audio", "speech", "onnx", "emotrace")
_EMOTION_TAGS = ("speech-emotion-recognition", "emotion-recognition")
_TASKS = {
    "emotion": "speech emotion recognition",
    "speech": "voice activity detection",
    "sex": "speaker sex from speech",
}
# How a card's licence begins, and what it is called there; anything else needs a name and a file of its own.
_LICENCES = {"ODbL 1.0": "odbl"}
# Our score, and what the metric is called there.
_METRICS = {
    "unweighted_average_recall": ("recall", "unweighted average recall (UAR)"),
    "accuracy": ("accuracy", "accuracy"),
    "macro_f1": ("f1", "macro-averaged F1"),
}

Facts = Mapping[str, Any]


def front_matter(card: Card, scores: Facts, has_licence_file: bool) -> dict[str, Any]:
    """Give the metadata of a model card.

    Parameters
    ----------
    card
        Of the bundle.
    scores
        By corpus, as `emotrace evaluate` writes them.
    has_licence_file
        Whether a file LICENSE lies beside the model.
    """
    languages = [code for entry in card.corpora for code in _languages(entry["name"])]
    results = [_result(card, corpus, numbers) for corpus, numbers in scores.items()]
    is_emotion = card.kind == "emotion"
    return {
        **({"language": sorted(set(languages))} if languages else {}),
        **_licence(card, has_licence_file),
        "library_name": "emotrace",
        "pipeline_tag": "voice-activity-detection" if card.kind == "speech" else "audio-classification",
        "tags": [*_TAGS, *(_EMOTION_TAGS if is_emotion else ())],
        "datasets": [entry["name"] for entry in card.corpora],
        **({"metrics": [name for name, _ in _METRICS.values()]} if results else {}),
        **({"model-index": [{"name": card.name, "results": results}]} if results else {}),
    }


def _licence(card: Card, has_licence_file: bool) -> Facts:
    for words, identifier in _LICENCES.items():
        if card.licence.startswith(words):
            return {"license": identifier}
    name = re.sub(r"[^a-z0-9]+", "-", card.name.lower()).strip("-") or "model"
    link = {"license_link": "LICENSE"} if has_licence_file else {}
    return {"license": "other", "license_name": f"{name}-weights", **link}


def _languages(corpus: str) -> Iterator[str]:
    facts = corpus_facts(corpus)
    if facts is not None:
        yield from facts.languages


def _result(card: Card, corpus: str, scores: Facts) -> dict[str, Any]:
    facts = corpus_facts(corpus)
    return {
        "task": {"type": "audio-classification", "name": _TASKS[card.kind]},
        "dataset": {
            "type": corpus,
            "name": f"{facts.title if facts else corpus}, speakers it has never heard",
            "split": " ".join(str(card.split[key]) for key in ("protocol", "fold") if key in card.split) or "test",
        },
        "metrics": [
            {"type": kind, "name": name, "value": round(100.0 * value, 2)}
            for key, (kind, name) in _METRICS.items()
            if (value := value_of(scores.get(key))) is not None
        ],
    }


def value_of(score: Any) -> float | None:
    """Give the value of a score: a number, ``[value, low, high]`` or ``{"value", "low", "high"}``.

    >>> value_of({"value": 0.5, "low": 0.4, "high": 0.6}), value_of([0.5, 0.4, 0.6]), value_of("?")
    (0.5, 0.5, None)
    """
    if isinstance(score, Mapping):
        score = score.get("value")
    elif isinstance(score, list | tuple) and score:
        score = score[0]
    is_number = isinstance(score, int | float) and not isinstance(score, bool)
    return float(score) if is_number else None
