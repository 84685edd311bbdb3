"""What is known of a call once it has been analysed, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emotrace import __version__
from emotrace.calls.parties import Party
from emotrace.calls.rules import Escalation
from emotrace.calls.summary import AgentEffect, Quarter, Trend
from emotrace.calls.talk import Talk
from emotrace.calls.verdict import Verdict
from emotrace.features._prosody import Prosody
from emotrace.types import Prediction, Segment, Timeline

_PROSODY = {
    "level_dbfs": 1,
    "syllables_per_second": 2,
    "pitch_median_hz": 1,
    "pitch_low_hz": 1,
    "pitch_high_hz": 1,
    "pitch_range_semitones": 1,
}
"""What is told of a turn's prosody, and with how many decimals."""


@dataclass(frozen=True, slots=True)
class CallTurn:
    """One party's turn, and how it was said.

    Attributes
    ----------
    turn
        Its number, counted from 0.
    party
        Who talks.
    segment
        From its first to its last word.
    speech_seconds
        How much of it is speech, in seconds.
    text
        What is said, where a file tells it.
    prediction
        Its emotion; None where the party is not analysed for emotion, or too little was heard.
    prosody
        Its level, rate and pitch; pitch is left out where the party is not analysed for emotion, and None stands
        for a turn that is nowhere heard alone.
    level_change_db
        Its level against the median of all turns of this party.
    interrupts
        True if it takes the word from the other party.
    """

    turn: int
    party: str
    segment: Segment
    speech_seconds: float
    text: str | None
    prediction: Prediction | None
    prosody: Prosody | None
    level_change_db: float | None
    interrupts: bool

    def to_dict(self) -> dict[str, Any]:
        """Give the record as it stands in the call's JSON."""
        heard, prosody = self.prediction, self.prosody
        return {
            "turn": self.turn,
            "party": self.party,
            **_times(self.segment),
            "speech_seconds": round(self.speech_seconds, 3),
            "text": self.text,
            **_said(heard),
            "level_change_db": _rounded(self.level_change_db, 1),
            **{key: _rounded(getattr(prosody, key, None), decimals) for key, decimals in _PROSODY.items()},
            "interrupts": self.interrupts,
        }


@dataclass(frozen=True, slots=True)
class Call:
    """An analysed call.

    Attributes
    ----------
    file, model, labels, duration, sampling_rate, n_channels
        What was analysed, and by which model; duration in seconds, the recording's own rate in Hz.
    turns_from
        ``channels``, ``speech`` (one unknown speaker), or the name of the file with turns.
    notice
        The sentence of law and limits.
    parties, turns, timelines
        Who talks, when, and what is heard; timelines only of parties that are analysed for emotion.
    talk, emotion_seconds, quarters, trend, escalations, agent_effects, verdict
        What follows from it.
    """

    file: str
    model: str
    labels: tuple[str, ...]
    duration: float
    sampling_rate: int
    n_channels: int
    turns_from: str
    notice: str
    parties: tuple[Party, ...]
    turns: tuple[CallTurn, ...]
    timelines: Mapping[str, Timeline]
    talk: Talk
    emotion_seconds: Mapping[str, Mapping[str, float]]
    quarters: tuple[Quarter, ...]
    trend: Trend
    escalations: tuple[Escalation, ...]
    agent_effects: tuple[AgentEffect, ...]
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Give the call as documented by the JSON Schema ``emotrace/assets/call.schema.json``; times in
        seconds."""
        return {
            "emotrace": __version__,
            "file": self.file,
            "model": self.model,
            "labels": list(self.labels),
            "duration": round(self.duration, 3),
            "sampling_rate": self.sampling_rate,
            "n_channels": self.n_channels,
            "turns_from": self.turns_from,
            "notice": self.notice,
            "parties": [party.to_dict() for party in self.parties],
            "turns": [turn.to_dict() for turn in self.turns],
            "timelines": {
                party: [_timeline_entry(heard) for heard in timeline.predictions]
                for party, timeline in self.timelines.items()
            },
            "summary": self._summary(),
            "escalations": [escalation.to_dict() for escalation in self.escalations],
            "agent_turns": [effect.to_dict() for effect in self.agent_effects],
            "verdict": self.verdict.to_dict(),
        }

    def _summary(self) -> dict[str, Any]:
        talk = self.talk
        return {
            "talk_seconds": {party: round(seconds, 3) for party, seconds in talk.talk_seconds.items()},
            "talk_share": {party: round(share, 4) for party, share in talk.talk_share.items()},
            "n_turns": dict(talk.n_turns),
            "silence_seconds": round(talk.silence_seconds, 3),
            "longest_silence": None if talk.longest_silence is None else _times(talk.longest_silence),
            "overlap_seconds": round(talk.overlap_seconds, 3),
            "interruptions": [{"by": found.by, **_times(found.segment)} for found in talk.interruptions],
            "emotion_seconds": {
                party: {emotion: round(seconds, 3) for emotion, seconds in spoken.items()}
                for party, spoken in self.emotion_seconds.items()
            },
            "quarters": [quarter.to_dict() for quarter in self.quarters],
            "trend": self.trend.to_dict(),
        }


def _timeline_entry(heard: Prediction) -> dict[str, Any]:
    entry = heard.to_dict()
    del entry["file"], entry["channel"]
    return entry


def _times(segment: Segment) -> dict[str, float]:
    return {"start": round(segment.start, 3), "end": round(segment.end, 3)}


def _said(heard: Prediction | None) -> dict[str, Any]:
    unheard = {
        "emotion": None,
        "confidence": None,
        "uncertain": False,
        "probabilities": {},
        "derived": {"valence": None, "arousal": None},
    }
    if heard is None:
        return unheard
    record = heard.to_dict()
    return {key: record[key] for key in unheard}


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)
