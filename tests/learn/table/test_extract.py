"""Tables and sequences of features out of labelled speech."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.audio.load import load_audio, load_segment
from emotrace.audio.trim import trim
from emotrace.errors import AudioWarning, CacheWarning, EmotraceError, UnknownNameError, UsageError
from emotrace.features import means184, mel_frames, mfcc20, stats70
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.table import extract_table, extract_values
from emotrace.learn.table._compute import compute_file
from emotrace.types import Segment


def row_of(utterance, feature_set=means184):
    signal = load_segment(utterance.file, utterance.segment, feature_set.SAMPLING_RATE)
    return feature_set.extract(signal, feature_set.SAMPLING_RATE)


def kept_files(cache: Path) -> list[Path]:
    return [file for file in cache.rglob("*") if file.is_file()]


def whole_files(cache: Path) -> list[Path]:
    return [file for file in kept_files(cache) if not file.name.endswith(".part")]


def test_a_row_is_what_the_set_extracts(clip):
    utterances = [clip(f"{seed}.wav", seed=seed) for seed in range(3)]
    table = extract_table(utterances, "means184", cache=False)
    assert table.names == means184.NAMES
    assert table.utterances == tuple(utterances)
    assert table.unusable == ()
    assert table.matrix.dtype == np.float32
    np.testing.assert_array_equal(table.matrix, [row_of(utterance) for utterance in utterances])


def test_segments_are_cut_out_in_their_own_rows(clip, tmp_path, monkeypatch):
    whole = clip("a.wav", seconds=2.0)
    parts = [replace(whole, segment=Segment(a, b)) for a, b in ((1.2, 1.9), (0.0, 0.4), (0.31, 1.0))]
    utterances = [parts[0], clip("b.wav", seed=1), parts[1], whole, parts[2]]
    decoded = []
    monkeypatch.setattr(
        "emotrace.learn.table._compute.load_audio",
        lambda file, rate: decoded.append(file) or load_audio(file, rate),
    )
    table = extract_table(utterances, "means184", cache=tmp_path / "cache")
    np.testing.assert_array_equal(table.matrix, [row_of(utterance) for utterance in utterances])
    assert sorted(decoded) == sorted({utterance.file for utterance in utterances})


def test_ends_are_trimmed_where_asked(clip):
    utterance = clip("a.wav")
    signal, _ = soundfile.read(utterance.file)
    soundfile.write(utterance.file, np.concatenate([np.zeros(8_000), signal, np.zeros(8_000)]), 16_000)
    loaded = load_audio(utterance.file, means184.SAMPLING_RATE)
    kept, (start, end) = trim(loaded, 30.0)
    assert start > 0
    assert end < loaded.size
    table = extract_table([utterance], "means184", trim_db=30.0, cache=False)
    np.testing.assert_array_equal(table.matrix[0], means184.extract(kept, means184.SAMPLING_RATE))
    assert not np.array_equal(table.matrix, extract_table([utterance], "means184", cache=False).matrix)


def test_processes_give_what_one_does(clip, tmp_path):
    utterances = [clip(f"{seed}.wav", seed=seed) for seed in range(6)]
    progress = []
    one = extract_table(utterances, "stats70", cache=False)
    two = extract_table(
        utterances, "stats70", n_jobs=2, cache=tmp_path, progress=lambda *done: progress.append(done)
    )
    np.testing.assert_array_equal(one.matrix, two.matrix)
    assert one.utterances == two.utterances
    assert progress == [(n, 6) for n in range(1, 7)]


def test_sequences_and_pictures_come_as_they_are(clip):
    utterances = [clip("a.wav", seconds=0.5), clip("b.wav", seconds=1.0)]
    sequences = extract_values(utterances, "mel-frames", cache=False)
    assert [values.shape for values in sequences.values] == [(22, 128), (44, 128)]
    assert sequences.names == mel_frames.NAMES
    np.testing.assert_array_equal(sequences.values[1], row_of(utterances[1], mel_frames))
    pictures = extract_values(utterances, "mel-image", cache=False)
    assert np.stack(pictures.values).shape == (2, 64, 64, 3)


def test_clips_that_cannot_be_used_are_told_and_left_out(clip, tmp_path):
    good = clip("good.wav")
    (tmp_path / "broken.wav").write_bytes(b"no audio at all")
    late = clip("late.wav", start=3.0, end=4.0)
    missing, broken = (replace(good, file=str(tmp_path / name)) for name in ("missing.wav", "broken.wav"))
    table = extract_table([missing, good, broken, late], "means184", cache=tmp_path / "cache")
    assert table.utterances == (good,)
    assert table.matrix.shape == (1, 184)
    assert [bad.utterance for bad in table.unusable] == [missing, broken, late]
    reasons = [bad.reason for bad in table.unusable]
    assert "missing.wav" in reasons[0]
    assert "broken.wav: not audio" in reasons[1]
    assert reasons[2].endswith("late.wav: ends before 3 s, where the segment starts")


def test_a_clip_too_short_for_a_frame_is_unusable(clip):
    table = extract_values([clip("a.wav"), clip("b.wav", start=0.0, end=0.01)], "log-mel", cache=False)
    assert "b.wav from 0 s: too short for a single frame of log-mel" in table.unusable[0].reason


def test_features_that_are_not_finite_are_named(clip):
    def extract(_signal, _rate):
        values = np.zeros(20, np.float32)
        values[[2, 7]] = np.nan, np.inf
        return values

    wild = replace(load_feature_set("mfcc20"), extract=extract)
    (reason,) = compute_file(wild, None, clip("b.wav").file, [None]).values
    assert reason.endswith("b.wav: 2 features are not finite, first mfcc_03_mean")


def test_nothing_usable_is_an_error(tmp_path, clip):
    gone = [replace(clip("a.wav"), file=str(tmp_path / name)) for name in ("one.wav", "two.wav")]
    with pytest.raises(EmotraceError, match=r"none of the 2 clips could be used; the first: .*one\.wav"):
        extract_table(gone, "means184", cache=False)


def test_what_was_kept_is_not_computed_again(clip, tmp_path, monkeypatch):
    utterances = [clip("a.wav"), clip("b.wav", seed=1, start=0.1, end=0.4)]
    first = extract_table(utterances, "means184", cache=tmp_path / "cache")
    assert len(kept_files(tmp_path / "cache")) == 2
    # Another name, another place, other labels: the sound is the same.
    moved = Path(utterances[0].file).rename(tmp_path / "moved.wav")
    utterances[0] = replace(utterances[0], file=str(moved), emotion="fear")
    monkeypatch.setattr("emotrace.learn.table._compute.load_audio", None)
    second = extract_table(utterances, "means184", cache=tmp_path / "cache")
    np.testing.assert_array_equal(first.matrix, second.matrix)
    assert second.utterances == tuple(utterances)


@pytest.mark.parametrize("change", ["content", "segment", "trim", "set"])
def test_whatever_changes_is_computed_anew(clip, tmp_path, change):
    cache = tmp_path / "cache"
    utterance = clip("a.wav", start=0.0, end=0.4)
    extract_table([utterance], "mfcc20", cache=cache)
    feature_set, trim_db, module = "mfcc20", None, mfcc20
    if change == "content":
        before = Path(utterance.file).stat()
        clip("a.wav", seed=9)
        # Neither size nor time tell.
        os.utime(utterance.file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert Path(utterance.file).stat().st_size == before.st_size
    elif change == "segment":
        utterance = replace(utterance, segment=Segment(0.0, 0.3))
    elif change == "trim":
        trim_db = 20.0
    else:
        feature_set, module = "stats70", stats70
    table = extract_table([utterance], feature_set, trim_db=trim_db, cache=cache)
    assert len(kept_files(cache)) == 2
    if change != "trim":
        np.testing.assert_array_equal(table.matrix[0], row_of(utterance, module))


def test_edited_source_leaves_the_cache_alone(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("emotrace.learn.table.extract.hash_sources", lambda: "edited")
    with pytest.warns(CacheWarning, match="not kept for the next time: the source of emotrace was edited"):
        table = extract_table([clip("a.wav")], "means184", cache=tmp_path / "cache")
    assert table.matrix.shape == (1, 184)
    assert not (tmp_path / "cache").exists()


def test_a_worker_with_other_source_keeps_nothing(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("emotrace.learn.table._compute.hash_sources", lambda: "edited meanwhile")
    with pytest.warns(CacheWarning, match="the source of emotrace was edited since this process started"):
        extract_table([clip("a.wav"), clip("b.wav")], "means184", cache=tmp_path / "cache")
    assert not kept_files(tmp_path)[2:]


def test_a_damaged_recording_is_warned_of_each_time(clip, tmp_path):
    utterance = clip("a.wav")
    path = Path(utterance.file)
    path.write_bytes(path.read_bytes()[:-4_000])
    for _ in range(2):
        with pytest.warns(AudioWarning, match=r"a\.wav"):
            extract_table([utterance, clip("b.wav")], "mfcc20", n_jobs=2, cache=tmp_path / "cache")


def test_a_full_disk_is_outlived(clip, tmp_path):
    resource = pytest.importorskip("resource")
    utterances = [clip(f"{seed}.wav", seed=seed) for seed in range(3)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel refuses all but the first bytes of every file, as on a disk that is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.warns(CacheWarning, match="features are not kept for the next time: .*cache") as warned:
            table = extract_table(utterances, "means184", cache=tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(warned) == 1
    assert table.matrix.shape == (3, 184)
    assert not kept_files(tmp_path / "cache")


def test_a_cache_that_may_not_be_written_is_outlived(clip, tmp_path):
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    with pytest.warns(CacheWarning, match="not kept"):
        assert extract_table([clip("a.wav")], "means184", cache=blocked).matrix.shape == (1, 184)


def test_a_killed_run_goes_on_where_it_was(clip, tmp_path):
    utterances = [clip(f"{n:02d}.wav", seconds=30.0, seed=n) for n in range(6)]
    cache = tmp_path / "cache"
    script = tmp_path / "run.py"
    script.write_text(
        "from pathlib import Path\nfrom emotrace.learn.table import extract_table\n"
        "from emotrace.types import Utterance\n"
        f"us = [Utterance(f, 'anger', 'x') for f in {[u.file for u in utterances]!r}]\n"
        f"extract_table(us, 'stats70', cache=Path({str(cache)!r}))\n"
    )
    with subprocess.Popen([sys.executable, str(script)]) as process:
        deadline = time.monotonic() + 60
        while len(whole_files(cache)) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    whole = whole_files(cache)
    assert 2 <= len(whole) < 6
    times = {file: file.stat().st_mtime_ns for file in whole}
    table = extract_table(utterances, "stats70", cache=cache)
    # Another process may have cores, and so sums, of another order.
    np.testing.assert_allclose(table.matrix[0], row_of(utterances[0], stats70), rtol=1e-5)
    assert {file: file.stat().st_mtime_ns for file in whole} == times


@pytest.mark.parametrize(
    ("feature_set", "options", "kind", "words"),
    [
        ("means18", {}, UnknownNameError, "no feature set named 'means18'"),
        ("mel-frames", {}, UsageError, "'mel-frames' gives a row per frame, not one row per clip; take one of"),
        ("mel_image", {}, UsageError, "'mel-image' gives a picture, not one row per clip"),
        ("means184", {"trim_db": 0.0}, UsageError, "trim_db above 0, got 1 and 0.0"),
        ("means184", {"n_jobs": 0}, UsageError, "n_jobs must be at least 1"),
    ],
)
def test_wrong_use_is_told_before_any_work(clip, feature_set, options, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        extract_table([clip("a.wav")], feature_set, cache=False, **options)


def test_no_utterances_is_wrong_use():
    with pytest.raises(UsageError, match="no utterances"):
        extract_table([], "means184")
