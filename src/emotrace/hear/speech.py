"""Speech activity: where in a signal does somebody speak?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from emotrace.bundle import Bundle

SILENCE_DBFS = -85.0
"""Frames quieter than this (RMS about the mean) are silence, whatever a detector makes of them."""

FOREGROUND_DB = 40.0
"""Frames this much quieter than the loudest speech so far are the tone of the room, or talk in the next one."""

CONTEXT_SECONDS = 0.5
"""How far around a stretch it is listened to: as far as the shipped network sees."""

_NEIGHBOURS = 3
SHORTEST_SPEECH_SECONDS = 0.1
"""A shorter stretch is a blip, and no speech."""

Signal = NDArray[np.float32]
Span = tuple[int, int]


class SpeechDetector:
    """Finds speech in windows of a signal with a bundle of kind ``speech``.

    The answer for a stretch depends on the window it is heard in, and on nothing else: there is no state. What a
    stream remembers is in its `SpeechTracker`.

    Parameters
    ----------
    bundle
        A bundle of kind ``speech``; its card's ``calibration.speech_threshold`` says from which probability
        on a frame counts as speech.
    threads
        Most threads that one run may use.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        bundle.card.require_kind("speech")
        self._bundle = bundle
        self._threads = threads
        self._threshold = float(bundle.card.calibration.get("speech_threshold", 0.5))
        self._frame_samples = round((bundle.card.frame_seconds or 0.0) * bundle.card.sampling_rate)

    @property
    def sampling_rate(self) -> int:
        """The rate of the signals, in Hz."""
        return self._bundle.card.sampling_rate

    def find(self, window: Signal, start: int, end: int, floor_dbfs: float = SILENCE_DBFS) -> list[Span]:
        """Find speech between samples ``start`` and ``end`` of ``window``, shape (n_samples,).

        Frames quieter than ``floor_dbfs`` are not speech.

        Returns
        -------
        list of (start, end)
            Spans in samples of the window, in order, not touching one another.
        """
        context = round(CONTEXT_SECONDS * self.sampling_rate)
        left = max(0, start - context)
        near = window[left : end + context]
        if near.size == 0:
            return []
        padded = pad_to(near - near.mean(), self._bundle.card.minimum_samples)
        before = (padded.size - near.size) // 2 - left
        is_loud = _is_loud(padded, self._frame_samples, floor_dbfs)
        if not is_loud.any():
            return []
        probabilities = self._bundle.predict(padded[np.newaxis], self._threads)[0]
        is_speech = (probabilities >= self._threshold) & is_loud[: probabilities.size]
        first = np.flatnonzero(is_speech) * self._frame_samples - before
        spans = ((max(int(s), start), min(int(s) + self._frame_samples, end)) for s in first)
        merged = merge_spans((s, e) for s, e in spans if s < e)
        # A blip is no speech, unless it may go on in the next hop.
        shortest = SHORTEST_SPEECH_SECONDS * self.sampling_rate
        return [(s, e) for s, e in merged if e - s >= shortest or s == start or e == end]

    def find_all(self, signal: Signal) -> list[Span]:
        """Find speech in a signal of any length, heard in overlapping windows as a stream would be."""
        card = self._bundle.card
        window = round(card.window_seconds * card.sampling_rate)
        hop = round(card.hop_seconds * card.sampling_rate)
        tracker = SpeechTracker(self)
        spans: list[Span] = []
        for start, end, left, right in windows_of(signal.size, window, hop):
            inside = tracker.find(signal[left:right], start - left, end - left)
            spans.extend((s + left, e + left) for s, e in inside)
        return merge_spans(spans)


class SpeechTracker:
    """Follows the speech of one stream, window by window, and remembers how loud its loudest speech was."""

    def __init__(self, detector: SpeechDetector) -> None:
        self._detector = detector
        self._loudest_dbfs = -np.inf

    def find(self, window: Signal, start: int, end: int) -> list[Span]:
        """Find speech in the stream's next window; as `SpeechDetector.find`."""
        spans = self.peek(window, start, end)
        for first, last in spans:
            self._loudest_dbfs = max(self._loudest_dbfs, level_dbfs(window[first:last]))
        return spans

    def peek(self, window: Signal, start: int, end: int) -> list[Span]:
        """Find speech as `find`, and remember nothing."""
        floor = max(SILENCE_DBFS, self._loudest_dbfs - FOREGROUND_DB)
        return self._detector.find(window, start, end, floor)


def level_dbfs(signal: Signal) -> float:
    """Give the RMS level of a signal about its mean, in dB of full scale; minus infinity for a constant.

    >>> level_dbfs(np.array([1.0, -1.0], dtype=np.float32))
    0.0
    """
    power = float(np.var(signal, dtype=np.float64))
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def _is_loud(signal: Signal, frame_samples: int, floor_dbfs: float) -> NDArray[np.bool_]:
    """Say of each frame whether it, or one of its three neighbours on either side, is louder than the floor."""
    n_frames = -(-signal.size // frame_samples)
    frames = np.pad(signal, (0, n_frames * frame_samples - signal.size)).reshape(n_frames, frame_samples)
    loud = np.mean(np.square(frames), axis=1) >= 10.0 ** (floor_dbfs / 10.0)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(loud, _NEIGHBOURS), 2 * _NEIGHBOURS + 1)
    return np.asarray(around.any(axis=1))


def windows_of(n_samples: int, window: int, hop: int) -> Iterator[tuple[int, int, int, int]]:
    """Tile ``n_samples`` with hops and give each the window around it.

    Yields
    ------
    (start, end, left, right)
        The hop ``[start, end)`` and the window ``[left, right)`` centred on it, cut at the ends of the signal.
    """
    for start in range(0, n_samples, hop):
        left, right = window_around(start, window, hop)
        yield start, min(start + hop, n_samples), max(left, 0), min(right, n_samples)


def window_around(start: int, window: int, hop: int) -> Span:
    """Give the window centred on the hop that begins at ``start``; it may reach beyond the signal.

    >>> window_around(16_000, 48_000, 16_000)
    (0, 48000)
    """
    left = start - (window - hop) // 2
    return left, left + window


def pad_to(signal: Signal, n_samples: int) -> Signal:
    """Put silence evenly around a signal that is shorter than ``n_samples``."""
    missing = n_samples - signal.size
    if missing <= 0:
        return np.ascontiguousarray(signal, dtype=np.float32)
    return np.pad(signal, (missing // 2, missing - missing // 2)).astype(np.float32)


def merge_spans(spans: Iterable[Span], gap: int = 0) -> list[Span]:
    """Join spans, given in order of time, that touch or lie at most ``gap`` samples apart.

    >>> merge_spans([(0, 5), (5, 9), (12, 20)])
    [(0, 9), (12, 20)]
    >>> merge_spans([(0, 5), (5, 9), (12, 20)], gap=3)
    [(0, 20)]
    """
    merged: list[Span] = []
    for start, end in spans:
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
