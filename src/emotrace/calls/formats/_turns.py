"""A call's turns in the formats of labels in time, one track per party.

A turn that was judged is labelled with its emotion (``anger``, or ``anger?`` where uncertain). A turn that was
not, because its party is not analysed for emotion or because too little was heard, is labelled ``speech``: that
somebody talks is all that is said of it. EmotionML can hold nothing but emotions: there, such turns are left out.
RTTM has no field for the party: it stands before the label (``customer:anger``, ``agent:speech``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TextIO

from emotrace import registry
from emotrace.calls.call import Call, CallTurn
from emotrace.types import Prediction, Timeline

TURN_FORMATS = ("audacity", "emotionml", "rttm", "textgrid", "vtt")
"""The formats of `emotrace.reports` that turns can be written in."""

SPEECH = "speech"
"""Label of a turn of which no emotion is said."""


def write_turns(call: Call, name: str, stream: TextIO) -> None:
    """Write the turns in one of `TURN_FORMATS`."""
    timelines = turn_timelines(call)
    if name == "emotionml":
        timelines = [_judged_only(timeline) for timeline in timelines if timeline.channel in call.timelines]
    if name == "rttm":
        channels = {party.party: str(party.channel) for party in call.parties}
        timelines = [_named(timeline, channels[timeline.channel]) for timeline in timelines]
    registry.load("format", name).write_timelines(timelines, stream)


def turn_timelines(call: Call) -> list[Timeline]:
    """Give one timeline per party, its channel named after the party and its predictions being the turns."""
    return [_timeline(call, party.party) for party in call.parties]


def _timeline(call: Call, party: str) -> Timeline:
    turns = [turn for turn in call.turns if turn.party == party]
    return Timeline(
        file=call.file,
        channel=party,
        duration=call.duration,
        predictions=tuple(_prediction(turn, call.file) for turn in turns),
        speech=tuple(turn.segment for turn in turns),
        labels=call.labels if party in call.timelines else (),
        model=call.model,
    )


def _prediction(turn: CallTurn, file: str) -> Prediction:
    heard = turn.prediction
    return Prediction(
        segment=turn.segment,
        emotion=SPEECH if heard is None else heard.emotion,
        confidence=None if heard is None else heard.confidence,
        uncertain=heard is not None and heard.uncertain,
        probabilities={} if heard is None else heard.probabilities,
        speech_seconds=turn.speech_seconds,
        file=file,
        channel=turn.party,
    )


def _judged_only(timeline: Timeline) -> Timeline:
    return replace(timeline, predictions=tuple(p for p in timeline.predictions if p.probabilities))


def _named(timeline: Timeline, channel: str) -> Timeline:
    predictions = tuple(_with_party(heard, timeline.channel) for heard in timeline.predictions)
    return replace(timeline, channel=channel, predictions=predictions)


def _with_party(heard: Prediction, party: str) -> Prediction:
    label = f"{party}:{heard.emotion}"
    return replace(
        heard, emotion=label, probabilities={} if heard.confidence is None else {label: heard.confidence}
    )
