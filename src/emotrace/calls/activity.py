"""First pass over a call: how long it is, where each channel speaks, and how loud it is when. No emotion is
judged.

The whole recording is never held in memory: what is kept is two numbers per channel and 50 ms, and the stretches.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.channels import Channel
from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.load import open_stream
from emotrace.bundle import Bundle
from emotrace.calls.crosstalk import Flags, LikenessMeter
from emotrace.calls.levels import LevelMeter
from emotrace.calls.stretches import union
from emotrace.hear.speech import (
    SHORTEST_SPEECH_SECONDS,
    Signal,
    Span,
    SpeechDetector,
    SpeechTracker,
    merge_spans,
    window_around,
)
from emotrace.types import Recording, Segment

_BRIDGED_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Activity:
    """What the first pass found.

    Attributes
    ----------
    recording
        What the file says of itself.
    duration
        Seconds that could be decoded.
    speech
        Per channel heard, the stretches in which somebody speaks: pauses up to 0.25 s are bridged, blips left out.
    levels
        Per channel heard, the level in dBFS every 50 ms, shape (n_frames,); -120 in silence.
    is_like
        For each of the two channels that were compared, whether it holds the sound of the other, every 50 ms.
    """

    recording: Recording
    duration: float
    speech: tuple[tuple[Segment, ...], ...]
    levels: tuple[NDArray[np.float32], ...]
    is_like: Mapping[int, Flags]


def find_activity(
    path: str | os.PathLike[str],
    speech_bundle: Bundle,
    channel: Channel | None = None,
    limits: Limits = DEFAULT_LIMITS,
    pair: tuple[int, int] | None = None,
) -> Activity:
    """Listen through a recording once.

    Parameters
    ----------
    path
        The recording.
    speech_bundle
        A bundle of kind ``speech``.
    channel
        The one to listen to, or ``"mix"``; None for each by itself.
    limits
        The largest recording that is accepted.
    pair
        Two channels to compare.

    Raises
    ------
    AudioError
        If the recording cannot be used.
    """
    rate = speech_bundle.card.sampling_rate
    detector = SpeechDetector(speech_bundle)
    with open_stream(path, rate, "each" if channel is None else channel, limits) as stream:
        n_rows = stream.recording.n_channels if channel is None else 1
        followers = [SpeechFollower(speech_bundle, detector) for _ in range(n_rows)]
        meters = [LevelMeter(rate) for _ in range(n_rows)]
        likeness = LikenessMeter(rate)
        n_samples = 0
        for block in stream:
            rows = np.atleast_2d(block)
            n_samples += rows.shape[1]
            if pair is not None:
                likeness.push(rows[list(pair)])
            for row, follower, meter in zip(rows, followers, meters, strict=True):
                follower.push(row)
                meter.push(row)
    return Activity(
        recording=stream.recording,
        duration=n_samples / rate,
        speech=tuple(tuple(follower.close()) for follower in followers),
        levels=tuple(meter.close() for meter in meters),
        is_like={} if pair is None else dict(zip(pair, likeness.close(), strict=True)),
    )


class SpeechFollower:
    """Finds the speech of one stream in the windows of a bundle of kind ``speech``, and judges nothing else.

    Any sizes of pushed blocks give the same stretches.
    """

    def __init__(self, speech_bundle: Bundle, detector: SpeechDetector) -> None:
        card = speech_bundle.card
        self._tracker = SpeechTracker(detector)
        self._rate = card.sampling_rate
        self._window = round(card.window_seconds * self._rate)
        self._hop = round(card.hop_seconds * self._rate)
        self._buffer: Signal = np.empty(0, dtype=np.float32)
        self._buffer_start = self._n_pushed = self._next_hop = 0
        self._spans: list[Span] = []

    def push(self, block: Signal) -> None:
        """Take the next samples, shape (n_samples,) at the bundle's sampling rate."""
        self._buffer = np.concatenate([self._buffer, block])
        self._n_pushed += block.size
        while window_around(self._next_hop, self._window, self._hop)[1] <= self._n_pushed:
            self._listen()
        needed = max(0, window_around(self._next_hop, self._window, self._hop)[0])
        if needed > self._buffer_start:
            self._buffer = self._buffer[needed - self._buffer_start :].copy()
            self._buffer_start = needed

    def close(self) -> list[Segment]:
        """Say that the stream has ended, and give all stretches of speech."""
        while self._next_hop < self._n_pushed:
            self._listen()
        bridged = merge_spans(self._spans, round(_BRIDGED_SECONDS * self._rate))
        shortest = SHORTEST_SPEECH_SECONDS * self._rate
        return union(Segment(s / self._rate, e / self._rate) for s, e in bridged if e - s >= shortest)

    def _listen(self) -> None:
        start, end = self._next_hop, min(self._next_hop + self._hop, self._n_pushed)
        left, right = window_around(start, self._window, self._hop)
        left, right = max(left, 0), min(right, self._n_pushed)
        window = self._buffer[left - self._buffer_start : right - self._buffer_start]
        for first, last in self._tracker.find(window, start - left, end - left):
            self._spans[-1:] = merge_spans([*self._spans[-1:], (first + left, last + left)])
        self._next_hop += self._hop
