"""Speech that leaks from one channel into the other: echo and cross-talk, which are nobody's turn.

There are two signs of a leak. *It is the same sound*: within 0.3 s, as long as an echo is late, the other channel
has a stretch that is no quieter and correlates with this one; two voices do not, however loud a leak is. *It is
faint*: the other channel has been at least 12 dB louder within the last 0.3 s, and this one is at least 9 dB
quieter than its own voice usually is; so is an echo that a room or a codec has changed beyond likeness. Real words
that are said into the louder voice of the other show neither. Where a channel has no voice of its own, being 12 dB
quieter is enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotrace.calls.levels import FRAME_SECONDS
from emotrace.calls.stretches import stretches_of, union, without
from emotrace.types import Segment

LIKE = 0.5
"""Correlation from which on two stretches are the same sound. Of two voices at once, one in 400 is as alike."""

LOUDER_DB = 12.0
"""By how much the other channel must be louder than a faint leak."""

QUIETER_DB = 9.0
"""By how much a faint leak must be quieter than the party's own voice."""

_LATEST_ECHO_SECONDS = 0.3
_SHORTEST_SECONDS = 0.1
_BRIDGED_SECONDS = 0.25
# Voices are told apart well below 2 kHz, and the less there is to correlate, the quicker it is.
_RATE = 4_000
_WINDOW, _HOP, _LAG = round(0.4 * _RATE), round(0.2 * _RATE), round(_LATEST_ECHO_SECONDS * _RATE)
_FRAMES_PER_HOP = round(_HOP / _RATE / FRAME_SECONDS)
_SILENCE = 1e-6
# What is quieter than its source by rounding errors is as loud.
_AS_LOUD = 10.0**-0.1

Levels = NDArray[np.float32]
Signal = NDArray[np.float32]
Flags = NDArray[np.bool_]


class LikenessMeter:
    """Finds where each of two channels holds the sound of the other; any sizes of pushed blocks give the same.

    Parameters
    ----------
    sampling_rate
        Of the blocks in Hz, a multiple of 4000.
    """

    def __init__(self, sampling_rate: int) -> None:
        self._n_joined = sampling_rate // _RATE
        self._rest: Signal = np.empty((2, 0), np.float32)
        # A hop is judged by the window centred on it, within what lies as far around it as an echo is late.
        self._buffer: Signal = np.zeros((2, _LAG + (_WINDOW - _HOP) // 2), np.float32)
        self._flags: list[tuple[bool, bool]] = []
        self._n_pushed = 0

    def push(self, rows: Signal) -> None:
        """Take the next samples, shape (2, n_samples)."""
        rows = np.concatenate([self._rest, rows], axis=1)
        n_whole = rows.shape[1] // self._n_joined * self._n_joined
        self._rest = rows[:, n_whole:]
        self._take(rows[:, :n_whole].reshape(2, -1, self._n_joined).mean(axis=2))

    def close(self) -> tuple[Flags, Flags]:
        """Say for each channel and every 50 ms whether it holds the sound of the other, shape (n_frames,) each."""
        n_hops = -(-self._n_pushed // _HOP)
        self._take(np.zeros((2, _LAG + _WINDOW), np.float32))
        flags = np.array(self._flags[:n_hops], dtype=bool).reshape(-1, 2).repeat(_FRAMES_PER_HOP, axis=0)
        return flags[:, 0], flags[:, 1]

    def _take(self, rows: Signal) -> None:
        self._n_pushed += rows.shape[1]
        self._buffer = np.concatenate([self._buffer, rows], axis=1)
        n_needed = _WINDOW + 2 * _LAG
        start = 0
        while start + n_needed <= self._buffer.shape[1]:
            first, second = self._buffer[:, start : start + n_needed]
            self._flags.append((_is_like(first, second), _is_like(second, first)))
            start += _HOP
        self._buffer = self._buffer[:, start:].copy()


def _is_like(own: Signal, other: Signal) -> bool:
    """Say whether the window in the middle of ``own`` is somewhere in ``other``, as loud or louder."""
    window = own[_LAG : _LAG + _WINDOW]
    energy = float(window @ window)
    if energy < _SILENCE * _WINDOW:
        return False
    sums = np.concatenate([[0.0], np.cumsum(np.square(other, dtype=np.float64))])
    energies = sums[_WINDOW:] - sums[:-_WINDOW]
    is_as_loud = energies >= _AS_LOUD * energy
    if not is_as_loud.any():
        return False
    spectrum = np.fft.rfft(other) * np.conj(np.fft.rfft(window, other.size))
    products = np.abs(np.fft.irfft(spectrum, other.size)[: energies.size])
    return bool((products[is_as_loud] >= LIKE * np.sqrt(energies[is_as_loud] * energy)).any())


def find_crosstalk(speech: Sequence[Segment], own: Levels, other: Levels, is_like: Flags) -> list[Segment]:
    """Find the parts of a channel's speech that leak from the other channel.

    Parameters
    ----------
    speech
        The stretches in which the channel seems to speak.
    own, other
        Level of this and of the other channel in dBFS every 50 ms, shape (n_frames,).
    is_like
        Whether this channel holds the sound of the other, every 50 ms, at least n_frames.
    """
    is_speech = _frames_of(speech, own.size)
    is_same = is_speech & is_like[: own.size]
    is_drowned = is_speech & (own <= _recent_maximum(other) - LOUDER_DB)
    is_own = is_speech & ~is_drowned & ~is_same
    usual = float(np.median(own[is_own])) if is_own.any() else np.inf
    return stretches_of(is_same | (is_drowned & (own <= usual - QUIETER_DB)), FRAME_SECONDS)


def loud_leak_seconds(crosstalk: Sequence[Segment], own: Levels, other: Levels) -> float:
    """Give for how many seconds of its cross-talk a channel is not even `LOUDER_DB` quieter than the other."""
    frames = _frames_of(crosstalk, own.size) & (own > _recent_maximum(other) - LOUDER_DB)
    return FRAME_SECONDS * float(frames.sum())


def own_speech(speech: Sequence[Segment], crosstalk: Sequence[Segment]) -> list[Segment]:
    """Give the stretches of speech that are left without the cross-talk.

    A dip between two syllables that drowns in the other's voice is bridged, and what is left of less than 0.1 s is
    cross-talk too.
    """
    kept = [stretch for stretch in without(speech, crosstalk) if stretch.duration >= _SHORTEST_SECONDS]
    return union(kept, gap=_BRIDGED_SECONDS)


def _frames_of(speech: Sequence[Segment], n_frames: int) -> NDArray[np.bool_]:
    frames = np.zeros(n_frames, dtype=bool)
    for stretch in speech:
        frames[int(stretch.start / FRAME_SECONDS) : int(np.ceil(stretch.end / FRAME_SECONDS))] = True
    return frames


def _recent_maximum(levels: Levels) -> Levels:
    """Give the loudest of each frame and the few before it."""
    n_before = round(_LATEST_ECHO_SECONDS / FRAME_SECONDS)
    padded = np.concatenate([np.full(n_before, -np.inf, dtype=levels.dtype), levels])
    recent: Levels = np.lib.stride_tricks.sliding_window_view(padded, n_before + 1).max(axis=1)
    return recent
