"""Second pass over a call: the timeline of each party that may be analysed, and how each turn was said.

The emotion of a turn is judged on the turn's own audio, as a clip is, and not averaged from the timeline: windows
of the timeline reach beyond the turn, into silence or another turn. What another party says is silenced before
anything is judged. At most one turn per party is held in memory.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.load import open_stream
from emotrace.calls.masking import Mask, Signal
from emotrace.calls.parties import Party
from emotrace.features._prosody import Prosody, measure_prosody
from emotrace.hear.engine import Engine
from emotrace.hear.recognizer import SHORTEST_SECONDS, WINDOWS_AT_ONCE, Recogniser
from emotrace.types import Prediction, Segment, Timeline

LONGEST_TURN_SECONDS = 300.0
"""A longer turn is judged by its first five minutes; its timeline has all of it."""

MARGIN_SECONDS = 0.5
"""How a voice begins and dies away tells of its emotion, too: as much as the recogniser looks at around a clip."""


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """How a turn was said; None for what cannot be told: with ``prosody``, where nobody is heard alone."""

    prediction: Prediction | None
    prosody: Prosody | None


@dataclass(frozen=True, slots=True)
class Listening:
    """What is to be heard of one party.

    Attributes
    ----------
    party
        Which party, and whether its emotion may be judged.
    turns
        Its turns, in order, not overlapping.
    kept
        The stretches in which its channel is its own; None means all of it.
    """

    party: Party
    turns: Sequence[Segment]
    kept: Sequence[Segment] | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard: the timelines of the parties analysed for emotion, and every party's turns, in order."""

    timelines: Mapping[str, Timeline]
    turns: Mapping[str, Sequence[HeardTurn]]


def hear_call(
    path: str | os.PathLike[str],
    recogniser: Recogniser,
    listenings: Sequence[Listening],
    limits: Limits = DEFAULT_LIMITS,
) -> Hearing:
    """Listen to a recording once more, knowing whose turn it is when.

    Raises
    ------
    AudioError
        If the recording cannot be used.
    """
    mix = any(listening.party.channel == "mix" for listening in listenings)
    ears = [_Ear(listening, recogniser, os.fspath(path)) for listening in listenings]
    with open_stream(path, recogniser.sampling_rate, "mix" if mix else "each", limits) as stream:
        for block in stream:
            rows = np.atleast_2d(block)
            for ear in ears:
                channel = ear.party.channel
                ear.push(rows[0 if channel == "mix" else channel])
    return Hearing(
        timelines={ear.party.party: timeline for ear in ears if (timeline := ear.close()) is not None},
        turns={ear.party.party: ear.turns for ear in ears},
    )


class _Ear:
    """Listens to one party."""

    def __init__(self, listening: Listening, recogniser: Recogniser, file: str) -> None:
        self.party = listening.party
        self.turns: list[HeardTurn] = []
        self._recogniser, self._file = recogniser, file
        self._mask = Mask(listening.kept, recogniser.sampling_rate)
        self._cutter = TurnCutter(listening.turns, recogniser.sampling_rate)
        self._engine: Engine | None = None
        if self.party.is_emotion_analysed:
            self._engine = recogniser.engine(file=file, channel=str(self.party.channel), at_once=WINDOWS_AT_ONCE)
        self._predictions: list[Prediction] = []

    def push(self, row: Signal) -> None:
        own = self._mask.push(row)
        if self._engine is not None:
            self._predictions += self._engine.push(own)
        self._hear(self._cutter.push(own))

    def close(self) -> Timeline | None:
        self._hear(self._cutter.close())
        if self._engine is None:
            return None
        self._predictions += self._engine.close()
        return Timeline(
            file=self._file,
            channel=str(self.party.channel),
            duration=self._engine.duration,
            predictions=tuple(self._predictions),
            speech=self._engine.speech(),
            labels=self._recogniser.labels,
            model=self._recogniser.bundle.card.name,
            settings={"window_seconds": self._engine.window_seconds, "hop_seconds": self._engine.hop_seconds},
        )

    def _hear(self, cuts: Sequence[Cut]) -> None:
        for cut in cuts:
            self.turns.append(HeardTurn(self._judge(cut), self._measure(cut)))

    def _judge(self, cut: Cut) -> Prediction | None:
        rate = self._recogniser.sampling_rate
        if not self.party.is_emotion_analysed or cut.signal.size < SHORTEST_SECONDS * rate:
            return None
        heard = self._recogniser.predict(cut.signal, sampling_rate=rate)
        return heard if heard.is_speech else None

    def _measure(self, cut: Cut) -> Prosody | None:
        if not cut.turn.any():
            return None
        prosody = measure_prosody(cut.turn, self._recogniser.sampling_rate)
        # Feelings could be guessed from pitch. It is needed to count syllables, and then forgotten.
        return prosody if self.party.is_emotion_analysed else _without_pitch(prosody)


def _without_pitch(prosody: Prosody) -> Prosody:
    return replace(
        prosody, pitch_median_hz=None, pitch_low_hz=None, pitch_high_hz=None, pitch_range_semitones=None
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """A turn's audio: with what little surrounds it, and without."""

    signal: Signal
    turn: Signal


class TurnCutter:
    """Cuts the audio of one party's turns out of a stream; any sizes of pushed blocks give the same.

    Parameters
    ----------
    turns
        In order, not overlapping.
    sampling_rate
        Of the blocks, in Hz.
    """

    def __init__(self, turns: Sequence[Segment], sampling_rate: int) -> None:
        judged = [Segment(turn.start, min(turn.end, turn.start + LONGEST_TURN_SECONDS)) for turn in turns]
        self._turns = [_samples(turn, sampling_rate) for turn in judged]
        self._ranges = [_samples(around, sampling_rate) for around in _with_margins(judged)]
        self._next = 0
        self._n_pushed = 0
        self._buffer: Signal = np.empty(0, dtype=np.float32)
        self._buffer_start = 0

    def push(self, block: Signal) -> list[Cut]:
        """Take the next samples, shape (n_samples,), and give the turns that are complete."""
        self._buffer = np.concatenate([self._buffer, block])
        self._n_pushed += block.size
        cuts = []
        while self._next < len(self._ranges) and self._ranges[self._next][1] <= self._n_pushed:
            cuts.append(self._cut())
        needed = self._ranges[self._next][0] if self._next < len(self._ranges) else self._n_pushed
        if needed > self._buffer_start:
            self._buffer = self._buffer[needed - self._buffer_start :].copy()
            self._buffer_start = min(needed, self._n_pushed)
        return cuts

    def close(self) -> list[Cut]:
        """Say that the stream has ended, and give the turns that it broke off."""
        return [self._cut() for _ in range(self._next, len(self._ranges))]

    def _cut(self) -> Cut:
        (left, right), (start, end) = self._ranges[self._next], self._turns[self._next]
        self._next += 1
        offset = self._buffer_start
        return Cut(self._buffer[left - offset : right - offset], self._buffer[start - offset : end - offset])


def _with_margins(turns: Sequence[Segment]) -> list[Segment]:
    """Let each turn reach a little to either side, but not into its neighbours."""
    ends = [0.0, *(turn.end for turn in turns)]
    starts = [*(turn.start for turn in turns[1:]), math.inf]
    return [
        Segment(max(turn.start - MARGIN_SECONDS, before), min(turn.end + MARGIN_SECONDS, after))
        for turn, before, after in zip(turns, ends, starts, strict=False)
    ]


def _samples(segment: Segment, sampling_rate: int) -> tuple[int, int]:
    return round(segment.start * sampling_rate), round(segment.end * sampling_rate)
