from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.audio.load import load_audio
from emotrace.errors import TrainingError
from emotrace.features import log_mel, periodicity, speech_encoder
from emotrace.learn.augment.telephone import Telephone
from emotrace.learn.training.pack import (
    MARGIN_FRAMES,
    MINIMUM_FRAMES,
    Pack,
    Versions,
    build_pack,
    decode,
    encode,
    find_talk,
)
from emotrace.types import Segment, Utterance

RATE = 16_000
SPEEDS = (0.9, 1.0, 1.1)
ONE, THREE = Versions((1.0,)), Versions(SPEEDS)


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Utterance]:
    """Write a tone as a wav file and give its utterance."""

    def make(
        name: str, seconds: float = 1.0, hz: float = 440.0, rate: int = RATE, silence: float = 0.0
    ) -> Utterance:
        tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
        quiet = 1e-5 * np.random.default_rng(0).standard_normal(round(silence * rate))
        path = tmp_path / name
        soundfile.write(path, np.concatenate([quiet, tone, quiet]), rate, subtype="FLOAT")
        return Utterance(str(path), "anger", "x:1", corpus="x")

    return make


def assert_same(one: Pack, two: Pack) -> None:
    assert one.versions == two.versions
    ours, theirs = ((*pack.frames, *pack.offsets, *pack.encoded) for pack in (one, two))
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def log_mels_of(pack: Pack, index: int, version: int) -> np.ndarray:
    return decode(pack.clip(index, version))[:, :64]


def test_clips_are_their_log_mels_and_periodicity(record):
    utterances = [record("a.wav", 1.0), record("b.wav", 0.6, hz=1000.0)]
    pack = build_pack(utterances, ONE)
    for index, utterance in enumerate(utterances):
        signal = load_audio(utterance.file, sampling_rate=RATE)
        clip = decode(pack.clip(index, 0))
        # Half a step of each.
        np.testing.assert_allclose(clip[:, :64], log_mel.extract(signal, RATE), atol=0.2501)
        np.testing.assert_allclose(clip[:, 64:], periodicity.extract(signal, RATE), atol=0.00251)
    assert pack.frames[0].dtype == np.uint8
    np.testing.assert_array_equal(pack.offsets[0], [0, 61, 61 + 36])


def test_all_that_the_front_end_gives_can_be_kept():
    voice = np.concatenate([np.linspace(-100.0, 27.5, 64), np.linspace(-0.25, 1.02, 64)])[None].astype(np.float32)
    np.testing.assert_allclose(decode(encode(voice))[:, :64], voice[:, :64], atol=0.2501)
    np.testing.assert_allclose(decode(encode(voice))[:, 64:], voice[:, 64:], atol=0.00251)
    assert decode(encode(np.full((1, 128), 1e6, np.float32)))[0, 0] == 27.5


def test_after_the_speeds_comes_a_telephone(record, tmp_path):
    utterance, versions = record("a.wav", 1.0, hz=1_000.0), Versions(SPEEDS, telephone=True)
    pack = build_pack([utterance], versions)
    assert len(pack.frames) == len(pack.offsets) == versions.count == 4
    heard = Telephone()(load_audio(utterance.file, sampling_rate=RATE), RATE, np.random.default_rng(0))
    np.testing.assert_allclose(log_mels_of(pack, 0, 3), log_mel.extract(heard, RATE), atol=0.2501)
    cache = tmp_path / "cache"
    assert_same(build_pack([utterance], versions, cache), pack)
    assert_same(build_pack([utterance], versions, cache), pack)
    assert_same(build_pack([utterance], THREE, cache), build_pack([utterance], THREE))


