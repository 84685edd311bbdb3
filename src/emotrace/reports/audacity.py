"""Audacity label track: ``start<TAB>end<TAB>label`` lines, times in seconds.

Import it in Audacity with File > Import > Labels. The label is the emotion (``anger?`` where uncertain),
after the channel where channels were heard apart (``channel 0: anger``). Stretches without speech have no
label.

Source: the section "Importing and exporting labels" of the Audacity manual.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from emotrace.reports._intervals import one_recording, run_intervals
from emotrace.reports._text import channel_label, heard_label, printable
from emotrace.types import Timeline

SUFFIX = ".txt"
DESCRIPTION = "Audacity label track"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write the labels of all channels of one recording in order of time.

    Raises
    ------
    UsageError
        If ``timelines`` are of several recordings, or there is none.
    """
    one_recording(timelines, "audacity")
    labels = [
        (start, end, _label(timeline.channel, heard_label(heard)))
        for timeline in timelines
        for start, end, heard in run_intervals(timeline, decimals=6)
        if heard.is_speech
    ]
    for start, end, label in sorted(labels):
        stream.write(f"{start:.6f}\t{end:.6f}\t{label}\n")


def _label(channel: str, label: str) -> str:
    prefix = channel_label(channel)
    return printable(f"{prefix}: {label}" if prefix else label)
