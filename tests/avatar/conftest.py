"""Predictions made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emotrace.labels import NO_SPEECH
from emotrace.types import Prediction, Segment

Hear = Callable[..., Prediction]


@pytest.fixture(scope="session")
def hear() -> Hear:
    """(*, uncertain, start, seconds, **probabilities) -> Prediction; without probabilities nobody speaks."""

    def make(
        uncertain: bool = False, start: float = 0.0, seconds: float = 0.75, **probabilities: float
    ) -> Prediction:
        segment = Segment(start, start + seconds)
        if not probabilities:
            return Prediction(segment, NO_SPEECH, None, False, {}, 0.0)
        emotion = max(probabilities, key=lambda label: probabilities[label])
        return Prediction(segment, emotion, probabilities[emotion], uncertain, probabilities, seconds)

    return make
