"""What comes of listening to a clip."""

from __future__ import annotations

from dataclasses import dataclass

from emotrace.learn.evaluation.near_identical import Fingerprint


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one clip.

    Attributes
    ----------
    content
        Checksum of its samples, 64 hexadecimal digits; None for silence, which equals all other silence.
    fingerprint
        Empty for silence and what is too short.
    """

    content: str | None
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Unheard:
    """Why a clip could not be listened to."""

    reason: str
    is_missing: bool
