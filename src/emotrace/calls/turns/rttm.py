"""RTTM: NIST's Rich Transcription Time Marked files (RT-09 evaluation plan, appendix A), as diarisers write them.

One line per turn, fields parted by white space::

    SPEAKER file channel start duration <NA> <NA> speaker <NA> <NA>

The last field may be missing. Lines of RTTM's other types and comments (``;;``) are passed over. A file may hold
several recordings: the turns of the one that is asked for are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from emotrace.calls.turns._fields import MAX_TURNS, describe, number_of, segment_of, speaker_of
from emotrace.calls.turns._transcript import Transcript
from emotrace.calls.turns._turn import Turn
from emotrace.errors import TurnsError
from emotrace.labels import EMOTIONS

DESCRIPTION = "RTTM (SPEAKER lines)"

_LINE = "SPEAKER file channel start duration <NA> <NA> speaker <NA> <NA>"
_OTHER_TYPES = frozenset(
    (
        *("SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH", "FILLER", "EDIT", "IP", "SU"),
        *("CB", "A/P", "SPKR-INFO"),
    )
)


def is_format(transcript: Transcript) -> bool:
    """Say whether the first line that says something is a line of RTTM."""
    first = next((line.split()[0] for _, line in _lines(transcript.text)), "")
    return transcript.json is None and (first == "SPEAKER" or first in _OTHER_TYPES)


def read(transcript: Transcript) -> list[Turn]:
    """Read the turns of the wanted recording, in the order of the file."""
    turns: dict[str, list[Turn]] = {}
    for count, (number, line) in enumerate(_lines(transcript.text)):
        if count >= MAX_TURNS:
            raise TurnsError(f"line {number}: above the limit of {MAX_TURNS:,} lines; split the file by recording")
        fields = line.split()
        if fields[0] == "SPEAKER":
            turns.setdefault(fields[1] if len(fields) > 1 else "", []).append(_turn(fields, f"line {number}"))
        elif fields[0] not in _OTHER_TYPES:
            raise TurnsError(f"line {number}: {describe(fields[0])} is no type of RTTM; expected: {_LINE}")
    chosen = _choose(turns, transcript.recording)
    if chosen and all(_is_our_label(turn.speaker) for turn in chosen):
        raise TurnsError(
            f"names emotions ({chosen[0].speaker}) in place of speakers, as emotrace writes them; give the RTTM "
            "of a speaker diariser"
        )
    return chosen


def _is_our_label(speaker: str) -> bool:
    """Say whether this is no speaker, but ``anger?``, ``customer:anger`` or ``agent:speech``."""
    label = speaker.rpartition(":")[2].rstrip("?")
    return label in EMOTIONS or label == "speech"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith(";"):
            yield number, stripped


def _turn(fields: list[str], where: str) -> Turn:
    if len(fields) not in (9, 10):
        raise TurnsError(f"{where}: {len(fields)} fields, expected 10 (or 9): {_LINE}")
    times = {"start": fields[3], "duration": fields[4]}
    start, duration = (number_of(times, key, where) for key in times)
    if duration < 0.0:
        raise TurnsError(f"{where}: the duration is {duration:g} s; it must not be negative")
    # 8.496 + 0.784 is 9.280000000000001.
    end = max(start, round(start + duration, 6))
    return Turn(segment_of(start, end, where), speaker_of(fields[7], f"{where}: the 8th field"))


def _choose(turns: dict[str, list[Turn]], recording: str | None) -> list[Turn]:
    if len(turns) <= 1:
        return next(iter(turns.values()), [])
    if recording in turns:
        return turns[recording]
    names = ", ".join(describe(name) for name in list(turns)[:10]) + (" ..." if len(turns) > 10 else "")
    asked = "and which is meant is not said" if recording is None else f"none of them called {describe(recording)}"
    raise TurnsError(f"holds {len(turns)} recordings ({names}), {asked}; keep the lines of one recording")
