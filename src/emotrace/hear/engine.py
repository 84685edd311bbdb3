"""The engine: samples in, predictions out, no input or output of its own.

Time is tiled into hops. Hop *k* covers ``[k hop, (k + 1) hop)`` and is judged by the window that ends a look-ahead
after it, cut at the ends of the recording. By default the look-ahead is half of window minus hop: the window is
centred on the hop. A prediction is given as soon as its window is complete. Windows depend only on the position
of their samples, so any sizes of pushed blocks give the identical predictions.

Whoever has the whole recording can have some windows judged at once, which is faster; predictions then come later,
and are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotrace.errors import UsageError
from emotrace.hear.judge import Judge, is_enough_speech, no_speech
from emotrace.hear.speech import (
    SHORTEST_SPEECH_SECONDS,
    Signal,
    Span,
    SpeechDetector,
    SpeechTracker,
    merge_spans,
)
from emotrace.types import Prediction, Segment

_BRIDGED_SECONDS = 0.25
# Longer blocks are taken piece by piece, so that the memory needed does not depend on them.
_PIECE_SECONDS = 1.0


@dataclass(frozen=True)
class _Waiting:
    """A hop that is not judged yet; without a window there is too little speech in it."""

    segment: Segment
    speech_seconds: float
    window: Signal | None


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
    lookahead_seconds
        How much is heard after a hop before it is judged, 0 to window - hop; None centres the window on the hop.
    at_once
        How many windows are judged at once. With more than one, predictions come once there are so many.

    Raises
    ------
    UsageError
        If window, hop and look-ahead do not fit together.

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
        lookahead_seconds: float | None = None,
        at_once: int = 1,
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
        self._lookahead = self._choose_lookahead(lookahead_seconds)
        self._file, self._channel = file, channel
        self._at_once = at_once
        self._waiting: list[_Waiting] = []
        # The last `window` samples before the piece that is being taken, and that piece.
        self._piece = round(_PIECE_SECONDS * self._rate)
        self._buffer: Signal = np.empty(self._window + self._piece, dtype=np.float32)
        self._n_buffered = 0
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
        return self._lookahead / self._rate

    @property
    def duration(self) -> float:
        """Seconds pushed so far."""
        return self._n_pushed / self._rate

    def speech(self) -> tuple[Segment, ...]:
        """Give the stretches of speech found so far; pauses up to 0.25 s are bridged, blips left out."""
        bridged = merge_spans(self._speech, round(_BRIDGED_SECONDS * self._rate))
        shortest = SHORTEST_SPEECH_SECONDS * self._rate
        return tuple(Segment(s / self._rate, e / self._rate) for s, e in bridged if e - s >= shortest)

    def forget_speech(self) -> None:
        """Forget all stretches of speech but the newest: in a stream without end they would fill the memory."""
        del self._speech[:-1]

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
        predictions = []
        for first in range(0, samples.size, self._piece):
            self._take(samples[first : first + self._piece])
            while self._window_of(self._next_hop)[1] <= self._n_pushed:
                self._hear_next_hop()
                if len(self._waiting) >= self._at_once:
                    predictions += self._name_waiting()
        return predictions

    def peek(self) -> Prediction | None:
        """Say what can be said now of the newest stretch, a hop long or less, from a window of the past.

        None before the first sample and after `close`. Nothing is changed: later predictions are the same with and
        without it.
        """
        if self._closed or not self._n_pushed:
            return None
        start, end = max(0, self._n_pushed - self._hop), self._n_pushed
        left, window = self._cut(end - self._window, end)
        hop = self._weigh(start, end, window, self._tracker.peek(window, start - left, end - left))
        return self._name([hop])[0]

    def close(self) -> list[Prediction]:
        """Say that the recording has ended, and give the predictions of the hops still open."""
        while not self._closed and self._next_hop < self._n_pushed:
            self._hear_next_hop()
        predictions = self._name_waiting()
        self._closed = True
        self._buffer, self._n_buffered = np.empty(0, dtype=np.float32), 0
        return predictions

    def _choose_lookahead(self, seconds: float | None) -> int:
        spare = self._window - self._hop
        if seconds is None:
            return spare - spare // 2
        # Written so that NaN is refused, too.
        if not (0.0 <= seconds <= 60.0 and round(seconds * self._rate) <= spare):
            raise UsageError(
                f"the look-ahead must be between 0 and window - hop = {spare / self._rate:g} seconds, got "
                f"{seconds:g}; take a longer window, or a shorter hop or look-ahead"
            )
        return round(seconds * self._rate)

    def _window_of(self, hop_start: int) -> Span:
        """Give the window of the hop that begins at ``hop_start``; it may reach beyond the recording."""
        right = hop_start + self._hop + self._lookahead
        return right - self._window, right

    def _hear_next_hop(self) -> None:
        start, end = self._next_hop, min(self._next_hop + self._hop, self._n_pushed)
        left, window = self._cut(*self._window_of(start))
        spans = self._tracker.find(window, start - left, end - left)
        for s, e in spans:
            # Only the last span can touch a new one: the list is never gone through again.
            self._speech[-1:] = merge_spans([*self._speech[-1:], (s + left, e + left)])
        self._next_hop += self._hop
        # What waits must not be written over by the samples to come.
        self._waiting.append(self._weigh(start, end, window if self._at_once == 1 else window.copy(), spans))

    def _weigh(self, start: int, end: int, window: Signal, spans: list[Span]) -> _Waiting:
        """Say whether the stretch ``[start, end)`` holds enough speech to be judged by its window."""
        segment = Segment(start / self._rate, end / self._rate)
        speech_seconds = sum(e - s for s, e in spans) / self._rate
        return _Waiting(segment, speech_seconds, window if is_enough_speech(speech_seconds, segment) else None)

    def _name_waiting(self) -> list[Prediction]:
        waiting, self._waiting = self._waiting, []
        return self._name(waiting)

    def _name(self, hops: list[_Waiting]) -> list[Prediction]:
        """Judge hops, in their order."""
        heard = iter(self._judge.probabilities([hop.window for hop in hops if hop.window is not None]))
        where = (self._file, self._channel)
        return [
            no_speech(hop.segment, hop.speech_seconds, *where)
            if hop.window is None
            else self._judge.name(next(heard), hop.segment, hop.speech_seconds, *where)
            for hop in hops
        ]

    def _cut(self, left: int, right: int) -> tuple[int, Signal]:
        """Give the samples of ``[left, right)`` that there are, and where they begin."""
        left, right = max(left, 0), min(right, self._n_pushed)
        before = self._n_pushed - self._n_buffered
        return left, self._buffer[left - before : right - before]

    def _take(self, piece: Signal) -> None:
        """Append a piece; of what is older, only the last window is sure to be kept."""
        if self._n_buffered + piece.size > self._buffer.size:
            kept = min(self._window, self._n_buffered)
            self._buffer[:kept] = self._buffer[self._n_buffered - kept : self._n_buffered].copy()
            self._n_buffered = kept
        self._buffer[self._n_buffered : self._n_buffered + piece.size] = piece
        self._n_buffered += piece.size
        self._n_pushed += piece.size
