"""Who talks when: turns, silence, overlap and interruptions, from the stretches in which each party talks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from emotrace.calls.stretches import Stretches, common, overlap, total, union, without
from emotrace.types import Segment

PAUSE_SECONDS = 1.5
"""Over a longer pause, a party's next words are a new turn, even if nobody else has spoken."""

SHORTEST_TURN_SECONDS = 0.25
"""What is shorter is a click or a breath."""

LEAD_SECONDS = 0.5
"""Who is interrupted has been talking at least this long,"""

CLASH_SECONDS = 0.3
"""both then talk for at least this long (shorter overlaps are how turns usually change hands),"""

YIELD_SECONDS = 3.0
"""and who is interrupted stops within this time, while who interrupts goes on,"""

HOLD_SECONDS = 0.5
"""for at least this long."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A turn before it is listened to: who talks when, and what is said where a file tells it."""

    party: str
    segment: Segment
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """One party takes the word from the other, who was talking and falls silent.

    ``segment`` lasts from where the one begins until the other stops.
    """

    by: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class Talk:
    """How a call's time is shared; all in seconds."""

    talk_seconds: Mapping[str, float]
    n_turns: Mapping[str, int]
    silence_seconds: float
    longest_silence: Segment | None
    overlap_seconds: float
    interruptions: tuple[Interruption, ...]

    @property
    def talk_share(self) -> dict[str, float]:
        """Share of each party in the time that the parties talk; zeros where nobody does."""
        seconds = sum(self.talk_seconds.values())
        return {party: spoken / seconds if seconds else 0.0 for party, spoken in self.talk_seconds.items()}


def join_turns(pieces: Iterable[Stretch]) -> list[Stretch]:
    """Join each party's neighbouring stretches to turns, in order of time.

    Two are joined if the pause between them is at most `PAUSE_SECONDS` and nobody else talks in it. A party's
    overlapping stretches are joined too. What is then shorter than `SHORTEST_TURN_SECONDS` is dropped, unless it
    has words.
    """
    turns: list[Stretch] = []
    last: dict[str, int] = {}
    for piece in sorted(pieces, key=lambda piece: (piece.segment, piece.party)):
        i = last.get(piece.party)
        # Of each other party, only the latest turn can reach into the pause.
        others = [turns[j].segment for party, j in last.items() if party != piece.party]
        if i is not None and _belongs(turns[i].segment, piece.segment, others):
            turns[i] = _joined(turns[i], piece)
        else:
            last[piece.party] = len(turns)
            turns.append(piece)
    return [turn for turn in turns if turn.segment.duration >= SHORTEST_TURN_SECONDS or turn.text]


def _belongs(turn: Segment, piece: Segment, others: Sequence[Segment]) -> bool:
    pause_start, pause_end = turn.end, piece.start
    if pause_start >= pause_end:
        return True
    is_short = pause_end - pause_start <= PAUSE_SECONDS
    return is_short and not any(max(o.start, pause_start) < min(o.end, pause_end) for o in others)


def _joined(turn: Stretch, piece: Stretch) -> Stretch:
    words = " ".join(text for text in (turn.text, piece.text) if text)
    segment = Segment(turn.segment.start, max(turn.segment.end, piece.segment.end))
    return replace(turn, segment=segment, text=words or None)


def measure_talk(
    parties: Sequence[str],
    turns: Sequence[Stretch],
    talking: Mapping[str, Stretches],
    others: Stretches,
    duration: float,
) -> Talk:
    """Measure how the time of a call is shared.

    Parameters
    ----------
    parties
        All parties, also those who never talk.
    turns
        Of all parties.
    talking
        Where each party talks, without its pauses.
    others
        Where speakers talk who belong to no party: it is no silence.
    duration
        Of the call in seconds.
    """
    shared = [common(talking[a], talking[b]) for i, a in enumerate(parties) for b in parties[i + 1 :]]
    silences = without(
        [Segment(0.0, duration)], union([*others, *(s for party in parties for s in talking[party])])
    )
    return Talk(
        talk_seconds={party: total(talking[party]) for party in parties},
        n_turns={party: sum(turn.party == party for turn in turns) for party in parties},
        silence_seconds=total(silences),
        longest_silence=max(silences, key=lambda silence: silence.duration, default=None),
        overlap_seconds=sum(total(stretches) for stretches in shared),
        interruptions=tuple(find_interruptions(turns, talking)),
    )


def find_interruptions(turns: Sequence[Stretch], talking: Mapping[str, Stretches]) -> list[Interruption]:
    """Find where one party takes the word from the other.

    A party interrupts if it begins a turn while the other has been talking for `LEAD_SECONDS`, both talk for
    `CLASH_SECONDS`, and the other stops within `YIELD_SECONDS` while the one goes on for `HOLD_SECONDS`. A
    listener's "mm-hm", which ends while the other goes on, is none; nor is a short overlap at the end of a turn.
    """
    found = []
    for turn in turns:
        for other, stretches in talking.items():
            cut = _cut_short(turn, stretches) if other != turn.party else None
            if cut is not None:
                found.append(Interruption(turn.party, cut))
    return found


def _cut_short(turn: Stretch, others: Stretches) -> Segment | None:
    """Give the clash in which ``turn`` takes the word from whoever was talking when it began."""
    start, end = turn.segment.start, turn.segment.end
    before = bisect_left(others, start, key=lambda other: other.start)
    if before == 0:
        return None
    other = others[before - 1]
    clash = other.end - start
    is_cut = start - other.start >= LEAD_SECONDS and CLASH_SECONDS <= clash <= YIELD_SECONDS
    if not is_cut or end - other.end < HOLD_SECONDS:
        return None
    # Who goes on after a breath has not stopped.
    after = Segment(other.end, min(end, other.end + 1.0))
    return Segment(start, other.end) if overlap(after, others) < 0.5 * after.duration else None
