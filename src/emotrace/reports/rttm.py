"""RTTM: turns of speech with their emotion, for scoring and diarisation tools.

The format is NIST's Rich Transcription Time Marked file (RT-09 evaluation plan, appendix A): one
``SPEAKER`` line of ten fields, parted by single spaces, per turn. It has no field for emotion; as usual in
emotion diarisation (Wang et al., "Speech emotion diarization", arXiv 2306.12991) the emotion stands where
the speaker's name stands, so that every RTTM tool can read and compare such files:

=====  ===========================================================================
field  content
=====  ===========================================================================
1      ``SPEAKER``
2      the file's name without folder and ending; white space becomes ``_``
3      the channel, counted from 1 as RTTM does; 1 for the mix of all channels
4, 5   start and duration in seconds
6, 7   ``<NA>``
8      the emotion; ``anger?`` where uncertain
9      confidence between 0 and 1
10     ``<NA>``
=====  ===========================================================================

Only speech is written; a turn is cut where the emotion changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TextIO

from emotrace.reports._intervals import Interval, speech_intervals
from emotrace.reports._text import heard_label, printable
from emotrace.types import Timeline

SUFFIX = ".rttm"
DESCRIPTION = "NIST RTTM turns of speech, the emotion in the place of the speaker"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write the turns of all timelines, one channel after the other."""
    for timeline in timelines:
        for turn in speech_intervals(timeline, decimals=3):
            stream.write(_line(timeline, turn) + "\n")


def _line(timeline: Timeline, turn: Interval) -> str:
    name = PurePath(timeline.file).stem or "recording"
    channel = str(int(timeline.channel) + 1) if timeline.channel.isdecimal() else "1"
    confidence = "<NA>" if turn.heard.confidence is None else f"{turn.heard.confidence:.4f}"
    times = (f"{turn.start:.3f}", f"{turn.end - turn.start:.3f}")
    label = heard_label(turn.heard)
    fields = ("SPEAKER", name, channel, *times, "<NA>", "<NA>", label, confidence, "<NA>")
    return " ".join(_field(field) for field in fields)


def _field(text: str) -> str:
    """Make one field of ``text``: spaces part fields, so none may be within."""
    return "_".join(printable("_".join(text.split())).split()) or "_"
