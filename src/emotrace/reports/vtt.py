"""WebVTT subtitles: the emotion shown while the recording plays, in browsers and video players.

A cue shows the emotion and its confidence (``anger 87 %``; ``anger? 41 %`` where uncertain). Each emotion
is a class with its own colour; channels heard apart are voices (``<v channel 0>``). Stretches without
speech have no cue.

Source: W3C, WebVTT: The Web Video Text Tracks Format, https://www.w3.org/TR/webvtt1/.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TextIO

from emotrace.labels import COLOURS
from emotrace.reports._intervals import Interval, one_recording, run_intervals
from emotrace.reports._text import channel_label, heard_label, printable
from emotrace.types import Timeline

SUFFIX = ".vtt"
DESCRIPTION = "WebVTT subtitles"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write the cues of all channels of one recording in order of time.

    Raises
    ------
    UsageError
        If ``timelines`` are of several recordings, or there is none.
    """
    file = one_recording(timelines, "vtt")
    cues = [
        (timeline.channel, interval)
        for timeline in timelines
        for interval in run_intervals(timeline, decimals=3)
        if interval.heard.is_speech
    ]
    cues.sort(key=lambda cue: (cue[1].start, cue[1].end))
    stream.write(f"WEBVTT\n\nNOTE\nEmotions heard in {_escaped(file)}\n")
    stream.write(_style(sorted({interval.heard.emotion for _, interval in cues})))
    for channel, interval in cues:
        stream.write(f"\n{_time(interval.start)} --> {_time(interval.end)}\n{_text(channel, interval)}\n")


def _text(channel: str, interval: Interval) -> str:
    heard = interval.heard
    classes = f"c.{_class_name(heard.emotion)}{'.uncertain' if heard.uncertain else ''}"
    shown = heard_label(heard)
    if heard.confidence is not None:
        shown += f" {100.0 * heard.confidence:.0f} %"
    text = f"<{classes}>{_escaped(shown)}</c>"
    voice = channel_label(channel)
    return f"<v {_escaped(voice)}>{text}</v>" if voice else text


def _style(emotions: Sequence[str]) -> str:
    """Give one style sheet with the emotions' colours; none where no emotion has a colour."""
    rules = [_rule(emotion) for emotion in emotions if emotion in COLOURS]
    return "\nSTYLE\n" + "".join(rules) if rules else ""


def _rule(emotion: str) -> str:
    background = COLOURS[emotion]
    red, green, blue = (int(background[i : i + 2], 16) for i in (1, 3, 5))
    # Perceived brightness (ITU-R BT.601) tells whether black or white letters are easier to read.
    letters = "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"
    return f"::cue(.{_class_name(emotion)}) {{ color: {letters}; background-color: {background} }}\n"


def _class_name(emotion: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", emotion.lower()).strip("-") or "other"


def _time(seconds: float) -> str:
    minutes, ms = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{ms // 1000:02}.{ms % 1000:03}"


def _escaped(text: str) -> str:
    # Escaping ">" also keeps "-->", which no cue text or note may hold, out of file names.
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
