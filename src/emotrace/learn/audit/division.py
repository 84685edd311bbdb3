"""The audit from end to end: names, recordings, findings, and what the leak is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from emotrace.errors import AudioError, EmotraceError, UsageError
from emotrace.learn.audit.listening import Heard, Unheard, listen
from emotrace.learn.audit.names import is_known, read_name
from emotrace.learn.audit.worth import Worth, measure_worth
from emotrace.learn.evaluation.audit import Audit, NearIdentical, audit_sides
from emotrace.learn.evaluation.leakage import SIDES
from emotrace.learn.evaluation.near_identical import find_same_takes
from emotrace.types import Utterance

Progress = Callable[[str, int, int], Any]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that an audit has brought to light.

    Attributes
    ----------
    audit
        What the sides share, and the verdict.
    worth
        What the leak is worth; None if that was not measured, and then ``no_worth`` says why.
    unheard
        The clips that could not be listened to, by side: they are judged by their names alone.
    n_named
        Of how many clips the file name says who speaks.
    """

    audit: Audit
    worth: Worth | None = None
    no_worth: str = ""
    unheard: Mapping[str, Sequence[Unheard]] = field(default_factory=dict)
    n_named: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, ready for JSON."""
        found = self.audit.to_dict()
        unheard = [
            {"side": side, "reason": clip.reason, "is_missing": clip.is_missing}
            for side, clips in self.unheard.items()
            for clip in clips
        ]
        worth = None if self.worth is None else self.worth.to_dict()
        return {
            **found,
            "n_known_by_name": self.n_named,
            "unheard": unheard,
            "worth": worth,
            "no_worth": self.no_worth,
        }


def audit(
    sides: Mapping[str, Sequence[Utterance]],
    *,
    with_audio: bool = True,
    with_baseline: bool = True,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
) -> Outcome:
    """Audit a division.

    Parameters
    ----------
    sides
        Utterances of ``train``, ``validation`` and ``test``, at least two of them, as `read_list` gives them.
    with_audio
        Listen to the recordings. Else only names are compared.
    with_baseline
        Measure what the leak is worth, where speakers and emotions are known.
    n_jobs
        How many processes. More than one starts fresh ones: a script then needs ``if __name__ == "__main__"``.
    cache
        Where fingerprints and features are kept for the next time: a folder; True for the system's (or the one
        that ``EMOTRACE_CACHE`` names), False for nowhere.
    progress
        See `Progress`.

    Raises
    ------
    UsageError
        If fewer than two sides hold anything.
    AudioError
        If not a single recording can be listened to.
    """
    held = {side: list(sides.get(side, ())) for side in SIDES if sides.get(side)}
    if len(held) < 2:
        raise UsageError(f"an audit compares two sides, but only {', '.join(held) or 'none'} holds any clip")
    tell = progress or _ignore
    named = {side: [read_name(utterance) for utterance in utterances] for side, utterances in held.items()}
    n_named = sum(is_known(utterance) for utterances in held.values() for utterance in utterances)
    if not with_audio:
        why = "nobody listened to the recordings" if with_baseline else ""
        return Outcome(audit_sides(named), no_worth=why, n_named=n_named)
    heard = _listen(named, n_jobs, cache, partial(tell, "listening"))
    named = {side: _add_content(named[side], heard[side]) for side in named}
    pairs = _compare(named, heard, n_jobs, partial(tell, "comparing"))
    unheard = {side: [clip for clip in clips if isinstance(clip, Unheard)] for side, clips in heard.items()}
    found = audit_sides(named, pairs, was_heard=True, n_unheard=sum(map(len, unheard.values())))
    worth, why = _measure(named, heard, n_jobs, cache, tell) if with_baseline else (None, "")
    return Outcome(found, worth, why, {side: clips for side, clips in unheard.items() if clips}, n_named)


_Heard = dict[str, list[Heard | Unheard]]


def _listen(
    named: Mapping[str, Sequence[Utterance]],
    n_jobs: int,
    cache: Path | bool,
    progress: Callable[[int, int], Any],
) -> _Heard:
    everything = [utterance for utterances in named.values() for utterance in utterances]
    results = iter(listen(everything, n_jobs, progress, cache))
    heard = {side: [next(results) for _ in utterances] for side, utterances in named.items()}
    failures = [clip for clips in heard.values() for clip in clips if isinstance(clip, Unheard)]
    if len(failures) == len(everything):
        raise AudioError(
            f"none of the {len(everything)} recordings can be listened to; the first: {failures[0].reason}; "
            "--no-audio compares the names alone"
        )
    return heard


def _add_content(utterances: Sequence[Utterance], heard: Sequence[Heard | Unheard]) -> list[Utterance]:
    return [
        replace(utterance, content=clip.content) if isinstance(clip, Heard) else utterance
        for utterance, clip in zip(utterances, heard, strict=True)
    ]


def _compare(
    named: Mapping[str, Sequence[Utterance]], heard: _Heard, n_jobs: int, progress: Callable[[int, int], Any]
) -> list[NearIdentical]:
    found: list[NearIdentical] = []
    for first, second in combinations(named, 2):
        known, asked = _heard_places(heard[first]), _heard_places(heard[second])
        same = find_same_takes(
            [fingerprint for _, fingerprint in known],
            [fingerprint for _, fingerprint in asked],
            n_jobs,
            progress,
        )
        for pair in same:
            one, other = named[first][known[pair.first][0]], named[second][asked[pair.second][0]]
            found.append(NearIdentical(one, first, other, second, pair.match))
    return found


def _heard_places(clips: Sequence[Heard | Unheard]) -> list[tuple[int, Any]]:
    return [(place, clip.fingerprint) for place, clip in enumerate(clips) if isinstance(clip, Heard)]


def _measure(
    named: Mapping[str, Sequence[Utterance]], heard: _Heard, n_jobs: int, cache: Path | bool, tell: Progress
) -> tuple[Worth | None, str]:
    usable = {
        side: [u for u, clip in zip(named[side], heard[side], strict=True) if isinstance(clip, Heard)]
        for side in named
    }
    try:
        worth = measure_worth(
            usable.get("train", []),
            usable.get("test", []),
            others=usable.get("validation", []),
            n_jobs=n_jobs,
            cache=cache,
            on_extracted=partial(tell, "extracting features"),
            on_fitted=partial(tell, "fitting baselines"),
        )
    except EmotraceError as error:
        return None, str(error)
    return worth, ""


def _ignore(what: str, n_done: int, n_all: int) -> None:
    """Tell nobody."""
