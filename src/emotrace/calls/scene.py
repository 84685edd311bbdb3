"""Who talks when in a call, found by its channels or told by a file, before anybody is judged."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emotrace.audio.decode import open_audio
from emotrace.audio.limits import Limits
from emotrace.audio.source import show_path
from emotrace.bundle import Bundle
from emotrace.calls.activity import Activity, find_activity
from emotrace.calls.crosstalk import find_crosstalk, loud_leak_seconds, own_speech
from emotrace.calls.hearing import MARGIN_SECONDS
from emotrace.calls.parties import UNKNOWN, Party, parties_by_channel, parties_by_speaker
from emotrace.calls.stretches import Stretches, total, union, widen, without
from emotrace.calls.talk import Stretch, join_turns
from emotrace.calls.turns import Turn, read_turns
from emotrace.errors import AudioWarning, TurnsError, UsageError
from emotrace.types import Recording, Segment

SAME_SOUND = 0.9
"""A channel of whose speech as much is the other's, and half of it loudly so, has no voice of its own: the two are
one mono recording, written twice."""

LEAK_SECONDS = 5.0
"""From so much of the other's voice on, loud on a party's own channel, the user is told of it."""

_OTHERS = ""
_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Naming:
    """How the user names the parties; see `emotrace.calls.analyze.analyze_call`."""

    customer: str | None = None
    agent: str | None = None
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Who talks when.

    Attributes
    ----------
    recording, duration
        What the file says of itself, and the seconds that could be decoded.
    turns_from
        ``channels``, ``speech`` or the name of the file with turns.
    parties
        The first is the customer, or the unknown speaker.
    turns
        Of all parties, in order of time; a party's own do not overlap.
    talking
        Where each party talks.
    speech
        Where speech is heard on each party's channel.
    kept
        Where each party's channel is its own; None where all of it is.
    others
        Where speakers talk who belong to no party.
    """

    recording: Recording
    duration: float
    turns_from: str
    parties: tuple[Party, ...]
    turns: tuple[Stretch, ...]
    talking: Mapping[str, Stretches]
    speech: Mapping[str, Stretches]
    kept: Mapping[str, Stretches | None]
    others: Stretches = ()


def scene_by_channel(path: str | os.PathLike[str], naming: Naming, speech_bundle: Bundle, limits: Limits) -> Scene:
    """Find who talks when by what is heard on each party's channel, without what leaks from the other.

    Raises
    ------
    AudioError, UsageError
        If the recording cannot be used, or its parties are not told by ``naming``.
    """
    name = show_path(os.fspath(path))
    # Known before the work: a wrong channel should not cost a pass over an hour.
    with open_audio(path, limits) as reader:
        n_channels = reader.recording.n_channels
    parties = parties_by_channel(name, n_channels, naming.customer, naming.agent, naming.consent)
    rows = [_row(party) for party in parties]
    activity = find_activity(
        path, speech_bundle, limits=limits, pair=(rows[0], rows[1]) if len(rows) == 2 else None
    )
    speech = {party.party: list(activity.speech[_row(party)]) for party in parties}
    if activity.is_like:
        for party, other in zip(parties, reversed(parties), strict=True):
            speech[party.party] = _own_speech(name, party, other, activity)
    whole = [Segment(0.0, activity.duration)]
    return Scene(
        recording=activity.recording,
        duration=activity.duration,
        turns_from="speech" if parties[0].party == UNKNOWN else "channels",
        parties=tuple(parties),
        turns=tuple(join_turns(Stretch(party, s) for party, stretches in speech.items() for s in stretches)),
        talking=speech,
        speech=speech,
        kept={
            party.party: without(whole, without(activity.speech[_row(party)], speech[party.party]))
            for party in parties
        },
    )


