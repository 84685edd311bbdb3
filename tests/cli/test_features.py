"""``emotrace features`` as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.audio.load import load_segment
from emotrace.features import means184
from emotrace.learn.table import read_table
from emotrace.manifest import write_manifest
from emotrace.types import Segment, Utterance

RATE = 16_000


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A cache of one's own."""
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def manifest(tmp_path) -> Path:
    """Four utterances in three files."""
    for n in range(3):
        noise = 0.2 * np.random.default_rng(n).standard_normal(RATE)
        soundfile.write(tmp_path / f"{n}.wav", noise, RATE)
    rows = [
        Utterance(str(tmp_path / "0.wav"), "anger", "x:1", Segment(0.0, 0.5), sex="female"),
        Utterance(str(tmp_path / "1.wav"), "fear", "x:2"),
        Utterance(str(tmp_path / "0.wav"), "calm", "x:1", Segment(0.5, 1.0), sex="female"),
        Utterance(str(tmp_path / "2.wav"), "sadness", "x:3"),
    ]
    write_manifest(rows, tmp_path / "manifest.csv")
    return tmp_path / "manifest.csv"


def test_list_shows_every_set_with_its_size(emotrace_command):
    result = emotrace_command("features", "list", "--format", "json")
    sets = {row["name"]: row for row in json.loads(result.out)}
    assert sets["means184"] == {
        "name": "means184",
        "level": "functionals",
        "size": "184",
        "rate": 22_050,
        "what": "The 184 means of the quality-assurance project, averaged over frames.",
    }
    assert sets["mel-image"]["size"] == "64 x 64 x 3"
    assert sets["smile:eGeMAPSv02|ComParE_2016"]["size"] is None
    shown = emotrace_command("features", "list").out
    assert all(name.partition(":")[0] in shown for name in sets)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_extract_writes_labels_and_features(emotrace_command, manifest, tmp_path, ending):
    output = tmp_path / "new" / f"table.{ending}"
    result = emotrace_command("features", "extract", manifest, "--set", "means184", "-o", output, "--jobs", 2)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"wrote {output}: 4 clips, 184 features\n"
    table = read_table(output)
    assert [u.emotion for u in table.utterances] == ["anger", "fear", "calm", "sadness"]
    expected = [means184.extract(load_segment(u.file, u.segment, 22_050), 22_050) for u in table.utterances]
    np.testing.assert_array_equal(table.matrix, expected)


def test_a_second_run_comes_from_the_cache_and_no_cache_keeps_nothing(
    emotrace_command, manifest, tmp_path, cache, monkeypatch
):
    def extract(*more: str) -> bytes:
        output = tmp_path / "table.csv"
        assert (
            emotrace_command("features", "extract", manifest, "-s", "mfcc20", "-o", output, "-j", 1, *more).code
            == 0
        )
        return output.read_bytes()

    first = extract("--no-cache")
    assert not cache.exists()
    assert extract() == first
    monkeypatch.setattr("emotrace.learn.table._compute.load_audio", None)
    assert extract() == first


