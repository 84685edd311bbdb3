"""Find, among thousands of recordings, the few that one may come from.

Around its strongest syllables each recording is cut into patches of 0.77 s. A patch becomes a vector of 64 numbers
(the first principal components of all patches), so that comparing is one product of matrices: all patches of all
recordings are compared, at 64 multiplications each. A patch that is asked for is cut at five tempos and nine
pitches, so that what was stretched by up to 30 % or shifted by up to two and a half semitones is found; finer
differences a patch bears, because it is blurred.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.evaluation._alignment import sample_rows
from emotrace.learn.evaluation._fingerprint import BANDS_PER_SEMITONE, FRAME_SECONDS, Fingerprint, Matrix

_HALF_FRAMES = 24
_STEPS = 8
_PLACES = (-3, 0, 3)
_STRETCHES = tuple(math.exp(step) for step in (-0.24, -0.12, 0.0, 0.12, 0.24))
_SHIFTS = tuple(range(-2 * BANDS_PER_SEMITONE, 2 * BANDS_PER_SEMITONE + 1))
_BLUR = np.array([1.0, 2.0, 3.0, 2.0, 1.0], dtype=np.float32)
_N_COMPONENTS = 64
_MOST_TO_LEARN_FROM = 1_000
_SYLLABLE_FRAMES = 25
_LEAST_APART_FRAMES = 8
_LEAST_STRENGTH = 0.1
_LEAST_QUESTIONS = 3
_SECONDS_PER_QUESTION = 3.0
_MOST_QUESTIONS = 60
_N_ANSWERS = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recording from which another one may come: its place, and how long to make the other, as a factor."""

    place: int
    stretch: float
    similarity: float


class PatchIndex:
    """The patches of many recordings.

    Parameters
    ----------
    recordings
        None of them empty. They are gone through twice.
    """

    def __init__(self, recordings: Sequence[Fingerprint]) -> None:
        # Patches are large: only those that are learned from are held all at once.
        some = recordings[:: math.ceil(len(recordings) / _MOST_TO_LEARN_FROM)]
        self._components = _principal_components(np.concatenate([_cut_patches(recording) for recording in some]))
        parts = [_unit(_cut_patches(recording) @ self._components) for recording in recordings]
        self._patches = np.concatenate(parts)
        self._starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])[:-1]]).astype(np.int64)

    def find(self, shapes: Matrix, n_candidates: int) -> list[Candidate]:
        """Give the recordings most like this one, (n_frames, 120), the likeliest first."""
        frames = _strongest(shapes)[: _n_questions(len(shapes))]
        cuts = [_cut(shapes, frames, (0,), stretch) for stretch in _STRETCHES]
        asked = [_patches(cut, shift) for cut in cuts for shift in _SHIFTS]
        similarity = _unit(np.concatenate(asked) @ self._components) @ self._patches.T
        by_tempo = similarity.reshape(len(_STRETCHES), len(_SHIFTS), len(frames), -1).max(axis=1)
        by_recording = np.maximum.reduceat(by_tempo, self._starts, axis=2)
        answers = _mean_of_best(by_recording.max(axis=0))
        # The tempo on which the best patches agree.
        tempos = np.stack([_mean_of_best(part) for part in by_recording]).argmax(axis=0)
        places = np.argsort(-answers, kind="stable")[:n_candidates].tolist()
        return [Candidate(place, _STRETCHES[int(tempos[place])], float(answers[place])) for place in places]


def _cut_patches(recording: Fingerprint) -> Matrix:
    """Give the patches around the strongest syllables of a recording that may be found, (n, 480)."""
    shapes = recording.shapes()
    return _patches(_cut(shapes, _strongest(shapes), _PLACES), 0)


def _cut(shapes: Matrix, frames: Sequence[int], places: Sequence[int], stretch: float = 1.0) -> Matrix:
    """Cut out what is around every frame, moved to each of ``places``: (n_frames * n_places, 8, 120), blurred."""
    padded = np.pad(shapes, ((1, 1), (0, 0)))
    within = (np.arange(-_HALF_FRAMES, _HALF_FRAMES) + 0.5) / stretch
    middle = np.add.outer(np.asarray(frames), np.asarray(places)).reshape(-1, 1) + 1.0
    rows = np.clip(middle + within, 0.0, len(padded) - 1.0)
    steps = sample_rows(padded, rows.ravel()).reshape(len(rows), _STEPS, -1, shapes.shape[1]).mean(axis=2)
    reach = len(_BLUR) // 2
    beside = np.pad(steps, ((0, 0), (0, 0), (reach, reach)))
    blurred = sum(weight * beside[..., k : k + shapes.shape[1]] for k, weight in enumerate(_BLUR))
    return np.asarray(blurred, dtype=np.float32)


def _patches(cuts: Matrix, shift: int) -> Matrix:
    """Give the patches of cuts (n, 8, 120), their bands moved up by ``shift``: (n, 480), of length 1."""
    moved = np.pad(cuts, ((0, 0), (0, 0), (max(0, shift), max(0, -shift))))
    start = max(0, -shift)
    return _unit(moved[..., start : start + cuts.shape[2] : 2].reshape(len(cuts), -1))


def _strongest(shapes: Matrix) -> list[int]:
    """Give the frames in the middle of the strongest syllables, the strongest first."""
    window = np.hanning(_SYLLABLE_FRAMES + 2)[1:-1]
    strength = np.convolve(np.square(shapes).sum(axis=1), window / window.sum(), mode="full")
    strength = strength[_SYLLABLE_FRAMES // 2 :][: len(shapes)]
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(strength, _LEAST_APART_FRAMES), 2 * _LEAST_APART_FRAMES + 1
    )
    peaks = np.flatnonzero((strength == around.max(axis=1)) & (strength >= _LEAST_STRENGTH * strength.max()))
    return [int(frame) for frame in peaks[np.argsort(-strength[peaks], kind="stable")]]


def _n_questions(n_frames: int) -> int:
    wanted = math.ceil(n_frames * FRAME_SECONDS / _SECONDS_PER_QUESTION)
    return min(_MOST_QUESTIONS, max(_LEAST_QUESTIONS, wanted))


def _mean_of_best(by_question: Matrix) -> Matrix:
    """Give the mean of the best answers to the questions, (n_questions, n) to (n,)."""
    return np.asarray(np.sort(by_question, axis=0)[-_N_ANSWERS:].mean(axis=0))


def _principal_components(patches: Matrix) -> Matrix:
    whole = patches.astype(np.float64)
    _, vectors = np.linalg.eigh(whole.T @ whole)
    return np.ascontiguousarray(vectors[:, ::-1][:, :_N_COMPONENTS], dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> Matrix:
    lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, 1e-6), dtype=np.float32)
