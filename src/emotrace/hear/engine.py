"""The engine: samples in, predictions out, no input or output of its own.

Time is tiled into hops. Hop *k* covers ``[k hop, (k + 1) hop)`` and is judged by the window centred on it, cut
at the ends of the recording. A prediction is given as soon as its window is complete. Windows depend only on
the position of their samples, so any sizes of pushed blocks give the identical predictions.
"""

from __future__ import annotations

import numpy as np

from emotrace.errors import UsageError
from emotrace.hear.judge import Judge, is_enough_speech, no_speech
from emotrace.hear.speech import (
    SHORTEST_SPEECH_SECONDS,
    Signal,
    SpeechDetector,
    SpeechTracker,
    merge_spans,
    window_around,
)
from emotrace.types import Prediction, Segment

_BRIDGED_SECONDS = 0.25


class Engine:
    """One live conversation: push blocks of samples, get predictions, close.

    Parameters
    ----------
    judge, detector
        What names emotions and what finds speech; made by `emotrace.Recogniser.engine`.
    window_seconds, hop_seconds
        How much is heard at once, and how far it moves; 0.1 <= hop <= window.
    file, channel
        Written into each prediction.

    Examples
    --------
    >>> import numpy as np, emotrace
    >>> engine = emotrace.load().engine()
    >>> predictions = engine.push(np.zeros(32_000, dtype=np.float32)) + engine.close()
    >>> [p.emotion for p in predictions]
    ['no speech', 'no speech']
    """

    def __init__(
        self,
        judge: Judge,
        detector: SpeechDetector,
        window_seconds: float,
        hop_seconds: float,
        file: str = "",
        channel: str = "mix",
    ) -> None:
        if not 0.1 <= hop_seconds <= window_seconds <= 60.0:
            raise UsageError(
                f"window and hop must satisfy 0.1 <= hop <= window <= 60 seconds, "
                f"got window {window_seconds:g}, hop {hop_seconds:g}"
            )
        self._judge, self._tracker = judge, SpeechTracker(detector)
        self._rate = detector.sampling_rate
        self._window = round(window_seconds * self._rate)
        self._hop = round(hop_seconds * self._rate)
        self._file, self._channel = file, channel
        self._buffer: Signal = np.empty(0, dtype=np.float32)
        self._buffer_start = 0
        self._n_pushed = 0
        self._next_hop = 0
        self._speech: list[tuple[int, int]] = []
        self._closed = False

    @property
    def sampling_rate(self) -> int:
        """The rate that pushed blocks must have, in Hz."""
        return self._rate

    @property
    def window_seconds(self) -> float:
        """How much is heard at once."""
        return self._window / self._rate

    @property
    def hop_seconds(self) -> float:
        """How far the window moves."""
        return self._hop / self._rate

    @property
    def latency(self) -> float:
        """Algorithmic latency in seconds: from the end of a hop until its prediction can be given."""
        return ((self._window - self._hop) - (self._window - self._hop) // 2) / self._rate

    @property
    def duration(self) -> float:
        """Seconds pushed so far."""
        return self._n_pushed / self._rate

    def speech(self) -> tuple[Segment, ...]:
        """Give the stretches of speech found so far; pauses up to 0.25 s are bridged, blips left out."""
        bridged = merge_spans(self._speech, round(_BRIDGED_SECONDS * self._rate))
        shortest = SHORTEST_SPEECH_SECONDS * self._rate
        return tuple(Segment(s / self._rate, e / self._rate) for s, e in bridged if e - s >= shortest)

    def push(self, block: Signal) -> list[Prediction]:
        """Take the next samples, shape (n_samples,) float32 in [-1, 1], and give what can now be said.

        Raises
        ------
        UsageError
            After `close`, or if the block is not one-dimensional or holds NaN or infinity.
        """
        if self._closed:
            raise UsageError("this engine is closed; make a new one for the next recording")
        samples = np.asarray(block)
        if not np.issubdtype(samples.dtype, np.floating):
            raise UsageError(f"a block must hold floats in [-1, 1], got {samples.dtype}")
        samples = samples.astype(np.float32, copy=False)
        if samples.ndim != 1:
            raise UsageError(f"a block must have shape (n_samples,), got {samples.shape}; mix the channels first")
        if not np.isfinite(samples).all():
            raise UsageError("a block holds samples that are NaN or infinite")
        self._buffer = np.concatenate([self._buffer, samples])
        self._n_pushed += samples.size
        predictions = []
        while window_around(self._next_hop, self._window, self._hop)[1] <= self._n_pushed:
            predictions.append(self._judge_next_hop())
        self._forget()
        return predictions

    def close(self) -> list[Prediction]:
        """Say that the recording has ended, and give the predictions of the hops still open."""
        predictions = []
        while not self._closed and self._next_hop < self._n_pushed:
            predictions.append(self._judge_next_hop())
        self._closed = True
        self._buffer = np.empty(0, dtype=np.float32)
        return predictions

    def _judge_next_hop(self) -> Prediction:
        start, end = self._next_hop, min(self._next_hop + self._hop, self._n_pushed)
        left, right = window_around(start, self._window, self._hop)
        left, right = max(left, 0), min(right, self._n_pushed)
        window = self._buffer[left - self._buffer_start : right - self._buffer_start]
        spans = self._tracker.find(window, start - left, end - left)
        for s, e in spans:
            # Only the last span can touch a new one: the list is never gone through again.
            self._speech[-1:] = merge_spans([*self._speech[-1:], (s + left, e + left)])
        segment = Segment(start / self._rate, end / self._rate)
        speech_seconds = sum(e - s for s, e in spans) / self._rate
        self._next_hop += self._hop
        if not is_enough_speech(speech_seconds, segment):
            return no_speech(segment, speech_seconds, self._file, self._channel)
        probabilities = self._judge.probabilities(window)
        return self._judge.name(probabilities, segment, speech_seconds, self._file, self._channel)

    def _forget(self) -> None:
        """Drop the samples that no later window needs, so that memory does not grow with time."""
        needed = max(0, window_around(self._next_hop, self._window, self._hop)[0])
        if needed > self._buffer_start:
            self._buffer = self._buffer[needed - self._buffer_start :].copy()
            self._buffer_start = needed
