"""Mappings: which parameter of an avatar gets which quantity. Poses in, values out; `sender` decides when.

The quantities are ``emotion`` (the name of the one shown), ``index`` (a whole number for it), ``is_emotion`` (1
while it is among some), ``weight`` (a sum of weights), ``valence``, ``arousal``, ``intensity``, ``is_speaking``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from emotrace.avatar.motion import Motion
from emotrace.avatar.state import Pose
from emotrace.errors import AvatarError, suggest
from emotrace.labels import EMOTIONS

Value = bool | int | float | str

TYPES = ("float", "int", "bool", "string")

MOST_PARAMETERS = 500
"""More would be a flood of packets."""

_LARGEST = 1e9
_LARGEST_INT = 2**31 - 1
# What OSC 1.0 forbids in the name of a method, and what is not printable ASCII.
_ADDRESS = re.compile(r"(/[!-~]+)+")
_FORBIDDEN = set(" #*,?[]{}")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an avatar.

    Attributes
    ----------
    address
        OSC address, for instance ``/avatar/parameters/Anger``.
    value
        The quantity it gets, one of `QUANTITIES`.
    type
        ``float``, ``int`` (rounded), ``bool`` (true from ``threshold`` on) or ``string`` (for ``emotion`` only).
    name
        Sent before the value as an argument of its own, as the VMC protocol wants it; not sent where empty.
    weights
        Quantity ``weight``: factors by emotion; the value is the sum of factor times weight.
    index
        Quantity ``index``: whole numbers by emotion; one that is not listed gives ``otherwise``.
    otherwise
        See ``index``.
    emotions
        Quantity ``is_emotion``: those in question.
    scale, offset
        The value is multiplied and then moved; then ``low`` and ``high`` limit it, where given.
    threshold
        See ``type``.

    Raises
    ------
    AvatarError
        If something is missing, out of range, or has no meaning for this quantity or type.
    """

    address: str
    value: str
    type: str = "float"
    name: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    index: Mapping[str, int] = field(default_factory=dict)
    otherwise: int = 0
    emotions: tuple[str, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check_address("address", self.address)
        _require_known("value", self.value, QUANTITIES)
        _require_known("type", self.type, TYPES)
        if (self.type == "string") != (self.value == "emotion"):
            raise AvatarError("value 'emotion' is a name: it needs type 'string', which no other value can have")
        for key, quantity in (("weights", "weight"), ("index", "index"), ("emotions", "is_emotion")):
            named = getattr(self, key)
            if bool(named) != (self.value == quantity):
                raise AvatarError(
                    f"key '{key}' is for value '{quantity}', which needs it; the value is '{self.value}'"
                )
            for emotion in named:
                _require_known(key, emotion, EMOTIONS)
        if any(abs(number) > _LARGEST_INT for number in (self.otherwise, *self.index.values())):
            raise AvatarError(f"keys 'index' and 'otherwise' must hold numbers within {_LARGEST_INT} of 0")
        if any(abs(factor) > _LARGEST for factor in self.weights.values()):
            raise AvatarError("key 'weights' holds a factor that is not within 1e9 of 0")
        for key in ("scale", "offset", "low", "high", "threshold"):
            if abs(getattr(self, key) or 0.0) > _LARGEST:
                raise AvatarError(f"key '{key}' is {getattr(self, key):g}; it must be within 1e9 of 0")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise AvatarError(f"key 'low' is {self.low:g}, above 'high', which is {self.high:g}")
        if "\0" in self.name:
            raise AvatarError("key 'name' holds a zero, with which an OSC string ends")

    @property
    def used_emotions(self) -> frozenset[str]:
        """Those it would never move without, if a model does not give them."""
        return frozenset(self.weights) | frozenset(self.emotions)

    def value_of(self, pose: Pose) -> Value:
        """Give the value that this parameter has in a pose, in its type."""
        if self.value == "emotion":
            return pose.emotion
        number = _NUMBERS[self.value](self, pose) * self.scale + self.offset
        number = max(number, self.low) if self.low is not None else number
        number = min(number, self.high) if self.high is not None else number
        if self.type == "bool":
            return number >= self.threshold
        if self.type == "int":
            return round(min(max(number, -_LARGEST_INT), _LARGEST_INT))
        return number


_NUMBERS: Mapping[str, Callable[[Parameter, Pose], float]] = {
    "index": lambda parameter, pose: float(parameter.index.get(pose.emotion, parameter.otherwise)),
    "is_emotion": lambda parameter, pose: float(pose.emotion in parameter.emotions),
    "weight": lambda parameter, pose: sum(f * pose.weights[emotion] for emotion, f in parameter.weights.items()),
    "valence": lambda _parameter, pose: pose.valence,
    "arousal": lambda _parameter, pose: pose.arousal,
    "intensity": lambda _parameter, pose: pose.intensity,
    "is_speaking": lambda _parameter, pose: float(pose.is_speaking),
}

QUANTITIES = ("emotion", *_NUMBERS)
"""What a parameter can get."""


@dataclass(frozen=True)
class Sending:
    """When values are sent.

    Attributes
    ----------
    rate_hz
        How often at most, 0.1 to 120 times per second.
    deadband
        A float that has changed by less since it was sent last is not sent.
    keep_alive_seconds
        What has not been sent for this long is sent again: UDP loses packets, and avatars are changed.
    together
        Send all values as soon as one of them is due, in one OSC bundle; else each by itself.
    apply
        An address to which a message without values is sent after them, as the last one of a bundle; none where
        empty.
    usual_target
        Where programs of this kind listen, for the help; nothing is sent there unasked.
    """

    rate_hz: float = 10.0
    deadband: float = 0.01
    keep_alive_seconds: float = 2.0
    together: bool = False
    apply: str = ""
    usual_target: str = ""

    def __post_init__(self) -> None:
        if not 0.1 <= self.rate_hz <= 120.0:
            raise AvatarError(f"key 'rate_hz' is {self.rate_hz:g}; it must be between 0.1 and 120")
        if not 0.0 <= self.deadband <= 1e6:
            raise AvatarError(f"key 'deadband' is {self.deadband:g}; it must be 0 or more")
        if not 0.1 <= self.keep_alive_seconds <= 3600.0:
            raise AvatarError(f"key 'keep_alive_seconds' is {self.keep_alive_seconds:g}; it must be 0.1 to 3600")
        if self.apply:
            check_address("apply", self.apply)


@dataclass(frozen=True)
class AvatarMapping:
    """A whole mapping: the parameters, how the avatar moves, and when values are sent.

    Raises
    ------
    AvatarError
        If there is no parameter, there are more than `MOST_PARAMETERS`, or two are the same.
    """

    description: str
    parameters: tuple[Parameter, ...]
    motion: Motion = field(default_factory=Motion)
    sending: Sending = field(default_factory=Sending)

    def __post_init__(self) -> None:
        if not 1 <= len(self.parameters) <= MOST_PARAMETERS:
            raise AvatarError(f"{len(self.parameters)} tables [[parameter]]; 1 to {MOST_PARAMETERS} are allowed")
        seen: set[tuple[str, str]] = set()
        for parameter in self.parameters:
            key = (parameter.address, parameter.name)
            if key in seen:
                raise AvatarError(f"two parameters have the address {' '.join(key).strip()}; each needs its own")
            seen.add(key)

    def unmoved_by(self, labels: tuple[str, ...]) -> list[Parameter]:
        """List the parameters that a model that gives only ``labels`` never moves."""
        return [p for p in self.parameters if p.used_emotions and p.used_emotions.isdisjoint((*labels, "neutral"))]


def check_address(key: str, address: str) -> None:
    """Raise `AvatarError` unless ``address`` is one of OSC 1.0."""
    if not _ADDRESS.fullmatch(address) or "//" in address or _FORBIDDEN & set(address):
        raise AvatarError(
            f"key '{key}' is {address[:60]!r}; an OSC address has parts that begin with '/', of printable ASCII "
            "without space # * , ? [ ] { }"
        )


def _require_known(key: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        raise AvatarError(f"key '{key}' names {name[:40]!r}; {suggest(name[:40], names)}")
