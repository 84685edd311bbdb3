"""How an avatar moves from one feeling to the next: the settings of `emotrace.avatar.state.AvatarState`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from emotrace.errors import AvatarError, suggest
from emotrace.labels import EMOTIONS

_LONGEST_SECONDS = 3600.0
_STRONGEST = 10.0


@dataclass(frozen=True)
class Motion:
    """How fast and how far the avatar follows what is heard.

    Attributes
    ----------
    attack_seconds, decay_seconds
        Time constants of the way away from neutral and back to it: after one of them 63 % of the way is done,
        after three 95 %. 0 is at once.
    silence_seconds
        Without any prediction for this long (nothing arrives any more) the avatar goes back to neutral. Where a
        prediction says that nobody speaks it does so at once.
    strength
        Factor for all emotions but neutral: 0.5 is a calm actor, 2 an exaggerating one.
    strengths
        Further factors for single emotions, for instance ``{"anger": 0.5}``; 0 never shows one.
    uncertain_strength
        Further factor, 0 to 1, for what the model calls uncertain.
    margin
        By how much another emotion's weight must exceed that of the one shown before it is shown, above 0, to 1.
    hold_seconds
        How long an emotion is shown at least.

    Raises
    ------
    AvatarError
        If a value is out of its range.
    """

    attack_seconds: float = 0.3
    decay_seconds: float = 1.2
    silence_seconds: float = 2.5
    strength: float = 1.0
    strengths: Mapping[str, float] = field(default_factory=dict)
    uncertain_strength: float = 0.4
    margin: float = 0.1
    hold_seconds: float = 0.8

    def __post_init__(self) -> None:
        for spec in fields(self):
            if spec.name != "strengths":
                low, high = _RANGES[spec.name]
                _require(spec.name, getattr(self, spec.name), low, high)
        for emotion, factor in self.strengths.items():
            if emotion not in EMOTIONS:
                raise AvatarError(f"key 'strengths' names {emotion[:40]!r}; {suggest(emotion[:40], EMOTIONS)}")
            _require(f"strengths.{emotion}", factor, 0.0, _STRONGEST)


_RANGES = {
    "attack_seconds": (0.0, 60.0),
    "decay_seconds": (0.0, 60.0),
    "silence_seconds": (0.1, _LONGEST_SECONDS),
    "strength": (0.0, _STRONGEST),
    "uncertain_strength": (0.0, 1.0),
    # Without any margin two emotions that are equally strong would take turns.
    "margin": (0.001, 1.0),
    "hold_seconds": (0.0, _LONGEST_SECONDS),
}


def _require(key: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise AvatarError(f"key '{key}' is {value:g}; it must be between {low:g} and {high:g}")
