"""A timeline made by hand: silence, anger, uncertain fear, silence, neutral."""

from __future__ import annotations

from emotrace.labels import NO_SPEECH
from emotrace.types import Prediction, Segment, Timeline

LABELS = ("neutral", "anger", "fear")
PLAN = ((NO_SPEECH, 0.0), ("anger", 0.9), ("anger", 0.7), ("fear", 0.4), (NO_SPEECH, 0.0), ("neutral", 0.8))


def make_timeline(
    plan: tuple[tuple[str, float], ...] = PLAN, hop: float = 2.0, channel: str = "mix", file: str = "a.wav"
) -> Timeline:
    """Give a timeline of one prediction per entry (emotion, confidence); below 0.5 it is uncertain."""
    predictions = tuple(_predict(n * hop, hop, *entry, channel, file) for n, entry in enumerate(plan))
    speech = tuple(p.segment for p in predictions if p.is_speech)
    return Timeline(file, channel, len(plan) * hop, predictions, speech, LABELS, "default", {"hop_seconds": hop})


def _predict(start: float, hop: float, emotion: str, confidence: float, channel: str, file: str) -> Prediction:
    segment = Segment(start, start + hop)
    if emotion == NO_SPEECH:
        return Prediction(segment, emotion, None, False, {}, 0.0, file, channel)
    shares = dict.fromkeys(LABELS, (1 - confidence) / (len(LABELS) - 1)) | {emotion: confidence}
    return Prediction(segment, emotion, confidence, confidence < 0.5, shares, hop, file, channel)