def test_last_come_other_surroundings_which_differ_and_cut_nothing_off(record, tmp_path):
    utterances = [record(name, 1.0, silence=1.0) for name in ("a.wav", "b.wav")]
    versions = Versions((1.0,), noisy=3)
    pack = build_pack(utterances, versions)
    assert versions.count == len(pack.frames) == 4
    heard = [pack.clip(index, version) for index in range(2) for version in range(4)]
    # The same tone: only what lies around it tells one from the other.
    assert len({clip.tobytes() for clip in heard}) == 7
    assert {clip.shape for clip in heard} == {heard[0].shape}
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.copy(utterances[0].file, moved / "a.wav")
    again = build_pack([replace(utterances[0], file=str(moved / "a.wav"))], versions)
    for version in range(4):
        np.testing.assert_array_equal(again.clip(0, version), pack.clip(0, version))


def test_the_speech_encoder_hears_the_talk_of_every_version(record, tmp_path):
    utterances = [record("a.wav", 1.0, silence=0.8), record("b.wav", 0.7, hz=1_000.0)]
    versions = Versions((0.9, 1.0), telephone=True, noisy=1, encoder=speech_encoder.data_fingerprint())
    pack, plain = build_pack(utterances, versions), build_pack(utterances, replace(versions, encoder=""))
    assert plain.encoded == ()
    assert [heard.shape for heard in pack.encoded] == [(2, speech_encoder.N_STATISTICS)] * 4
    assert {heard.dtype.name for heard in pack.encoded} == {"float16"}
    for ours, theirs in zip(pack.frames, plain.frames, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # The second clip is talk from beginning to end.
    signal = load_audio(utterances[1].file, sampling_rate=RATE)
    np.testing.assert_array_equal(pack.encoded[1][1], speech_encoder.hear(signal).astype(np.float16))
    assert_same(pack.subset([1, 0]).subset([1]), pack.subset([0]))
    cache = tmp_path / "cache"
    assert_same(build_pack(utterances, versions, cache), pack)
    assert_same(build_pack(utterances, versions, cache), pack)
    assert len(list(cache.iterdir())) == 1


def test_versions_are_told_and_drawn_as_often_as_asked_for():
    versions = Versions((0.9, 1.0), telephone=True, noisy=2)
    assert versions.told == "speeds 0.9, 1, a telephone, 2 in noise"
    assert (versions.original, ONE.told) == (1, "speeds 1")
    assert replace(ONE, encoder="0123abcd").told == "speeds 1, the speech encoder 0123abcd"
    shares = np.bincount(versions.draw(20_000, 0.2, 0.3, np.random.default_rng(0)), minlength=5) / 20_000
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.2, 0.15, 0.15], atol=0.02)
    assert set(ONE.draw(1000, 0.2, 0.3, np.random.default_rng(0))) == {0}


def test_many_clips_are_read_by_several_processes_in_their_order(record):
    few = [record(f"{i}.wav", 0.5 + 0.01 * i, hz=300.0 + 50.0 * i) for i in range(7)]
    many = [few[i % 7] for i in range(401)]
    told: list[tuple[int, int]] = []
    pack, alone = build_pack(many, ONE, progress=lambda *step: told.append(step)), build_pack(few, ONE)
    for index in (0, 1, 6, 7, 250, 400):
        np.testing.assert_array_equal(pack.clip(index, 0), alone.clip(index % 7, 0))
    assert told == [(n, 401) for n in (100, 200, 300, 400, 401)]


def test_a_bad_clip_among_many_is_named(record):
    many = [record("a.wav", 0.5)] * 400 + [record("bad.wav", 0.1)]
    with pytest.raises(TrainingError, match=r"bad\.wav: only 0\.10 s long"):
        build_pack(many, ONE)


def test_other_sampling_rates_are_resampled(record):
    one = log_mels_of(build_pack([record("a.wav", rate=RATE)], ONE), 0, 0)
    two = log_mels_of(build_pack([record("b.wav", rate=48_000)], ONE), 0, 0)
    loud = one > -40
    assert abs(len(one) - len(two)) <= 1
    np.testing.assert_allclose(two[: len(one)][loud[: len(two)]], one[: len(two)][loud[: len(two)]], atol=1.0)