def test_bad_clips_are_told_at_the_end(emotrace_command, manifest, tmp_path):
    (tmp_path / "0.wav").write_bytes(b"no audio")
    (tmp_path / "2.wav").unlink()
    arguments = ("features", "extract", manifest, "-s", "mfcc20", "-o", tmp_path / "t.csv", "-j", 1)
    result = emotrace_command(*arguments)
    assert result.code == 1
    assert result.out.endswith("1 clip, 20 features\n")
    first, second, last = result.err.splitlines()
    assert "0.wav: not audio" in first
    assert first.endswith("(2 rows)")
    assert "2.wav" in second
    assert last == "emotrace: left out: 3 clips; --skip-bad accepts that"
    assert len(read_table(tmp_path / "t.csv").utterances) == 1
    accepted = emotrace_command(*arguments, "--skip-bad")
    assert accepted.code == 0
    assert accepted.err.splitlines()[-1] == "emotrace: left out: 3 clips"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--set", "means18", "-o", "t.csv"), 2, "no feature set named 'means18'; did you mean 'means18"),
        (("--set", "mel-image", "-o", "t.csv"), 2, "'mel-image' gives a picture, not one row per clip"),
        (("--set", "smile", "-o", "t.csv"), 2, "'smile' needs a parameter: smile:eGeMAPSv02|ComParE_2016"),
        (("--set", "means184", "-o", "t.xlsx"), 1, "a table of features ends in .parquet or .csv, not in '.xlsx'"),
        (("--set", "means184", "-o", "manifest.csv/t.csv"), 1, "manifest.csv is not a folder"),
        (("--set", "means184", "-o", "1.wav"), 1, "ends in .parquet or .csv"),
        (("--set", "means184", "-o", "t.csv", "--trim-db", "-3"), 2, "--trim-db is -3; it must be above 0"),
        (("--set", "means184", "-o", "t.csv", "--jobs", "0"), 2, "'--jobs'"),
        (("--set", "means184"), 2, "Missing option '--output'"),
    ],
)
def test_wrong_use_is_one_line(emotrace_command, manifest, tmp_path, monkeypatch, arguments, code, words):
    monkeypatch.chdir(tmp_path)
    result = emotrace_command("features", "extract", manifest, *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.complaint


def test_the_manifest_is_not_overwritten(emotrace_command, manifest):
    before = manifest.read_bytes()
    result = emotrace_command("features", "extract", manifest, "-s", "mfcc20", "-o", manifest)
    assert (result.code, result.out) == (2, "")
    assert result.complaint == (
        f"--output {manifest} is the table of the recordings to be heard; choose another name"
    )
    assert manifest.read_bytes() == before


def test_a_manifest_that_is_not_there_is_one_line(emotrace_command, tmp_path):
    result = emotrace_command(
        "features", "extract", tmp_path / "no.csv", "-s", "means184", "-o", tmp_path / "t.csv"
    )
    assert result.code == 1
    assert "no such file" in result.complaint


def test_a_full_disk_is_one_line_about_the_cache_and_one_about_the_table(manifest, tmp_path, emotrace_process):
    resource = pytest.importorskip("resource")
    result = emotrace_process(
        "features", "extract", manifest, "-s", "mfcc20", "-o", tmp_path / "t.csv", "-j", 1,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )  # fmt: skip
    assert result.returncode == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("emotrace: warning: features are not kept for the next time: ")
    assert second == f"emotrace: {tmp_path / 't.csv'}: cannot be written: File too large"
    assert not (tmp_path / "t.csv").exists()
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_interrupted_it_says_that_it_goes_on(tmp_path, cache):
    noise = 0.2 * np.random.default_rng(0).standard_normal(20 * RATE)
    rows = []
    for n in range(40):
        soundfile.write(tmp_path / f"{n}.wav", noise + n / 1000, RATE)
        rows.append(Utterance(str(tmp_path / f"{n}.wav"), "anger", "x"))
    write_manifest(rows, tmp_path / "m.csv")
    arguments = ["features", "extract", "m.csv", "-s", "stats70", "-o", "t.csv", "-j", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "emotrace", *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and sum(file.is_file() for file in cache.rglob("*")) < 2:
        time.sleep(0.01)
    # As Ctrl-C does: to the workers too.
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "emotrace: interrupted; the same command goes on from here\n"
    assert not (tmp_path / "t.csv").exists()


@pytest.mark.corpora
@pytest.mark.skipif("EMOTRACE_CORPORA" not in os.environ, reason="EMOTRACE_CORPORA names no folder")
def test_a_real_actor_end_to_end(emotrace_command, tmp_path):
    actor = Path(os.environ["EMOTRACE_CORPORA"]) / "ravdess" / "Actor_01"
    assert emotrace_command("corpus", "scan", "ravdess", actor, "-o", tmp_path / "m.csv").code == 0
    result = emotrace_command(
        "features", "extract", tmp_path / "m.csv", "-s", "means184", "-o", tmp_path / "t.parquet"
    )
    assert (result.code, result.err) == (0, "")
    table = read_table(tmp_path / "t.parquet")
    assert table.matrix.shape == (60, 184)
    assert np.isfinite(table.matrix).all()
    assert table.matrix.std(axis=0).min() > 0.0
