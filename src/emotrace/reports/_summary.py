"""How a timeline's speech is shared between the emotions."""

from __future__ import annotations

from emotrace.types import Timeline

UNCERTAIN = "uncertain"


def speech_shares(timeline: Timeline) -> dict[str, float]:
    """Give the share of speech per emotion, largest first, summing to 1; empty where nobody speaks.

    Predictions that are better not acted upon count as ``uncertain``, whatever their emotion, and come last.
    """
    seconds: dict[str, float] = {}
    for prediction in timeline.predictions:
        if prediction.is_speech:
            name = UNCERTAIN if prediction.uncertain else prediction.emotion
            seconds[name] = seconds.get(name, 0.0) + prediction.speech_seconds
    total = sum(seconds.values())
    if total <= 0.0:
        return {}
    ranked = sorted(seconds, key=lambda name: (name == UNCERTAIN, -seconds[name]))
    return {name: seconds[name] / total for name in ranked}
