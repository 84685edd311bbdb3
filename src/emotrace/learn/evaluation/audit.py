"""What the sides of a division share, and what else a reviewer should know of it.

This is the part without files: utterances in, findings out. `emotrace.learn.audit` reads the lists, listens to the
recordings and measures what a leak is worth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from emotrace.learn.evaluation.audit_notes import Sides, note, sentence_keys
from emotrace.learn.evaluation.leakage import SIDES, content_keys, recording_keys, speaker_keys
from emotrace.learn.evaluation.near_identical import Match
from emotrace.types import Utterance

FALSE_ALARM_RATE = 0.01
"""Share of clips that are taken for a copy of another take though they are none; see ``near_identical``."""

_CHANCE = 0.001

Keys = Callable[[Utterance], Sequence[str]]
Verdict = Literal["leak", "unproven", "no leak"]


@dataclass(frozen=True, slots=True)
class NearIdentical:
    """Two clips on different sides that come from one take, and how the second lies over the first."""

    first: Utterance
    first_side: str
    second: Utterance
    second_side: str
    match: Match

    def to_dict(self) -> dict[str, Any]:
        """Give files, sides and what was done to the second clip, ready for JSON."""
        return {
            "first": {"side": self.first_side, **_name_clip(self.first)},
            "second": {"side": self.second_side, **_name_clip(self.second)},
            "correlation": round(self.match.correlation, 3),
            "coherence": round(self.match.coherence, 3),
            "is_certain": self.match.is_certain,
            "tempo": round(self.match.tempo, 3),
            "semitones": self.match.semitones,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that two sides share.

    Attributes
    ----------
    kind
        ``speakers``, ``recordings``, ``windows``, ``identical audio``, ``near-identical audio``, ``sentences``.
    is_leak
        Whether it makes scores on the test side too good.
    n_shared, n_all
        How many of them stand on two sides, and how many there are; ``n_all`` is None where that says nothing.
    n_clips, n_of_clips
        How many clips of a later side (train goes before validation, validation before test) are concerned, and
        how many there are.
    names
        All of them, with their sides.
    """

    kind: str
    is_leak: bool
    n_shared: int
    n_all: int | None
    n_clips: int
    n_of_clips: int
    names: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, ready for JSON."""
        return {
            "is_leak": self.is_leak,
            "n_shared": self.n_shared,
            "n_all": self.n_all,
            "n_clips": self.n_clips,
            "n_of_clips": self.n_of_clips,
            "names": list(self.names),
        }


@dataclass(frozen=True, slots=True)
class SideFacts:
    """What one side holds; ``emotions`` and ``sexes`` count clips, and clips without one are not among them."""

    n_clips: int
    n_speakers: int
    n_without_speaker: int
    emotions: Mapping[str, int]
    sexes: Mapping[str, int]
    most_clips_of_a_speaker: int

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, ready for JSON."""
        return {
            "n_clips": self.n_clips,
            "n_speakers": self.n_speakers,
            "n_without_speaker": self.n_without_speaker,
            "emotions": dict(self.emotions),
            "sexes": dict(self.sexes),
            "most_clips_of_a_speaker": self.most_clips_of_a_speaker,
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """What is shared, what the sides hold, and what that means.

    Attributes
    ----------
    findings
        One of each kind, also where nothing was found.
    sides
        Facts by side, only those that hold something.
    notes
        Sentences on what is no leak and yet makes a score say less than it seems to.
    near_identical
        The pairs, those most alike first.
    n_unexpected
        So many clips may be taken for copies by chance alone (once in a thousand audits more).
    was_heard
        Whether the recordings were listened to at all.
    n_unheard
        How many of them could not be, and are judged by their names alone.
    """

    findings: tuple[Finding, ...]
    sides: Mapping[str, SideFacts]
    notes: tuple[str, ...]
    near_identical: tuple[NearIdentical, ...] = field(default=())
    n_unexpected: int = 0
    was_heard: bool = False
    n_unheard: int = 0

    @property
    def verdict(self) -> Verdict:
        """``leak``; ``unproven`` where none was found but speakers are unknown; else ``no leak``."""
        if any(finding.is_leak for finding in self.findings):
            return "leak"
        return "unproven" if any(side.n_without_speaker for side in self.sides.values()) else "no leak"

    def describe(self) -> str:
        """Say the verdict in one line."""
        n_unknown = sum(side.n_without_speaker for side in self.sides.values())
        unknown = f"who speaks in {n_unknown} of {sum(side.n_clips for side in self.sides.values())} clips"
        if self.verdict == "leak":
            leaks = "; ".join(_say(finding) for finding in self.findings if finding.is_leak)
            return f"LEAK: {leaks}{f'; {unknown} cannot be known' if n_unknown else ''}"
        kinds = "speaker, recording or audio" if self.was_heard else "speaker or recording (nobody listened)"
        if self.verdict == "no leak":
            speakers = " + ".join(str(side.n_speakers) for side in self.sides.values())
            return f"NO LEAK: no {kinds} is on two sides; {speakers} speakers{self._say_doubts()}"
        return (
            f"UNPROVEN: no shared {kinds} was found{self._say_doubts()}, but {unknown} cannot be known, so that "
            "nobody can say whether the test hears people from training; add a column 'speaker'"
        )

    def _say_doubts(self) -> str:
        doubts = []
        n_doubtful = next(f.n_clips for f in self.findings if f.kind == "near-identical audio")
        if n_doubtful:
            clips = "1 clip resembles" if n_doubtful == 1 else f"{n_doubtful} clips resemble"
            doubts.append(f"{clips} another one, as up to {self.n_unexpected} may by chance")
        if self.n_unheard:
            doubts.append(f"{self.n_unheard} could not be listened to")
        return f" ({'; '.join(doubts)})" if doubts else ""

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, ready for JSON."""
        return {
            "verdict": self.verdict,
            "sentence": self.describe(),
            "was_heard": self.was_heard,
            "n_unheard": self.n_unheard,
            "sides": {name: side.to_dict() for name, side in self.sides.items()},
            "findings": {finding.kind: finding.to_dict() for finding in self.findings},
            "near_identical": {
                "false_alarm_rate": FALSE_ALARM_RATE,
                "n_unexpected": self.n_unexpected,
                "pairs": [pair.to_dict() for pair in self.near_identical],
            },
            "notes": list(self.notes),
        }


def audit_sides(
    sides: Sides, near_identical: Sequence[NearIdentical] = (), was_heard: bool = False, n_unheard: int = 0
) -> Audit:
    """Find what the sides share.

    Parameters
    ----------
    sides
        Utterances of ``train``, ``validation`` and ``test``; a side may be absent. An empty speaker or emotion is
        an unknown one. ``content`` is compared where it is known.
    near_identical
        Pairs of clips found by listening. Those that share a recording or identical audio anyway are left out.
    was_heard
        Whether recordings were listened to.
    n_unheard
        How many of them could not be.
    """
    ordered = {side: tuple(sides.get(side, ())) for side in SIDES}
    recording_of, windowed = _trace_recordings(ordered)
    pairs = tuple(sorted(filter(_is_news, near_identical), key=lambda pair: -pair.match.correlation))
    n_later = sum(len(ordered[side]) for side in _later(ordered))
    n_unexpected = most_by_chance(n_later)
    findings = (
        _find(ordered, "speakers", speaker_keys),
        _find(ordered, "recordings", lambda u: [key for key in recording_of(u) if key not in windowed]),
        _find(ordered, "windows", lambda u: [key for key in recording_of(u) if key in windowed]),
        _find_identical(ordered),
        _find_near_identical(pairs, n_later, n_unexpected),
        _find(ordered, "sentences", sentence_keys),
    )
    held = {side: utterances for side, utterances in ordered.items() if utterances}
    return Audit(
        findings=findings,
        sides={side: _count(utterances) for side, utterances in held.items()},
        notes=tuple(note(held)),
        near_identical=pairs,
        n_unexpected=n_unexpected,
        was_heard=was_heard,
        n_unheard=n_unheard,
    )


def most_by_chance(n_clips: int, rate: float = FALSE_ALARM_RATE, chance: float = _CHANCE) -> int:
    """Give how many of ``n_clips`` false alarms may hit, but for one audit in a thousand.

    >>> most_by_chance(0), most_by_chance(360), most_by_chance(5000)
    (0, 11, 73)
    """
    so_far, log_share = 0.0, math.log1p(-rate)
    for n_hit in range(n_clips + 1):
        log_ways = math.lgamma(n_clips + 1) - math.lgamma(n_hit + 1) - math.lgamma(n_clips - n_hit + 1)
        so_far += math.exp(log_ways + n_hit * math.log(rate) + (n_clips - n_hit) * log_share)
        if so_far >= 1.0 - chance:
            return n_hit
    return n_clips


_TITLES = {
    "speakers": "speakers",
    "recordings": "recordings",
    "windows": "recordings, in windows of them,",
    "sentences": "sentences",
}


def _say(finding: Finding) -> str:
    share = f"{finding.n_clips} of {finding.n_of_clips} held-out clips"
    if finding.kind == "identical audio":
        return f"{share} are sample for sample a clip of another side"
    if finding.kind == "near-identical audio":
        return f"{share} sound like an altered copy of a clip of another side"
    are = "is" if finding.n_shared == 1 else "are"
    return f"{finding.n_shared} of {finding.n_all} {_TITLES[finding.kind]} {are} on both sides ({share})"


def _find(sides: Sides, kind: str, keys: Keys) -> Finding:
    places = _places(sides, keys)
    shared = sorted(key for key, where in places.items() if len(where) > 1)
    return Finding(
        kind=kind,
        is_leak=bool(shared) and kind != "sentences",
        n_shared=len(shared),
        n_all=len(places),
        n_clips=_count_later(sides, keys, places),
        n_of_clips=sum(len(sides[side]) for side in _later(sides)),
        names=tuple(f"{key} ({_join(places[key])})" for key in shared),
    )


def _find_identical(sides: Sides) -> Finding:
    found = _find(sides, "identical audio", content_keys)
    places = _places(sides, content_keys)
    # A checksum says nothing to a reader: name the files instead.
    files: dict[str, list[str]] = {key: [] for key, where in places.items() if len(where) > 1}
    for utterances in sides.values():
        for utterance in utterances:
            if utterance.content in files:
                files[utterance.content].append(utterance.file)
    names = (f"{' = '.join(dict.fromkeys(same))} ({_join(places[key])})" for key, same in files.items())
    return replace(found, names=tuple(sorted(names)))


def _trace_recordings(sides: Sides) -> tuple[Keys, set[str]]:
    """Find which clips are one recording through any chain of names, and of which recordings there are windows.

    The first result gives the recording of an utterance, by the name under which it was met first.
    """
    known_as: dict[str, str] = {}

    def find(name: str) -> str:
        while known_as.setdefault(name, name) != name:
            known_as[name] = known_as[known_as[name]]
            name = known_as[name]
        return name

    def recording_of(utterance: Utterance) -> list[str]:
        return [find(recording_keys(utterance)[0])]

    everything = [utterance for utterances in sides.values() for utterance in utterances]
    for utterance in everything:
        first, *others = recording_keys(utterance)
        for name in others:
            known_as[find(name)] = find(first)
    return recording_of, {recording_of(u)[0] for u in everything if u.segment is not None}


def _places(sides: Sides, keys: Keys) -> dict[str, set[str]]:
    places: dict[str, set[str]] = {}
    for side, utterances in sides.items():
        for utterance in utterances:
            for key in keys(utterance):
                places.setdefault(key, set()).add(side)
    return places


def _join(where: set[str]) -> str:
    return " and ".join(side for side in SIDES if side in where)


def _count_later(sides: Sides, keys: Keys, places: Mapping[str, set[str]]) -> int:
    """Count the clips whose key stands on a side before their own."""
    before = {side: set(SIDES[: SIDES.index(side)]) for side in sides}
    return sum(
        any(places[key] & before[side] for key in keys(utterance))
        for side, utterances in sides.items()
        for utterance in utterances
    )


def _later(sides: Sides) -> list[str]:
    """Give the sides on which something is judged: all but the first that holds something."""
    return [side for side in sides if sides[side]][1:]


def _is_news(pair: NearIdentical) -> bool:
    if pair.first.content and pair.first.content == pair.second.content:
        return False
    return not set(recording_keys(pair.first)) & set(recording_keys(pair.second))


def _find_near_identical(pairs: Sequence[NearIdentical], n_later: int, n_unexpected: int) -> Finding:
    clips = {(pair.second_side, pair.second.file, pair.second.segment) for pair in pairs}
    return Finding(
        kind="near-identical audio",
        is_leak=any(pair.match.is_certain for pair in pairs) or len(clips) > n_unexpected,
        n_shared=len(pairs),
        n_all=None,
        n_clips=len(clips),
        n_of_clips=n_later,
        names=tuple(_say_pair(pair) for pair in pairs),
    )


def _say_pair(pair: NearIdentical) -> str:
    names = f"{pair.second.file} ({pair.second_side}) = {pair.first.file} ({pair.first_side})"
    return names + _say_change(pair.match)


def _say_change(match: Match) -> str:
    changes = []
    if abs(match.tempo - 1.0) >= 0.02:
        changes.append(f"{match.tempo:.2f} x as fast")
    if match.semitones:
        changes.append(f"{match.semitones:+g} semitones")
    return f", {', '.join(changes)}" if changes else ""


def _name_clip(utterance: Utterance) -> dict[str, Any]:
    segment = utterance.segment
    return {
        "file": utterance.file,
        **({} if segment is None else {"start": segment.start, "end": segment.end}),
    }


def _count(utterances: Sequence[Utterance]) -> SideFacts:
    speakers = Counter(key for utterance in utterances for key in speaker_keys(utterance))
    return SideFacts(
        n_clips=len(utterances),
        n_speakers=len(speakers),
        n_without_speaker=sum(not speaker_keys(utterance) for utterance in utterances),
        emotions=dict(sorted(Counter(u.emotion for u in utterances if u.emotion).items())),
        sexes=dict(sorted(Counter(u.sex for u in utterances if u.sex).items())),
        most_clips_of_a_speaker=max(speakers.values(), default=0),
    )
