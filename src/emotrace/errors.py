"""Every error emotrace raises on purpose, as a tree.

::

    EmotraceError
    |-- AudioError            the recording cannot be used
    |   |-- DecodeError       not audio, damaged, empty, or samples that are not numbers
    |   `-- LimitError        larger, longer, wider or faster than the limits allow
    |-- AvatarError           a mapping or hooks file of an avatar has a wrong key, type or value
    |-- BundleError           a trained model is missing, foreign, edited or unsafe
    |-- CorpusError           a corpus folder holds nothing usable
    |-- LeakError             a split would let the test see the training data
    |-- ManifestError         a table of utterances cannot be read or written
    |-- MicrophoneError       no microphone, or none of this name, or it is gone
    |-- MissingExtraError     an optional part of emotrace is not installed
    |-- PolicyError           what an assistant has learned cannot be read or kept
    |-- RecipeError           a training recipe has a wrong key, type or value
    |-- ReportError           what judging left behind cannot be read
    |-- RulesError            escalation rules have a wrong key, type or value
    |-- TrainingError         training cannot go on with this data
    |-- TurnsError            who spoke when in a call cannot be read
    `-- UsageError            the call itself is wrong (exit code 2)
        |-- LabelError        a label or label preset that cannot be had
        `-- UnknownNameError  no such corpus, format, recipe ...

A message is one line that says what is wrong, where, what is allowed and what to do.
The command line prints it without a traceback and ends with ``exit_code``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EmotraceError(Exception):
    """Base of all errors that a user can cause and mend."""

    exit_code = 1


class AudioError(EmotraceError):
    """The recording cannot be used."""


class DecodeError(AudioError):
    """Not audio, damaged, empty, or holding samples that are not finite numbers."""


class LimitError(AudioError):
    """The recording exceeds a limit on bytes, seconds, channels or sampling rate."""


class AvatarError(EmotraceError):
    """A mapping or hooks file of an avatar has a wrong key, type or value."""


class BundleError(EmotraceError):
    """A trained model is missing, foreign, edited or unsafe."""


class CorpusError(EmotraceError):
    """A corpus folder holds nothing usable."""


class LeakError(EmotraceError):
    """A split would let the test see the training data."""


class ManifestError(EmotraceError):
    """A table of utterances cannot be read or written."""


class MicrophoneError(EmotraceError):
    """No microphone can be heard: there is none, none of this name, or it is gone."""


class MissingExtraError(EmotraceError):
    """An optional part of emotrace is not installed."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the extra '{extra}': pip install 'emotrace[{extra}]'")
        self.extra = extra


class PolicyError(EmotraceError):
    """What an assistant has learned cannot be read or kept."""


class RecipeError(EmotraceError):
    """A training recipe has a wrong key, type or value."""


class ReportError(EmotraceError):
    """What judging left behind cannot be read."""


class RulesError(EmotraceError):
    """Escalation rules have a wrong key, type or value."""


class TrainingError(EmotraceError):
    """Training cannot go on with this data."""


class TurnsError(EmotraceError):
    """Who spoke when in a call cannot be read."""


class UsageError(EmotraceError):
    """The call itself is wrong."""

    exit_code = 2


class LabelError(UsageError):
    """A label or label preset that cannot be had."""


class UnknownNameError(UsageError):
    """A name that is not among the known ones; the message suggests near ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} named '{name}'; {suggest(name, known)}")


class AudioWarning(UserWarning):
    """The recording is damaged or odd, but could be read."""


class CacheWarning(UserWarning):
    """What was computed cannot be kept for the next time; results are as they would have been."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, or list them all.

    >>> suggest("ravdes", ["ravdess", "tess"])
    "did you mean 'ravdess'? Known: ravdess, tess"
    """
    names = sorted(known)
    listing = ", ".join(names) if names else "none"
    near = difflib.get_close_matches(name.lower(), names, n=1)
    return f"did you mean '{near[0]}'? Known: {listing}" if near else f"known: {listing}"
