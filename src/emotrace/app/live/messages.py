"""What a listening page and the app say to one another: the records of `emotrace.server.live.protocol`, and more.

The page sends `Open`, then audio (signed 16-bit little-endian, one channel), at any time `Avatar`, and at last
``close``. It is answered with ``ready``, ``result`` and ``done`` as any client of ``/v1/stream`` is, with `Voice`
where an ordinary voice was to be learned, and with `AvatarNotice`. A baseline is kept by the page, not here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

from pydantic import BaseModel, Field

from emotrace.bundle.card import MODEL_FILE, Card
from emotrace.errors import UsageError, suggest
from emotrace.hear.baseline import LEAST_SECONDS, MOST_SECONDS, Baseline
from emotrace.hear.session import HIGHEST_RATE, LOWEST_RATE
from emotrace.server.live.protocol import BadMessageError, Close, KeepAlive, Record, quote, read_object, validate

_LONGEST_HOST = 253
# The page sends back what it was given, as decimal numbers.
_SUM_TOLERANCE = 1e-6


class Voice(Record):
    """A personal baseline on its way to the page and back; see `emotrace.hear.baseline.Baseline`."""

    type: Literal["voice"] = "voice"
    model_sha256: str = Field(max_length=64)
    labels: tuple[str, ...] = Field(max_length=100)
    probabilities: tuple[float, ...] = Field(max_length=100)
    speech_seconds: float = Field(ge=LEAST_SECONDS, le=2 * MOST_SECONDS)
    n_windows: int = Field(ge=1)

    @classmethod
    def of(cls, baseline: Baseline) -> Voice:
        """Make the message of what was heard."""
        return cls(**{name: getattr(baseline, name) for name in cls.model_fields if name != "type"})

    def to_baseline(self, card: Card) -> Baseline:
        """Give the baseline, if it is one of this bundle.

        Raises
        ------
        UsageError
            If it is none, or of another bundle.
        """
        is_own = self.model_sha256 == card.files[MODEL_FILE]["sha256"] and self.labels == card.labels
        is_distribution = len(self.probabilities) == len(self.labels) and all(p >= 0 for p in self.probabilities)
        if not (is_own and is_distribution and math.isclose(sum(self.probabilities), 1.0, abs_tol=_SUM_TOLERANCE)):
            raise UsageError("this ordinary voice was heard by another model; record it anew")
        values = {name: value for name, value in self.fields().items() if name != "type"}
        return Baseline(**values)


class Target(Record):
    """Where an avatar's parameters go, and which."""

    host: str = Field(min_length=1, max_length=_LONGEST_HOST)
    port: int = Field(ge=1, le=65_535)
    preset: str = Field(min_length=1, max_length=100)


class Open(Record):
    """Begins: to hear emotions (``live``) or to learn an ordinary voice (``voice``)."""

    type: Literal["open"] = "open"
    purpose: Literal["live", "voice"] = "live"
    sampling_rate: int = Field(ge=LOWEST_RATE, le=HIGHEST_RATE)
    voice: Voice | None = None
    avatar: Target | None = None


class Avatar(Record):
    """Sends an avatar's parameters there from now on, or nowhere any more."""

    type: Literal["avatar"] = "avatar"
    target: Target | None


class AvatarNotice(Record):
    """Whether an avatar is sent to, and what there is to say of it."""

    type: Literal["notice"] = "notice"
    is_sending: bool
    line: str


Control = Open | Avatar | KeepAlive | Close
_CONTROLS: Mapping[str, type[BaseModel]] = {
    "open": Open,
    "avatar": Avatar,
    "keepalive": KeepAlive,
    "close": Close,
}


def read_control(text: str) -> Control:
    """Read a page's text message.

    Raises
    ------
    BadMessageError
        If it is none of `Control`; the sentence says what is wrong.

    >>> read_control('{"type": "avatar", "target": null}')
    Avatar(type='avatar', target=None)
    """
    data: dict[str, Any] = read_object(text, "audio is sent as binary, and text must be a JSON object with a type")
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _CONTROLS:
        raise BadMessageError(f"the message has the type {quote(kind)}; {suggest(str(kind), _CONTROLS)}")
    return cast(Control, validate(_CONTROLS[kind], text, kind))
