"""``emotrace analyze``: timelines in every format, windows and channels, and what happens when it is stopped."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from tests.cli.conftest import RATE, Emotrace, Signal, write_wav
from tests.tiny_bundles import LABELS, make_emotion_bundle

import emotrace

FORMATS = ("table", "json", "jsonl", "csv", "rttm", "textgrid", "audacity", "vtt", "emotionml")


def schema(name: str) -> Draft202012Validator:
    folder = files("emotrace.assets")
    texts = [folder.joinpath(f"{each}.schema.json").read_text("utf-8") for each in ("prediction", "timeline")]
    known = Registry().with_resources((json.loads(t)["$id"], Resource.from_contents(json.loads(t))) for t in texts)
    return Draft202012Validator(json.loads(texts[name == "timeline"]), registry=known)


TIMELINE, PREDICTION = schema("timeline"), schema("prediction")


def timeline(text: str) -> dict[str, Any]:
    """Read a timeline in JSON, which must be as documented, and whose predictions must tile the recording."""
    document: dict[str, Any] = json.loads(text)
    TIMELINE.validate(document)
    for channel in document["channels"]:
        ends = [0.0, *(p["end"] for p in channel["predictions"])]
        assert [p["start"] for p in channel["predictions"]] == ends[:-1]
        assert ends[-1] == channel["duration"]
    return document


@pytest.fixture
def stereo(tmp_path: Path, talk: Signal) -> Path:
    """Silence on channel 0, talk on channel 1."""
    return write_wav(tmp_path / "stereo.wav", np.stack([np.zeros_like(talk), talk], axis=1))


# -- what is said -----------------------------------------------------------------------------------------


def test_json(emotrace_command: Emotrace, clip: Path) -> None:
    done = emotrace_command("analyze", clip, "--format", "json")
    assert (done.code, done.err) == (0, "")
    document = timeline(done.out)
    card = emotrace.load_bundle().card
    assert document["file"] == str(clip)
    assert document["model"] == card.name
    assert tuple(document["labels"]) == card.shown_labels
    assert document["settings"] == {"window_seconds": card.window_seconds, "hop_seconds": card.hop_seconds}
    (channel,) = document["channels"]
    assert (channel["channel"], channel["duration"]) == ("mix", 4.0)
    assert 0.0 < channel["speech_seconds"] <= 4.0
    assert len(channel["predictions"]) == np.ceil(4.0 / card.hop_seconds)


def test_the_command_says_what_the_library_says(emotrace_command: Emotrace, clip: Path) -> None:
    (channel,) = timeline(emotrace_command("analyze", clip, "-f", "json").out)["channels"]
    heard = emotrace.load().analyze(str(clip))
    assert channel["predictions"] == [p.to_dict() for p in heard.predictions]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_to_both_places(emotrace_command: Emotrace, stereo: Path, name: str) -> None:
    printed = emotrace_command("analyze", stereo, "--channel", "each", "-f", name)
    assert (printed.code, printed.err) == (0, "")
    written = emotrace_command("analyze", stereo, "--channel", "each", "-f", name, "-o", stereo.parent / "result")
    assert (written.code, written.out, written.err) == (0, "", "")
    assert (stereo.parent / "result").read_text(encoding="utf-8") == printed.out
    assert sorted(path.name for path in stereo.parent.iterdir()) == ["result", "stereo.wav"]
    check_format(printed.out, name)


def check_format(text: str, name: str) -> None:
    """Make sure that a reader of this format finds the talk of channel 1."""
    if name == "json":
        assert [c["channel"] for c in timeline(text)["channels"]] == ["0", "1"]
    elif name == "jsonl":
        records = [json.loads(line) for line in text.splitlines()]
        for record in records:
            PREDICTION.validate(record)
        assert {record["channel"] for record in records} == {"0", "1"}
    elif name == "csv":
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
        assert {row["channel"] for row in rows if row["emotion"] != "no speech"} == {"1"}
    elif name == "rttm":
        lines = [line.split() for line in text.splitlines()]
        assert lines
        assert all(line[0] == "SPEAKER" and len(line) == 10 for line in lines)
    elif name == "emotionml":
        assert read_xml(text).tag == "{http://www.w3.org/2009/10/emotionml}emotionml"
    else:
        beginning, inside = {
            "table": (str(Path.cwd().anchor), "no speech"),
            "textgrid": ('File type = "ooTextFile"\n', "size = 2"),
            "vtt": ("WEBVTT\n", " --> 00:00:0"),
            "audacity": ("", "\t"),
        }[name]
        assert text.startswith(beginning)
        assert inside in text


def read_xml(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - written here


def test_each_channel(emotrace_command: Emotrace, stereo: Path) -> None:
    each = timeline(emotrace_command("analyze", stereo, "--channel", "each", "-f", "json").out)["channels"]
    assert [channel["channel"] for channel in each] == ["0", "1"]
    assert {p["emotion"] for p in each[0]["predictions"]} == {"no speech"}
    assert {p["emotion"] for p in each[1]["predictions"]} != {"no speech"}
    for number, channel in enumerate(each):
        alone = timeline(emotrace_command("analyze", stereo, "--channel", number, "-f", "json").out)["channels"]
        assert alone == [channel]
    (mix,) = timeline(emotrace_command("analyze", stereo, "-f", "json").out)["channels"]
    assert (mix["channel"], mix["speech_seconds"] > 0.0) == ("mix", True)


def test_channels_that_are_none(emotrace_command: Emotrace, stereo: Path) -> None:
    done = emotrace_command("analyze", stereo, "--channel", 7)
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"{stereo}: no channel 7; it has 2 channels: 0 to 1 (or 'mix') can be chosen"
    for channel in ("x", "-1", "Each", "0,1"):
        done = emotrace_command("analyze", stereo, "--channel", channel)
        assert (done.code, done.out) == (2, "")
        assert done.complaint == f"--channel is '{channel}'; it must be mix or a number counted from 0"


def test_window_and_hop(emotrace_command: Emotrace, clip: Path) -> None:
    def settings(*arguments: object) -> tuple[dict[str, float], int]:
        document = timeline(emotrace_command("analyze", clip, "-f", "json", *arguments).out)
        return document["settings"], len(document["channels"][0]["predictions"])

    assert settings("--window", 2, "--hop", 0.5) == ({"window_seconds": 2.0, "hop_seconds": 0.5}, 8)
    assert settings("--hop", 0.1) == ({"window_seconds": 3.0, "hop_seconds": 0.1}, 40)
    assert settings("--window", 0.5) == ({"window_seconds": 0.5, "hop_seconds": 0.5}, 8)
    assert settings("--hop", 10) == ({"window_seconds": 10.0, "hop_seconds": 10.0}, 1)


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        (["--hop", "0"], "window 3, hop 0"),
        (["--hop", "-1"], "window 3, hop -1"),
        (["--hop", "nan"], "window 3, hop nan"),
        (["--hop", "0.09"], "window 3, hop 0.09"),
        (["--window", "0"], "window 0, hop {hop:g}"),
        (["--window", "nan"], "hop {hop:g}"),
        (["--window", "inf"], "window inf, hop {hop:g}"),
        (["--window", "1e9"], "window 1e+09, hop {hop:g}"),
        (["--window", "60.5"], "window 60.5, hop {hop:g}"),
        (["--window", "2", "--hop", "3"], "window 2, hop 3"),
    ],
)
def test_bad_window_or_hop(emotrace_command: Emotrace, clip: Path, arguments: list[str], got: str) -> None:
    done = emotrace_command("analyze", clip, *arguments, "-o", clip.parent / "result")
    assert (done.code, done.out) == (2, "")
    assert done.complaint.startswith("window and hop must satisfy 0.1 <= hop <= window <= 60 seconds, got window")
    # Whoever gives only a window gets the bundle's hop.
    assert done.complaint.endswith(got.format(hop=emotrace.load_bundle().card.hop_seconds))
    assert [path.name for path in clip.parent.iterdir()] == ["clip.wav"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'FILE'"),
        (["a.wav", "b.wav"], "(b.wav)"),
        (["a.wav", "--hop", "often"], "Invalid value for '--hop'"),
        (["a.wav", "--windows", "3"], "No such option: --windows"),
    ],
)
def test_wrong_usage_is_one_line_and_2(emotrace_command: Emotrace, arguments: list[str], sentence: str) -> None:
    done = emotrace_command("analyze", *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.complaint
    assert done.complaint.endswith("; see 'emotrace analyze --help'")


def test_labels_and_model(emotrace_command: Emotrace, clip: Path, tmp_path: Path) -> None:
    document = timeline(emotrace_command("analyze", clip, "--labels", "call4", "-f", "json").out)
    assert document["labels"] == ["calm", "happiness", "sadness", "anger"]
    spoken = [p for p in document["channels"][0]["predictions"] if p["emotion"] != "no speech"]
    assert all(sum(p["probabilities"].values()) == pytest.approx(1.0, abs=1e-3) for p in spoken)
    assert spoken
    bundle = make_emotion_bundle(tmp_path / "tiny.zip").path
    document = timeline(emotrace_command("analyze", clip, "--model", bundle, "-f", "json").out)
    assert (document["model"], tuple(document["labels"])) == ("tiny-emotion", LABELS)


def test_limits(emotrace_command: Emotrace, clip: Path) -> None:
    done = emotrace_command("analyze", clip, "--max-seconds", 3)
    assert (done.code, done.out) == (1, "")
    assert "lasts 4.0 s by its header, above the limit of 3.0 s" in done.complaint
    assert emotrace_command("analyze", clip, "--max-seconds", "0").code == 2
    done = emotrace_command("analyze", clip, "--min-rate", 44_100)
    assert (done.code, done.out) == (1, "")
    assert "sampling rate 16,000 Hz, outside the allowed 44,100 to 768,000 Hz" in done.complaint


def test_limit_of_channels(emotrace_command: Emotrace, stereo: Path) -> None:
    done = emotrace_command("analyze", stereo, "--max-channels", 1)
    assert (done.code, done.out) == (1, "")
    assert done.complaint == (
        f"{stereo}: 2 channels, above the limit of 1; keep fewer channels or raise --max-channels "
        "(Limits.max_channels)"
    )
    assert emotrace_command("analyze", stereo, "--max-channels", 2).code == 0


@pytest.mark.parametrize(
    "file", ["two words.wav", "你好.wav", "[red]a.wav", "-o.wav", "line\nbreak.wav", "<a>&'\".wav"]
)
@pytest.mark.parametrize("name", FORMATS)
def test_any_file_name(
    emotrace_command: Emotrace, talk: Signal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        write_wav(Path(file), talk[: RATE // 2])
    except OSError:
        pytest.skip("this disk takes no such name")
    done = emotrace_command("analyze", "-f", name, "--", file)
    assert (done.code, done.err) == (0, "")
    if name == "json":
        assert timeline(done.out)["file"] == file
    elif name in ("jsonl", "csv"):
        reader = (
            map(json.loads, done.out.splitlines()) if name == "jsonl" else csv.DictReader(io.StringIO(done.out))
        )
        assert {row["file"] for row in reader} == {file}
    elif name == "table":
        assert done.out.splitlines()[0].startswith(file.replace("\n", "\ufffd"))
    elif name == "emotionml":
        read_xml(done.out)
    elif name == "rttm":
        assert all(len(line.split()) == 10 for line in done.out.splitlines())


# -- where results go -------------------------------------------------------------------------------------


def test_output_that_cannot_be_is_known_at_once(emotrace_command: Emotrace, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for output, reason in (
        ("nowhere/result.json", "No such file or directory"),
        ("folder", "it is a folder; give a file name"),
    ):
        # The recording does not exist: it has not even been looked for.
        done = emotrace_command("analyze", tmp_path / "none.wav", "-f", "json", "-o", tmp_path / output)
        assert (done.code, done.out) == (1, "")
        assert done.complaint == f"cannot write {tmp_path / output}: {reason}"
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_recording_is_not_overwritten(
    emotrace_command: Emotrace, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clip.parent)
    before = clip.read_bytes()
    done = emotrace_command("analyze", clip, "-f", "json", "-o", "./clip.wav")
    assert (done.code, done.complaint) == (2, "--output clip.wav is a recording to be heard; choose another name")
    assert clip.read_bytes() == before


def test_a_failure_keeps_the_old_result(emotrace_command: Emotrace, clip: Path) -> None:
    output = clip.parent / "result.json"
    output.write_text("old")
    assert emotrace_command("analyze", clip.parent / "none.wav", "-f", "json", "-o", output).code == 1
    assert emotrace_command("analyze", clip, "--hop", 99, "-f", "json", "-o", output).code == 2
    assert output.read_text() == "old"
    assert emotrace_command("analyze", clip, "-f", "json", "-o", output).code == 0
    assert timeline(output.read_text())["file"] == str(clip)


# -- a process of its own ---------------------------------------------------------------------------------


@pytest.fixture
def long_recording(tmp_path: Path, demo_call: Path) -> Path:
    """The demo call again and again, for an hour: nobody waits for its end."""
    call, rate = soundfile.read(demo_call, dtype="int16")
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", rate, call.shape[1]) as file:
        for _ in range(round(3600 * rate / len(call))):
            file.write(call)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_interrupted(long_recording: Path) -> None:
    output = long_recording.parent / "result.json"
    output.write_text("old")
    command = [sys.executable, "-m", "emotrace", "analyze", str(long_recording), "-f", "json", "-o", str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for_work(process, long_recording.parent)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "emotrace: interrupted\n")
    assert output.read_text() == "old"
    assert sorted(path.name for path in long_recording.parent.iterdir()) == ["long.flac", "result.json"]


def wait_for_work(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait until the file that becomes the result is there, and a little for the analysis to go on."""
    for _ in range(600):
        if {path.name for path in folder.iterdir()} > {"long.flac", "result.json"}:
            break
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.3)
    assert process.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize("name", ["table", "jsonl"])
def test_a_reader_who_leaves(demo_call: Path, name: str) -> None:
    command = [sys.executable, "-m", "emotrace", "analyze", str(demo_call), "--channel", "each", "-f", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        head = subprocess.run(["head", "-1"], stdin=process.stdout, capture_output=True, check=True)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert head.stdout.count(b"\n") == 1
        assert process.stderr.read() == b""
        assert process.wait(60) in (0, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_nobody_reads_at_all(clip: Path) -> None:
    command = [sys.executable, "-m", "emotrace", "analyze", str(clip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_terminals_that_know_ascii_only(
    emotrace_process: Callable[..., subprocess.CompletedProcess[str]], clip: Path
) -> None:
    done = emotrace_process("analyze", clip, env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert str(clip) in done.stdout
