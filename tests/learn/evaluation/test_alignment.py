from __future__ import annotations

import numpy as np
import pytest
from tests.made_voice import RATE, make_voice

from emotrace.audio.resample import resample
from emotrace.learn.evaluation._alignment import Match, align, sample_rows, stretch_frames
from emotrace.learn.evaluation._fingerprint import FRAME_SECONDS, N_BANDS, SAMPLING_RATE, take_fingerprint


def movements(signal: np.ndarray, rate: int = RATE) -> np.ndarray:
    return take_fingerprint(resample(signal, rate, SAMPLING_RATE), SAMPLING_RATE).movements()


def test_a_recording_lies_over_itself():
    same = movements(make_voice(1))
    match = align(same, same, 1.0)
    assert match is not None
    assert match.correlation == pytest.approx(1.0, abs=1e-6)
    assert match.coherence == pytest.approx(1.0, abs=1e-6)
    assert (match.tempo, match.semitones, match.offset_seconds) == (1.0, 0.0, 0.0)
    assert match.overlap_seconds == pytest.approx(len(same) * FRAME_SECONDS)
    assert match.is_certain


@pytest.mark.parametrize("start_seconds", [0.4, 0.8])
def test_where_a_cut_begins_is_found(start_seconds):
    voice = make_voice(2)
    match = align(movements(voice), movements(voice[round(start_seconds * RATE) :]), 1.0)
    assert match is not None
    assert match.is_same_take
    assert match.offset_seconds == pytest.approx(start_seconds, abs=0.03)


@pytest.mark.parametrize("speed", [0.9, 1.0, 1.08])
def test_tempo_and_pitch_are_told(speed):
    voice = make_voice(5)
    # Played faster: tempo and pitch rise together.
    match = align(movements(voice), movements(voice, round(speed * RATE)), 1.0)
    assert match is not None
    assert match.is_same_take
    assert match.tempo == pytest.approx(speed, abs=0.015)
    assert match.semitones == pytest.approx(12 * np.log2(speed), abs=0.3)


def test_another_take_of_the_sentence_is_not_coherent():
    for sentence in range(6):
        match = align(movements(make_voice(sentence)), movements(make_voice(sentence, take=1)), 1.0)
        assert match is None or not match.is_same_take


def test_coherence_falls_when_pieces_are_moved():
    voice = make_voice(4)
    rates = (14_000, 18_500, 14_500, 18_000, 15_000, 17_500)
    pieces = [resample(piece, RATE, rate) for piece, rate in zip(np.array_split(voice, 6), rates, strict=True)]
    plain, moved = (align(movements(voice), movements(other), 1.0) for other in (voice, np.concatenate(pieces)))
    assert plain is not None
    assert moved is None or moved.coherence < plain.coherence - 0.1


def test_nothing_resembles_noise():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, 150, N_BANDS)).astype(np.float32)
    assert align(noise[0], noise[1], 1.0) is None


@pytest.mark.parametrize("shape", [(1, N_BANDS), (2, N_BANDS), (500, N_BANDS)])
def test_any_length_is_borne(shape):
    voice = movements(make_voice(1))
    other = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    for pair in ((voice, other), (other, voice)):
        match = align(*pair, 1.0)
        assert match is None or 0.0 <= match.coherence <= 1.0


def test_thresholds_need_both():
    facts = {"tempo": 1.0, "semitones": 0.0, "offset_seconds": 0.0, "overlap_seconds": 1.0}
    assert Match(correlation=0.5, coherence=0.95, **facts).is_same_take
    assert not Match(correlation=0.5, coherence=0.95, **facts).is_certain
    assert not Match(correlation=0.9, coherence=0.5, **facts).is_certain
    assert not Match(correlation=0.1, coherence=0.99, **facts).is_same_take


def test_stretching_keeps_the_ends():
    rows = np.arange(10, dtype=np.float32)[:, None]
    longer = stretch_frames(rows, 2.0)
    assert longer.shape == (20, 1)
    assert (longer[0, 0], longer[-1, 0]) == (0.0, 9.0)
    np.testing.assert_allclose(np.diff(longer[:, 0]), 9 / 19, rtol=1e-5)
    np.testing.assert_array_equal(sample_rows(rows[:1], np.array([0.0, 0.0])), [[0.0], [0.0]])
    np.testing.assert_allclose(sample_rows(rows, np.array([2.25, 9.0]))[:, 0], [2.25, 9.0])