def test_speed_changes_length_and_pitch_as_a_tape_does(record):
    pack = build_pack([record("a.wav", 2.0, hz=2_000.0)], THREE)
    lengths = [len(pack.clip(0, i)) for i in range(3)]
    assert lengths[0] / lengths[1] == pytest.approx(1 / 0.9, rel=0.03)
    assert lengths[2] / lengths[1] == pytest.approx(1 / 1.1, rel=0.03)
    edges_hz = log_mel.mel_to_hz(np.linspace(*log_mel.hz_to_mel(np.array([40.0, 8000.0])), 66))
    for i, speed in enumerate(SPEEDS):
        loudest = int(log_mels_of(pack, 0, i).mean(axis=0).argmax())
        assert edges_hz[loudest] <= 2_000.0 * speed <= edges_hz[loudest + 2]


def test_segment_is_cut_out(record, tmp_path):
    whole = record("a.wav", 2.0)
    signal, _ = soundfile.read(whole.file, dtype="float32")
    soundfile.write(tmp_path / "cut.wav", signal[8_000:24_000], RATE, subtype="FLOAT")
    cut = replace(whole, file=str(tmp_path / "cut.wav"))
    assert_same(build_pack([replace(whole, segment=Segment(0.5, 1.5))], THREE), build_pack([cut], THREE))


# Trimming.


def test_silence_around_is_cut_but_for_a_margin(record):
    clip = log_mels_of(build_pack([record("a.wav", 1.0, silence=1.0)], ONE), 0, 0)
    loud = np.flatnonzero(clip.max(axis=1) > -40.0)
    assert 60 <= len(loud) <= 66
    assert abs(loud[0] - MARGIN_FRAMES) <= 2
    assert abs(len(clip) - 1 - loud[-1] - MARGIN_FRAMES) <= 2


def test_a_margin_is_not_made_up():
    mels = np.full((40, 64), -90.0, np.float32)
    mels[2:39] = -10.0
    np.testing.assert_array_equal(mels[find_talk(mels)], mels)


def test_pauses_within_are_kept():
    mels = np.full((100, 64), -90.0, np.float32)
    mels[20], mels[80] = -10.0, -12.0
    np.testing.assert_array_equal(mels[find_talk(mels)], mels[20 - MARGIN_FRAMES : 81 + MARGIN_FRAMES])


def test_what_is_loud_is_relative():
    mels = np.full((100, 64), -100.0, np.float32)
    mels[40:60] = -80.0  # only 20 dB above the floor: all of it is within 40 dB of the loudest
    np.testing.assert_array_equal(mels[find_talk(mels)], mels)


def test_nothing_is_cut_below_the_least_length():
    mels = np.full((100, 64), -90.0, np.float32)
    mels[50] = -10.0  # with its margins 19 frames
    assert 2 * MARGIN_FRAMES + 1 < MINIMUM_FRAMES
    np.testing.assert_array_equal(mels[find_talk(mels)], mels)


def test_silence_is_kept_whole():
    mels = np.full((50, 64), -100.0, np.float32)
    np.testing.assert_array_equal(mels[find_talk(mels)], mels)


# The cache.


