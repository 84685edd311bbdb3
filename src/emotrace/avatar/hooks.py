"""Hooks: what is to be done when a state lasts. Predictions in, firings out; `hook_runner` does what they say.

A hooks file is TOML with one ``[[when]]`` per hook::

    [[when]]
    emotions = ["sleepiness", "boredom"]
    threshold = 0.6          # their probabilities together
    seconds = 6.0            # of speech heard so, with pauses left out
    cool_down_seconds = 120.0
    then = ["notify-send", "Time for a break?"]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emotrace.errors import AvatarError, LabelError, suggest
from emotrace.labels import EMOTIONS
from emotrace.strict_toml import read_record
from emotrace.types import Prediction

_MOST_HOOKS = 100
# Hops are sums of samples: 0.75 + 0.75 + ... must reach 3 in spite of rounding.
_TOLERANCE_SECONDS = 1e-6


@dataclass(frozen=True)
class Hook:
    """Something that is done when a state lasts.

    Attributes
    ----------
    emotions
        Their probabilities count together.
    then
        The program to run and its arguments, one text each. No shell reads them.
    url
        Or an http or https address to which JSON is posted.
    threshold
        What the probabilities must reach, above 0, to 1.
    seconds
        For how long in all, 0.1 or more.
    pause_seconds
        Silence and uncertain predictions neither count nor end the state, until they have lasted this long.
    count_uncertain
        Let predictions that the model calls uncertain count like the others: the threshold alone decides then.
    cool_down_seconds
        After it has fired, the hook rests for this long.
    timeout_seconds
        A program or request that takes longer is ended, 0.1 to 600.
    name
        For messages; by default made of the emotions.

    Raises
    ------
    AvatarError
        If a value is out of its range, or there is not exactly one of ``then`` and ``url``.
    """

    emotions: tuple[str, ...]
    then: tuple[str, ...] = ()
    url: str = ""
    threshold: float = 0.5
    seconds: float = 3.0
    pause_seconds: float = 2.0
    cool_down_seconds: float = 60.0
    timeout_seconds: float = 10.0
    count_uncertain: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        if not self.emotions:
            raise AvatarError("key 'emotions' is empty; name at least one")
        for emotion in self.emotions:
            if emotion not in EMOTIONS:
                raise AvatarError(f"key 'emotions' names {emotion[:40]!r}; {suggest(emotion[:40], EMOTIONS)}")
        if len(set(self.emotions)) != len(self.emotions):
            raise AvatarError("key 'emotions' must name each emotion once")
        if bool(self.then) == bool(self.url):
            raise AvatarError("either key 'then' (a program and its arguments) or key 'url' is needed, not both")
        if self.then and (not self.then[0] or any("\0" in part for part in self.then)):
            raise AvatarError("key 'then' must begin with a program, and no text may hold a zero")
        if self.url:
            _check_url(self.url)
        for key, low, high in _RANGES:
            value = getattr(self, key)
            if not low <= value <= high:
                raise AvatarError(f"key '{key}' is {value:g}; it must be between {low:g} and {high:g}")
        if not self.name:
            object.__setattr__(self, "name", "+".join(self.emotions))


_RANGES = (
    ("threshold", 0.01, 1.0),
    ("seconds", 0.1, 3600.0),
    ("pause_seconds", 0.0, 3600.0),
    ("cool_down_seconds", 0.0, 86400.0),
    ("timeout_seconds", 0.1, 600.0),
)


@dataclass(frozen=True, slots=True)
class Firing:
    """A state that has lasted long enough for its hook.

    ``probability`` is the mean over the ``seconds`` that counted, from ``start`` to ``end`` of the recording.
    """

    hook: Hook
    probability: float
    seconds: float
    start: float
    end: float
    prediction: Prediction

    def to_dict(self) -> dict[str, Any]:
        """Give what a program reads on its standard input, or a server in the body, as JSON."""
        return {
            "hook": self.hook.name,
            "emotions": list(self.hook.emotions),
            "probability": round(self.probability, 4),
            "seconds": round(self.seconds, 3),
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "prediction": self.prediction.to_dict(),
        }


class HookWatch:
    """Watches one stream for the states of its hooks.

    Parameters
    ----------
    hooks
        What to watch for.
    labels
        Those that the recogniser gives.

    Raises
    ------
    LabelError
        If a hook waits for emotions that will never be heard.
    """

    def __init__(self, hooks: Sequence[Hook], labels: Sequence[str]) -> None:
        for hook in hooks:
            missing = [emotion for emotion in hook.emotions if emotion not in labels]
            if len(missing) == len(hook.emotions):
                raise LabelError(
                    f"hook '{hook.name}' waits for {' or '.join(missing)}, which is never heard here: the labels "
                    f"in use are {', '.join(labels)}; choose others with --labels, or a model that was taught it"
                )
        self._watches = [_Watch(hook) for hook in hooks]

    def push(self, prediction: Prediction) -> list[Firing]:
        """Take the next final prediction, in order of time, and give what it sets off."""
        firings = (watch.push(prediction) for watch in self._watches)
        return [firing for firing in firings if firing is not None]


class _Watch:
    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._rests_until = 0.0
        self._seconds = self._sum = self._pause = self._start = 0.0

    def push(self, prediction: Prediction) -> Firing | None:
        hook, segment = self._hook, prediction.segment
        if not prediction.is_speech or (prediction.uncertain and not hook.count_uncertain):
            self._pause += segment.duration
            if self._pause > hook.pause_seconds + _TOLERANCE_SECONDS:
                self._clear()
            return None
        probability = sum(prediction.probabilities.get(emotion, 0.0) for emotion in hook.emotions)
        if probability < hook.threshold:
            self._clear()
            return None
        if self._seconds == 0.0:
            self._start = segment.start
        self._pause = 0.0
        self._seconds += segment.duration
        self._sum += probability * segment.duration
        is_long_enough = self._seconds >= hook.seconds - _TOLERANCE_SECONDS
        if not is_long_enough or segment.end < self._rests_until - _TOLERANCE_SECONDS:
            return None
        mean = self._sum / self._seconds
        firing = Firing(hook, mean, self._seconds, self._start, segment.end, prediction)
        self._rests_until = segment.end + hook.cool_down_seconds
        self._clear()
        return firing

    def _clear(self) -> None:
        self._seconds = self._sum = self._pause = self._start = 0.0


def read_hooks(path: Path) -> tuple[Hook, ...]:
    """Read a hooks file.

    Raises
    ------
    AvatarError
        If it is not TOML, or a key is unknown, missing, of another type or out of range.
    """
    return read_record(_File, path, AvatarError).when


@dataclass(frozen=True)
class _File:
    """A hooks file."""

    when: tuple[Hook, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.when) <= _MOST_HOOKS:
            raise AvatarError(f"{len(self.when)} tables [[when]]; 1 to {_MOST_HOOKS} are allowed")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or not (url.isascii() and url.isprintable()) or " " in url or "@" in url.split("?")[0]:
        raise AvatarError(
            f"key 'url' is {url[:80]!r}; it must be an http or https address without spaces, name and password"
        )
