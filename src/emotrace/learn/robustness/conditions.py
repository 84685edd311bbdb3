"""The conditions under which a model is judged again, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from emotrace.errors import UnknownNameError

CLEAN = "clean"
"""The recordings as they are: what all other conditions are compared with."""


@dataclass(frozen=True)
class Condition:
    """One thing that happens to a recording.

    Attributes
    ----------
    name
        As it is asked for, for instance ``white-10``.
    title
        As it is shown.
    change
        Name of an augmentation of `emotrace.learn.augment`; or ``none``, ``white-noise``, ``crop``.
    parameters
        Of the change, all of them fixed: nothing but noise, babble and echoes is drawn.
    family
        Conditions of one family draw the same for one clip, so that 5 dB is the noise of 20 dB, but louder.
    """

    name: str
    title: str
    change: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    family: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give all values, ready for JSON."""
        return {**asdict(self), "parameters": dict(self.parameters)}


def _noises() -> Iterable[Condition]:
    for snr_db in (20.0, 10.0, 5.0):
        yield Condition(
            f"white-{snr_db:g}", f"white noise, {snr_db:g} dB", "white-noise", {"snr_db": snr_db}, "white"
        )
    for snr_db in (20.0, 10.0, 5.0):
        parameters = {"sound": "babble", "snr_db": snr_db}
        yield Condition(f"babble-{snr_db:g}", f"babble, {snr_db:g} dB", "background", parameters, "babble")


def _gains() -> Iterable[Condition]:
    for gain_db in (-30.0, -10.0, 10.0):
        yield Condition(f"gain{gain_db:+g}", f"gain {gain_db:+g} dB", "gain", {"gain_db": gain_db})


CONDITIONS: tuple[Condition, ...] = (
    Condition(CLEAN, "as recorded", "none"),
    *_noises(),
    Condition("room", "room", "room", {"rt60_seconds": 0.5, "direct_to_reverberant_db": 3.0}),
    Condition("hall", "hall", "room", {"rt60_seconds": 1.5, "direct_to_reverberant_db": 0.0}),
    Condition("telephone", "telephone (8 kHz, mu-law)", "telephone"),
    # libsndfile knows no bits per second, only how hard to press; at 1.0 it refuses MP3.
    Condition("mp3", "MP3, low rate", "codec", {"codec": "mp3", "compression": 0.99}),
    Condition("opus", "Opus, low rate", "codec", {"codec": "opus", "compression": 1.0}),
    *_gains(),
    Condition("clipping", "clipped by 12 dB", "clip", {"depth_db": 12.0}),
    Condition("slower", "10 % slower", "speed", {"factor": 0.9}),
    Condition("faster", "10 % faster", "speed", {"factor": 1.1}),
    Condition("crop-2", "middle 2 s", "crop", {"seconds": 2.0}),
    Condition("crop-1", "middle 1 s", "crop", {"seconds": 1.0}),
)
"""All of them; noise ratios are of the active speech level (ITU-T P.56), in dB."""


def choose_conditions(names: Iterable[str]) -> tuple[Condition, ...]:
    """Give the named conditions in the order of `CONDITIONS`, and `CLEAN` always; all if nothing is named.

    Raises
    ------
    UnknownNameError
        If there is no such condition; near ones are named.

    >>> [condition.name for condition in choose_conditions(["opus", "room"])]
    ['clean', 'room', 'opus']
    """
    wanted = list(names)
    known = {condition.name for condition in CONDITIONS}
    for name in wanted:
        if name not in known:
            raise UnknownNameError("condition", name, known)
    return tuple(c for c in CONDITIONS if not wanted or c.name in wanted or c.name == CLEAN)