def test_second_time_it_comes_from_the_cache(record, tmp_path):
    utterances, cache = [record("a.wav"), record("b.wav", hz=700.0)], tmp_path / "run" / "cache"
    first = build_pack(utterances, THREE, cache)
    # Overwritten by something as large and as old: only a reader of the audio could tell.
    path = Path(utterances[0].file)
    status = path.stat()
    path.write_bytes(b"\0" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert_same(build_pack(utterances, THREE, cache), first)
    assert [p.suffix for p in cache.iterdir()] == [".npz"]
    assert_same(first, build_pack([record("a.wav"), utterances[1]], THREE))


def test_changed_file_is_read_anew(record, tmp_path):
    utterance, cache = record("a.wav"), tmp_path / "cache"
    first = build_pack([utterance], ONE, cache)
    status = Path(utterance.file).stat()
    record("a.wav", hz=3_000.0)
    os.utime(utterance.file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
    second = build_pack([utterance], ONE, cache)
    assert first.frames[0].shape == second.frames[0].shape
    assert not np.array_equal(first.frames[0], second.frames[0])
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("change", ["speeds", "telephone", "noisy", "encoder", "order", "segment", "fewer"])
def test_whatever_a_pack_depends_on_changes_its_name(record, tmp_path, change):
    a, b, cache = record("a.wav"), record("b.wav", hz=700.0), tmp_path / "cache"
    build_pack([a, b], ONE, cache)
    utterances, versions = {
        "speeds": ([a, b], Versions((1.0, 1.1))),
        "telephone": ([a, b], Versions((1.0,), telephone=True)),
        "noisy": ([a, b], Versions((1.0,), noisy=1)),
        "encoder": ([a, b], Versions((1.0,), encoder="another")),
        "order": ([b, a], ONE),
        "segment": ([a, replace(b, segment=Segment(0.0, 0.7))], ONE),
        "fewer": ([a], ONE),
    }[change]
    assert_same(build_pack(utterances, versions, cache), build_pack(utterances, versions))
    assert len(list(cache.iterdir())) == 2


def test_without_a_cache_nothing_is_written(record, tmp_path):
    utterance = record("a.wav")
    build_pack([utterance], ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_progress_is_told(record):
    told: list[tuple[int, int]] = []
    build_pack([record("a.wav"), record("b.wav")], ONE, progress=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]


# Clips that cannot be used.


def test_short_clip_is_named_with_its_length(record):
    with pytest.raises(TrainingError, match=r"a\.wav: only 0\.30 s long; training needs at least 0\.42 s$"):
        build_pack([record("a.wav", 0.3)], ONE)


def test_a_faster_speed_needs_a_longer_clip(record):
    utterance = record("a.wav", 0.43)
    assert len(build_pack([utterance], ONE).clip(0, 0)) >= MINIMUM_FRAMES
    with pytest.raises(TrainingError, match=r"a\.wav: only 0\.43 s long; training needs at least 0\.46 s$"):
        build_pack([utterance], Versions((1.0, 1.1)))


def test_the_shortest_clip_taken_has_frames_enough_at_every_speed(record):
    pack = build_pack([record("a.wav", 0.458)], THREE)
    assert min(len(pack.clip(0, i)) for i in range(3)) >= MINIMUM_FRAMES


def test_a_short_segment_of_a_long_file_is_short(record):
    utterance = replace(record("a.wav", 2.0), segment=Segment(1.9, 2.5))
    with pytest.raises(TrainingError, match=r"a\.wav: only 0\.10 s long"):
        build_pack([utterance], ONE)


def test_a_file_that_is_no_audio_is_named(tmp_path):
    path = tmp_path / "a.wav"
    path.write_text("not audio")
    with pytest.raises(TrainingError, match=rf"cannot train on this clip: .*{re.escape(path.name)}"):
        build_pack([Utterance(str(path), "anger", "x:1", corpus="x")], ONE)


@pytest.mark.parametrize("has_cache", [False, True])
def test_a_file_that_is_gone_is_named(tmp_path, has_cache):
    utterance = Utterance(str(tmp_path / "gone.wav"), "anger", "x:1", corpus="x")
    with pytest.raises(TrainingError, match=r"cannot train on this clip: .*gone\.wav"):
        build_pack([utterance], ONE, tmp_path / "cache" if has_cache else None)
    assert not list(tmp_path.rglob("*.npz"))


def test_a_bad_clip_leaves_no_half_pack(record, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(TrainingError, match=r"b\.wav: only"):
        build_pack([record("a.wav"), record("b.wav", 0.1)], ONE, cache)
    assert not cache.exists()