def _own_speech(name: str, party: Party, other: Party, activity: Activity) -> list[Segment]:
    """Give what is left of a channel's speech without what leaks from the other channel."""
    row = _row(party)
    heard, levels = activity.speech[row], (activity.levels[row], activity.levels[_row(other)])
    leaks = find_crosstalk(heard, *levels, activity.is_like[row])
    own, loud_seconds = own_speech(heard, leaks), loud_leak_seconds(leaks, *levels)
    if total(own) < (1.0 - SAME_SOUND) * total(heard) and loud_seconds > 0.5 * total(heard):
        raise UsageError(
            f"{name}: both channels hold the same sound, so that the parties cannot be told by channel; "
            "say who speaks when with --turns FILE"
        )
    if loud_seconds > LEAK_SECONDS:
        warnings.warn(
            f"{name}: channel {row} holds {loud_seconds:.0f} s of the other party's voice, hardly quieter than on "
            f"its own; they are left out of the {party.party}'s speech, save what a room has blurred",
            AudioWarning,
            stacklevel=2,
        )
    return own


def _row(party: Party) -> int:
    return 0 if party.channel == "mix" else party.channel


def scene_by_turns(
    path: str | os.PathLike[str],
    turns: str | os.PathLike[str],
    naming: Naming,
    speech_bundle: Bundle,
    limits: Limits,
) -> Scene:
    """Read who talks when from a file.

    Where two speakers have a turn at the same time, the recording is neither's own: it is not judged.

    Raises
    ------
    AudioError, TurnsError, UsageError
        If the recording or the turns cannot be used or do not belong together, or ``naming`` names no speaker.
    """
    file = Path(turns)
    name = show_path(str(file))
    told = read_turns(file, recording=os.fspath(path))
    parties = parties_by_speaker(name, told, naming.customer, naming.agent, naming.consent)
    activity = find_activity(path, speech_bundle, "mix", limits)
    roles = {party.speaker: party.party for party in parties}
    _tell_of_others(sorted({turn.speaker for turn in told} - set(roles)), name)
    pieces = [
        Stretch(roles.get(turn.speaker, _OTHERS), turn.segment, turn.text)
        for turn in _within(told, activity.duration, name, show_path(os.fspath(path)))
    ]
    talking = {party: union(p.segment for p in pieces if p.party == party) for party in [*roles.values(), _OTHERS]}
    others = talking.pop(_OTHERS)
    return Scene(
        recording=activity.recording,
        duration=activity.duration,
        turns_from=file.name,
        parties=tuple(parties),
        turns=tuple(turn for turn in join_turns(pieces) if turn.party != _OTHERS),
        talking=talking,
        speech=dict.fromkeys(talking, activity.speech[0]),
        kept={party: _kept(party, talking, others, activity.duration) for party in talking},
        others=others,
    )


def _tell_of_others(speakers: Sequence[str], name: str) -> None:
    if speakers:
        listed = ", ".join(speakers[:5]) + (" ..." if len(speakers) > 5 else "")
        warnings.warn(
            f"{name}: {listed} {'is' if len(speakers) == 1 else 'are'} neither customer nor agent; "
            "what they say is left out",
            AudioWarning,
            stacklevel=2,
        )


def _kept(party: str, talking: Mapping[str, Stretches], others: Stretches, duration: float) -> list[Segment]:
    """Give where the recording is one party's own: around its turns, and never where anybody else has one."""
    foreign = union([*others, *(s for other, stretches in talking.items() if other != party for s in stretches)])
    return without(widen(talking[party], MARGIN_SECONDS, duration), foreign)


def _within(turns: Sequence[Turn], duration: float, name: str, recording: str) -> list[Turn]:
    """Cut what little turns reach beyond the end of the recording; refuse those of another recording."""
    last = max(turns, key=lambda turn: turn.segment.end)
    if last.segment.end > duration + _TOLERANCE_SECONDS:
        raise TurnsError(
            f"{name}: a turn of '{last.speaker}' ends at {last.segment.end:.1f} s, but {recording} is only "
            f"{duration:.1f} s long; give the turns of this recording"
        )
    return [
        Turn(Segment(turn.segment.start, min(turn.segment.end, duration)), turn.speaker, turn.text)
        for turn in turns
        if turn.segment.start < duration
    ]
