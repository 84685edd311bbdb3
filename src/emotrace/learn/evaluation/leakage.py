"""Find what two sides of a division share: speakers, recordings, identical audio, augmented twins.

A model that meets in the test what it met in training is scored too well: on RAVDESS a random split
is worth some 13 points of accuracy over a division by speaker. What counts as a leak:

- a **speaker** on two sides;
- an utterance **without a speaker** as soon as two sides hold something, because nobody can then
  show that its speaker is not on the other side;
- a **recording** on two sides: the same file, or the same ``Utterance.recording``;
- identical **content** (equal fingerprints of the decoded samples, where both are known);
- an augmented **twin** away from the recording it was made from, or from another twin of it.

A shared **sentence** is told as information and is no leak: RAVDESS has two sentences, so every
division by speaker shares both. It does make a score look better than on unheard sentences.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from emotrace.types import Utterance

SIDES: tuple[str, ...] = ("train", "validation", "test")

_N_NAMED = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that stands on several sides.

    Attributes
    ----------
    name
        What is shared: a speaker, a recording, the files with identical audio, a sentence.
    sides
        Where it stands, in the order train, validation, test.
    """

    name: str
    sides: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({' and '.join(self.sides)})"


@dataclass(frozen=True, slots=True)
class LeakReport:
    """Everything that stands on more than one side of a division.

    Attributes
    ----------
    speakers, recordings, content, twins
        The leaks of each kind, sorted by name.
    unknown_speakers
        Files of utterances without a speaker, if two sides or more hold something.
    sentences
        Sentences spoken on several sides. Information only.
    """

    speakers: tuple[Leak, ...] = ()
    recordings: tuple[Leak, ...] = ()
    content: tuple[Leak, ...] = ()
    twins: tuple[Leak, ...] = ()
    unknown_speakers: tuple[Leak, ...] = ()
    sentences: tuple[Leak, ...] = ()

    @property
    def is_leaky(self) -> bool:
        """True if anything but a sentence is shared."""
        return any(leaks for _, leaks in self._kinds())

    def describe(self) -> str:
        """Give one line that names the first few leaks of each kind and counts the rest.

        >>> LeakReport(speakers=(Leak("tess:OAF", ("train", "test")),)).describe()
        'the same speaker: tess:OAF (train and test)'
        >>> LeakReport().describe()
        'no leaks'
        """
        parts = [f"{title}: {_name_few(leaks)}" for title, leaks in self._kinds() if leaks]
        return "; ".join(parts) or "no leaks"

    def to_dict(self) -> dict[str, Any]:
        """Give the counts of each kind and a few names, ready for JSON."""
        named = {
            "speakers": self.speakers,
            "recordings": self.recordings,
            "content": self.content,
            "twins": self.twins,
            "unknown_speakers": self.unknown_speakers,
            "sentences": self.sentences,
        }
        return {
            "is_leaky": self.is_leaky,
            **{
                kind: {"n": len(leaks), "first": [str(leak) for leak in leaks[:_N_NAMED]]}
                for kind, leaks in named.items()
            },
        }

    def _kinds(self) -> list[tuple[str, tuple[Leak, ...]]]:
        return [
            ("the same speaker", self.speakers),
            ("the same recording", self.recordings),
            ("identical audio", self.content),
            ("an augmented twin of a recording", self.twins),
            ("no speaker given for", self.unknown_speakers),
        ]


def find_leaks(
    train: Sequence[Utterance], validation: Sequence[Utterance], test: Sequence[Utterance]
) -> LeakReport:
    """Compare the three sides with each other.

    Parameters
    ----------
    train, validation, test
        The utterances of each side; a side may be empty.

    Returns
    -------
    LeakReport
        All leaks, each kind sorted by name. Paths are compared as text after normalising them
        (``./a.wav`` is ``a.wav``); the disk is not looked at.
    """
    sides = dict(zip(SIDES, (train, validation, test), strict=True))
    twins_of = {_normal(u.twin_of) for side in sides.values() for u in side if u.twin_of}
    shared = _shared(sides, recording_keys)
    return LeakReport(
        speakers=_shared(sides, speaker_keys),
        recordings=tuple(leak for leak in shared if leak.name not in twins_of),
        content=_shared_content(sides),
        twins=tuple(leak for leak in shared if leak.name in twins_of),
        unknown_speakers=_unknown_speakers(sides),
        sentences=_shared(sides, _sentence_keys),
    )


def speaker_keys(utterance: Utterance) -> list[str]:
    """Give the speaker, or nothing where unknown."""
    speaker = utterance.speaker.strip()
    return [speaker] if speaker else []


def recording_keys(utterance: Utterance) -> list[str]:
    """Give every name by which this utterance's source is known: file, recording, source of a twin.

    Two utterances that are the same recording through any chain of names have, somewhere along the
    chain, neighbours that share one of these; so comparing them one by one finds every chain.
    """
    names = (utterance.file, utterance.recording, utterance.twin_of)
    return list(dict.fromkeys(_normal(name) for name in names if name))


def content_keys(utterance: Utterance) -> list[str]:
    """Give the fingerprint of the decoded samples, or nothing where it is not known."""
    return [utterance.content] if utterance.content else []


def _sentence_keys(utterance: Utterance) -> list[str]:
    return [f"{utterance.corpus}:{utterance.sentence}"] if utterance.sentence else []


def _normal(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/"))


_Sides = dict[str, Sequence[Utterance]]


def _shared(sides: _Sides, keys: Callable[[Utterance], Iterable[str]]) -> tuple[Leak, ...]:
    places = _places(sides, keys)
    return tuple(Leak(key, where) for key, where in sorted(places.items()) if len(where) > 1)


def _places(sides: _Sides, keys: Callable[[Utterance], Iterable[str]]) -> dict[str, tuple[str, ...]]:
    places: dict[str, tuple[str, ...]] = {}
    for side, utterances in sides.items():
        for key in {key for utterance in utterances for key in keys(utterance)}:
            places[key] = (*places.get(key, ()), side)
    return places


def _shared_content(sides: _Sides) -> tuple[Leak, ...]:
    # A fingerprint says nothing to a reader: name the files instead.
    shared = {leak.name: leak.sides for leak in _shared(sides, content_keys)}
    files: dict[str, list[str]] = {fingerprint: [] for fingerprint in shared}
    for utterances in sides.values():
        for utterance in utterances:
            if utterance.content in files:
                files[utterance.content].append(utterance.file)
    leaks = [Leak(" = ".join(dict.fromkeys(files[key])), where) for key, where in shared.items()]
    return tuple(sorted(leaks, key=lambda leak: leak.name))


def _unknown_speakers(sides: _Sides) -> tuple[Leak, ...]:
    if sum(1 for utterances in sides.values() if utterances) < 2:
        return ()
    return tuple(
        Leak(utterance.file, (side,))
        for side, utterances in sides.items()
        for utterance in utterances
        if not speaker_keys(utterance)
    )


def _name_few(leaks: Sequence[Leak]) -> str:
    named = ", ".join(str(leak) for leak in leaks[:_N_NAMED])
    rest = len(leaks) - _N_NAMED
    return f"{named} and {rest} more" if rest > 0 else named
