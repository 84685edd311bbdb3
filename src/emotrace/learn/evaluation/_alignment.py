"""Lay one fingerprint over another, and judge whether they come from one and the same take.

Two takes of one sentence can be laid over each other quite well, and a twin that was stretched, shifted and hidden
in noise rather badly: how high the correlation is does not tell them apart. What does is **coherence**. A twin
fits best, piece by piece, exactly where the alignment of the whole puts it. Of another take some syllables come
early and some late, some higher and some lower: every piece would fit better a little elsewhere. Coherence is the
mean correlation of eight pieces where they are, divided by the mean of the best that each finds within 0.13 s and
two semitones around: 1 where nothing is gained by moving any piece.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.evaluation._fingerprint import BANDS_PER_SEMITONE, FRAME_SECONDS, N_BANDS, Matrix

LEAST_CORRELATION = 0.25
LEAST_COHERENCE = 0.88
CERTAIN_CORRELATION = 0.8
"""No two takes that were looked at reach it; louder, noisier, cut and coded copies do, stretched ones do not."""

MOST_SEMITONES = 3.0

_MOST_BANDS = round(MOST_SEMITONES * BANDS_PER_SEMITONE)
LEAST_OVERLAP_SECONDS = 0.8
"""Less than this of two voices can be made alike by chance, with tempo and pitch to choose freely."""

_LEAST_OVERLAP = 0.5
_LEAST_FRAMES = round(LEAST_OVERLAP_SECONDS / FRAME_SECONDS)
_NOT_WORTH_REFINING = 0.18
_COARSE_TEMPOS = (-0.1, -0.05, 0.0, 0.05, 0.1)
_FINE_TEMPOS = (-0.03, -0.015, 0.0, 0.015, 0.03)
_FINEST = tuple((tempo, phase) for tempo in (-0.0075, 0.0, 0.0075) for phase in (0.0, 0.5))
_N_PIECES = 8
_PIECE_FRAMES = 8
_PIECE_BANDS = 4


@dataclass(frozen=True, slots=True)
class Match:
    """How a second recording lies over a first one.

    Attributes
    ----------
    correlation
        Of all of what overlaps, at most 1.
    coherence
        In [0, 1]: whether every piece of it fits best where the whole fits best.
    tempo
        How many times as fast the second is: 1.25 if it was cut to 0.8 of the length.
    semitones
        How much higher the second is.
    offset_seconds
        Where in the first one the second one begins; negative if it begins before.
    overlap_seconds
        How much of the first one lies under the second.
    """

    correlation: float
    coherence: float
    tempo: float
    semitones: float
    offset_seconds: float
    overlap_seconds: float

    @property
    def is_same_take(self) -> bool:
        """True if both come from one recording, by the thresholds of this module."""
        return self.correlation >= LEAST_CORRELATION and self.coherence >= LEAST_COHERENCE

    @property
    def is_certain(self) -> bool:
        """True if even a single such pair proves something; others may be chance where there are few."""
        return self.is_same_take and self.correlation >= CERTAIN_CORRELATION


@dataclass(frozen=True, slots=True)
class _Overlay:
    """One way to lay the second over the first: ``stretch`` times as long, begun ``phase`` of a frame late."""

    correlation: float
    lag: int
    bands: int
    stretch: float
    phase: float


def align(first: Matrix, second: Matrix, stretch: float) -> Match | None:
    """Lay the second recording over the first one as well as possible.

    Parameters
    ----------
    first, second
        `Fingerprint.movements` of each, (n_frames, 120).
    stretch
        About how long the second has to be made, as a factor of its length: sought within 14 % of it.

    Returns
    -------
    Match or None
        None if nothing resembles anything.
    """
    coarse = _Table(_halve(first), _halve(second), stretch, _LEAST_FRAMES // 2)
    best = coarse.best([(stretch * math.exp(step), 0.0) for step in _COARSE_TEMPOS])
    if best.correlation < _NOT_WORTH_REFINING:
        return None
    fine = _Table(first, second, stretch, _LEAST_FRAMES)
    best = fine.best([(best.stretch * math.exp(step), 0.0) for step in _FINE_TEMPOS])
    if best.correlation < LEAST_CORRELATION:
        return None
    best = fine.best([(best.stretch * math.exp(step), phase) for step, phase in _FINEST])
    over = stretch_frames(second, best.stretch, best.phase)
    start, end = max(0, best.lag), min(len(first), best.lag + len(over))
    return Match(
        correlation=best.correlation,
        coherence=_coherence(first, over, best, start, end),
        tempo=best.stretch,
        semitones=-best.bands / BANDS_PER_SEMITONE,
        offset_seconds=best.lag * FRAME_SECONDS,
        overlap_seconds=(end - start) * FRAME_SECONDS,
    )


def stretch_frames(rows: Matrix, stretch: float, phase: float = 0.0) -> Matrix:
    """Make a matrix ``stretch`` times as long, by straight lines between its rows, from row ``phase`` on."""
    n_frames = max(1, round(len(rows) * stretch))
    return sample_rows(rows, np.minimum(np.linspace(0.0, len(rows) - 1.0, n_frames) + phase, len(rows) - 1.0))


def sample_rows(rows: Matrix, places: NDArray[np.float64]) -> Matrix:
    """Give the rows at ``places`` within the matrix, which may lie between two rows."""
    if len(rows) == 1:
        return np.repeat(rows, len(places), axis=0)
    before = np.minimum(places.astype(np.int64), len(rows) - 2)
    share = (places - before).astype(np.float32)[:, np.newaxis]
    after = rows[before + 1]
    return np.asarray(after * share + rows[before] * (1.0 - share))


def _halve(rows: Matrix) -> Matrix:
    n_pairs = len(rows) // 2
    return np.asarray((rows[: 2 * n_pairs : 2] + rows[1 : 2 * n_pairs : 2]) / 2.0) if n_pairs else rows


class _Table:
    """The first recording as it lies on the table, and the second to be laid over it in many ways."""

    def __init__(self, first: Matrix, second: Matrix, stretch: float, least_frames: int) -> None:
        self._second = second
        self._least_frames = least_frames
        self._n_first = len(first)
        # Room for the longest that the second is made.
        self._n_lags = _round_length(len(first) + math.ceil(1.2 * stretch * len(second)) + 1)
        self._n_shifts = _round_length(N_BANDS + _MOST_BANDS)
        self._spectrum = np.fft.rfft2(first, (self._n_lags, self._n_shifts))
        strength = np.square(first, dtype=np.float64).sum(axis=1)
        self._total = float(strength.sum())
        self._strength = np.fft.rfft(strength, self._n_lags)
        self._cover = np.fft.rfft(np.ones(len(first)), self._n_lags)

    def best(self, ways: Sequence[tuple[float, float]]) -> _Overlay:
        """Give the best overlay with any of these stretches and phases."""
        return max((self._lay(*way) for way in ways), key=lambda overlay: overlay.correlation)

    def _lay(self, stretch: float, phase: float) -> _Overlay:
        """Find the lag and the shift of pitch at which the stretched second correlates best with the first."""
        second = stretch_frames(self._second, stretch, phase)
        shape = self._n_lags, self._n_shifts
        products = np.fft.irfft2(self._spectrum * np.conj(np.fft.rfft2(second, shape)), shape)
        shifts = np.arange(-_MOST_BANDS, _MOST_BANDS + 1)
        correlation = products[:, shifts] / self._full(second)[:, np.newaxis]
        lag, shift = np.unravel_index(int(correlation.argmax()), correlation.shape)
        signed_lag = int(lag) if lag < self._n_first else int(lag) - self._n_lags
        return _Overlay(float(correlation[lag, shift]), signed_lag, int(shifts[shift]), stretch, phase)

    def _full(self, second: Matrix) -> NDArray[np.float64]:
        """Give what a full correlation would be at every lag; infinite where too little overlaps to judge."""
        strength = np.square(second, dtype=np.float64).sum(axis=1)
        cover = np.fft.rfft(np.ones(len(second)), self._n_lags)
        under = np.fft.irfft(self._strength * np.conj(cover), self._n_lags)
        over = np.fft.irfft(self._cover * np.conj(np.fft.rfft(strength, self._n_lags)), self._n_lags)
        full = np.sqrt(np.maximum(under, 0.0) * np.maximum(over, 0.0))
        least = max(_LEAST_OVERLAP * min(self._total, float(strength.sum())), 1e-9)
        lags = np.arange(self._n_lags)
        lags = np.where(lags < self._n_first, lags, lags - self._n_lags)
        n_overlap = np.minimum(self._n_first, lags + len(second)) - np.maximum(0, lags)
        return np.where((full > least) & (n_overlap >= self._least_frames), full, np.inf)


def _coherence(first: Matrix, laid: Matrix, best: _Overlay, start: int, end: int) -> float:
    under = first[start:end]
    over = np.zeros((end - start + 2 * _PIECE_FRAMES, N_BANDS + 2 * (_MOST_BANDS + _PIECE_BANDS)), np.float32)
    begin = start - _PIECE_FRAMES - best.lag
    rows = slice(max(0, begin), min(len(laid), begin + len(over)))
    left = _MOST_BANDS + _PIECE_BANDS + best.bands
    over[rows.start - begin : rows.stop - begin, left : left + N_BANDS] = laid[rows]
    edges = _cut_evenly(np.square(under).sum(axis=1))
    strength = np.add.reduceat(np.square(under).sum(axis=1), edges)
    scores = np.empty((2 * _PIECE_FRAMES + 1, 2 * _PIECE_BANDS + 1, len(edges)))
    for lag in range(scores.shape[0]):
        for shift in range(scores.shape[1]):
            moved = over[lag : lag + len(under), shift + _MOST_BANDS : shift + _MOST_BANDS + N_BANDS]
            products = np.add.reduceat(np.einsum("fb,fb->f", under, moved), edges)
            energies = np.add.reduceat(np.einsum("fb,fb->f", moved, moved), edges)
            scores[lag, shift] = products / np.sqrt(strength * energies + 1e-9)
    in_place = scores[_PIECE_FRAMES, _PIECE_BANDS].mean()
    return float(np.clip(in_place / max(scores.max(axis=(0, 1)).mean(), 1e-9), 0.0, 1.0))


def _cut_evenly(strength: NDArray[np.float32]) -> NDArray[np.int64]:
    """Give where pieces of equal strength begin."""
    running = np.cumsum(strength, dtype=np.float64)
    inner = np.searchsorted(running, np.arange(1, _N_PIECES) / _N_PIECES * running[-1])
    return np.unique(np.concatenate([[0], inner])).astype(np.int64)


def _round_length(n: int) -> int:
    """Give the next length that a Fourier transform is fast at: twos, threes and fives."""
    while True:
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
        n += 1
