"""``emotrace predict``: every format, option and file name, and what happens to the clips that cannot be used."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator
from tests.cli.conftest import RATE, Emotrace, Signal, write_wav
from tests.tiny_bundles import LABELS, make_emotion_bundle

import emotrace
from emotrace.labels import PRESETS, VALENCE_AROUSAL, valence_arousal

FORMATS = ("table", "json", "jsonl", "csv")
SCHEMA = Draft202012Validator(
    json.loads(files("emotrace.assets").joinpath("prediction.schema.json").read_text(encoding="utf-8"))
)
needs_posix = pytest.mark.skipif(os.name != "posix", reason="file names, links and devices of POSIX")


def read(text: str, name: str) -> list[str]:
    """Read the files named in any format's output, all of which must be sound."""
    if name == "table":
        heading, *lines = text.splitlines() or ["EMOTION CONFIDENCE SPEECH FILE"]
        assert heading.split() == ["EMOTION", "CONFIDENCE", "SPEECH", "FILE"]
        return [line.split(" s  ", 1)[1] for line in lines]
    if name == "csv":
        return [row["file"] for row in csv.DictReader(io.StringIO(text, newline=""), strict=True)]
    records = json.loads(text) if name == "json" else [json.loads(line) for line in text.splitlines()]
    for record in records:
        SCHEMA.validate(record)
    return [record["file"] for record in records]


def the_record(text: str) -> dict[str, Any]:
    """Read the one prediction of an output in JSON."""
    read(text, "json")
    (record,) = json.loads(text)
    assert isinstance(record, dict)
    return record


# -- what is said -----------------------------------------------------------------------------------------


def test_a_clip_gets_an_emotion(emotrace_command: Emotrace, clip: Path) -> None:
    done = emotrace_command("predict", clip, "--format", "json")
    record = the_record(done.out)
    assert (done.code, done.err) == (0, "")
    assert (record["file"], record["channel"], record["start"], record["end"]) == (str(clip), "mix", 0.0, 4.0)
    assert 0.15 <= record["speech_seconds"] <= 4.0
    assert record["confidence"] == max(record["probabilities"].values())
    assert record["probabilities"][record["emotion"]] == record["confidence"]
    assert sum(record["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert tuple(record["probabilities"]) == emotrace.load().labels


def test_the_command_says_what_the_library_says(emotrace_command: Emotrace, clip: Path) -> None:
    record = the_record(emotrace_command("predict", clip, "-f", "json").out)
    assert record == emotrace.load().predict(str(clip)).to_dict()


def test_low_confidence_is_marked(emotrace_command: Emotrace, clip: Path, tmp_path: Path) -> None:
    for least in (0.0, 1.0):
        calibration = {"temperature": 1.0, "uncertain_below": least}
        bundle = make_emotion_bundle(tmp_path / f"model-{least}", calibration=calibration).path
        record = the_record(emotrace_command("predict", clip, "--model", bundle, "-f", "json").out)
        assert record["uncertain"] is (least > record["confidence"])
        table = emotrace_command("predict", clip, "--model", bundle).out
        assert f"{record['emotion']}{'?' if record['uncertain'] else ' '} " in table


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_every_clip_in_order(
    emotrace_command: Emotrace, clip: Path, silence: Path, name: str
) -> None:
    done = emotrace_command("predict", clip, silence, clip, "--format", name)
    assert (done.code, done.err) == (0, "")
    assert read(done.out, name) == [str(clip), str(silence), str(clip)]


def test_no_speech_is_no_emotion(emotrace_command: Emotrace, silence: Path) -> None:
    record = the_record(emotrace_command("predict", silence, "-f", "json").out)
    assert (record["emotion"], record["confidence"], record["uncertain"]) == ("no speech", None, False)
    assert (record["probabilities"], record["speech_seconds"]) == ({}, 0.0)
    assert record["derived"] == {"valence": None, "arousal": None}


# -- labels, channels, bundles, limits --------------------------------------------------------------------


@pytest.mark.parametrize(
    "preset", ["big6", "big6+neutral", "call4", "ravdess8", "crema-d6", "tess7", "savee7", "emo-db7"]
)
def test_label_presets(emotrace_command: Emotrace, clip: Path, preset: str) -> None:
    record = the_record(emotrace_command("predict", clip, "--labels", preset, "-f", "json").out)
    assert tuple(record["probabilities"]) == PRESETS[preset]
    assert sum(record["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert record["emotion"] in PRESETS[preset]


def test_presets_scale_and_do_not_judge_anew(emotrace_command: Emotrace, clip: Path) -> None:
    every = the_record(emotrace_command("predict", clip, "-l", "all", "-f", "json").out)["probabilities"]
    two = the_record(emotrace_command("predict", clip, "-l", "anger,neutral", "-f", "json").out)["probabilities"]
    assert tuple(every) == emotrace.load_bundle().card.labels
    assert list(two) == ["anger", "neutral"]
    assert two["anger"] == pytest.approx(every["anger"] / (every["anger"] + every["neutral"]), abs=2e-3)


def test_valence_and_arousal_follow_from_the_labels_that_are_shown(emotrace_command: Emotrace, clip: Path) -> None:
    every = the_record(emotrace_command("predict", clip, "-l", "all", "-f", "json").out)
    two = the_record(emotrace_command("predict", clip, "-l", "anger,neutral", "-f", "json").out)
    for record in (every, two):
        expected = valence_arousal(record["probabilities"])
        assert (record["derived"]["valence"], record["derived"]["arousal"]) == pytest.approx(expected, abs=1e-4)
    # Between anger and the middle all lies on one line.
    share = two["probabilities"]["anger"]
    assert two["derived"]["arousal"] == pytest.approx(share * VALENCE_AROUSAL["anger"][1], abs=1e-4)
    row = next(csv.DictReader(emotrace_command("predict", clip, "-l", "all", "-f", "csv").out.splitlines()))
    assert {name: float(row[f"derived_{name}"]) for name in every["derived"]} == every["derived"]


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        ("bigg6", "no label preset named 'bigg6'; did you mean 'big6'? Known: all, big6"),
        ("anger,joyy", "unknown emotion 'joyy'"),
        ("anger,", "names one emotion; at least two"),
        ("emov-db5", "needs amusement, sleepiness, which this model does not give; it gives "),
        ("", "no label preset named ''"),
    ],
)
def test_labels_that_cannot_be_had(emotrace_command: Emotrace, clip: Path, preset: str, sentence: str) -> None:
    done = emotrace_command("predict", clip, "--labels", preset)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.complaint


def test_channels(emotrace_command: Emotrace, talk: Signal, tmp_path: Path) -> None:
    stereo = write_wav(tmp_path / "stereo.wav", np.stack([np.zeros_like(talk), talk], axis=1))
    said = {
        channel: the_record(emotrace_command("predict", stereo, "--channel", channel, "-f", "json").out)
        for channel in ("0", "1", "mix")
    }
    assert {channel: record["channel"] for channel, record in said.items()} == {"0": "0", "1": "1", "mix": "mix"}
    assert said["0"]["emotion"] == "no speech"
    assert said["1"]["emotion"] != "no speech"
    assert said["mix"]["speech_seconds"] > 0.0
    done = emotrace_command("predict", stereo, "--channel", 7)
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"{stereo}: no channel 7; it has 2 channels: 0 to 1 (or 'mix') can be chosen"


@pytest.mark.parametrize("channel", ["x", "each", "-1", "1.5", "", "²", "9" * 5000])
def test_channel_that_is_none(emotrace_command: Emotrace, clip: Path, channel: str) -> None:
    done = emotrace_command("predict", clip, "--channel", channel)
    assert (done.code, done.out) == (2, "")
    assert done.complaint == f"--channel is '{channel}'; it must be mix or a number counted from 0"


@pytest.mark.parametrize("target", ["model", "model.zip", "model.emotrace"])
def test_a_bundle_of_ones_own(emotrace_command: Emotrace, clip: Path, tmp_path: Path, target: str) -> None:
    bundle = make_emotion_bundle(tmp_path / target).path
    record = the_record(emotrace_command("predict", clip, "-m", bundle, "-f", "json").out)
    assert tuple(record["probabilities"]) == LABELS


def test_the_speech_bundle_names_no_emotions(emotrace_command: Emotrace, clip: Path) -> None:
    done = emotrace_command("predict", clip, "--model", "speech")
    assert (done.code, done.complaint) == (2, "bundle 'speech' is of kind 'speech', not 'emotion'")


@pytest.mark.parametrize(
    ("option", "value", "code", "sentence"),
    [
        ("--max-seconds", 3.9, 1, "clip.wav: lasts 4.0 s by its header, above the limit of 3.9 s"),
        ("--max-seconds", 3.9, 1, "; split the recording or raise --max-seconds (Limits.max_seconds)"),
        ("--max-bytes", 1000, 1, "clip.wav: 128,044 bytes, above the limit of 1,000; "),
        ("--max-bytes", 1000, 1, "; split the recording or raise --max-bytes (Limits.max_bytes)"),
        ("--max-rate", 15_999, 1, "clip.wav: sampling rate 16,000 Hz, outside the allowed 1,000 to 15,999 Hz; "),
        ("--max-rate", 15_999, 1, "; if the header is right, raise --max-rate (Limits.max_sampling_rate)"),
        ("--min-rate", 16_001, 1, "clip.wav: sampling rate 16,000 Hz, outside the allowed 16,001 to 768,000 Hz; "),
        ("--min-rate", 16_001, 1, "; if the header is right, lower --min-rate (Limits.min_sampling_rate)"),
        ("--max-seconds", 0, 2, "limit --max-seconds (Limits.max_seconds) is 0.0; it must be above 0"),
        ("--max-seconds", "nan", 2, "limit --max-seconds (Limits.max_seconds) is nan; it must be above 0"),
        ("--max-bytes", -1, 2, "limit --max-bytes (Limits.max_bytes) is -1; it must be above 0"),
        ("--max-bytes", "many", 2, "Invalid value for '--max-bytes': "),
        ("--max-channels", 0, 2, "limit --max-channels (Limits.max_channels) is 0; it must be above 0"),
        ("--max-channels", "1.5", 2, "Invalid value for '--max-channels': "),
        ("--min-rate", 0, 2, "limit --min-rate (Limits.min_sampling_rate) is 0; it must be above 0"),
        ("--min-rate", 10**6, 2, "--min-rate (Limits.min_sampling_rate) is 1000000 Hz, above --max-rate ("),
        ("--max-rate", -1, 2, "limit --max-rate (Limits.max_sampling_rate) is -1; it must be above 0"),
        ("--max-rate", 10, 2, "is 1000 Hz, above --max-rate (Limits.max_sampling_rate), which is 10 Hz"),
        ("--max-rate", "CD", 2, "Invalid value for '--max-rate': "),
    ],
)
def test_limits(
    emotrace_command: Emotrace, clip: Path, option: str, value: object, code: int, sentence: str
) -> None:
    done = emotrace_command("predict", clip, option, value)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint


def test_limits_that_are_kept_are_not_felt(emotrace_command: Emotrace, clip: Path) -> None:
    limits = {"seconds": 4, "bytes": 128_044, "channels": 1, "rate": RATE}
    options = [word for name, value in limits.items() for word in (f"--max-{name}", value)]
    assert emotrace_command("predict", clip, *options, "--min-rate", RATE).code == 0


@pytest.mark.parametrize("command", ["predict", "analyze"])
def test_every_limit_can_be_lifted(emotrace_command: Emotrace, tmp_path: Path, command: str) -> None:
    """What the message of a limit says to type does help."""
    wide = write_wav(tmp_path / "wide.wav", np.zeros((RATE // 2, 65)))
    fast = write_wav(tmp_path / "fast.wav", np.zeros(800_000), rate=800_000)
    slow = write_wav(tmp_path / "slow.wav", np.zeros(500), rate=500)
    for file, option, value in (
        (wide, "--max-channels", 65),
        (fast, "--max-rate", 800_000),
        (slow, "--min-rate", 500),
    ):
        refused = emotrace_command(command, file)
        assert (refused.code, refused.out) == (1, "")
        assert f" {option} (Limits." in refused.complaint
        lifted = emotrace_command(command, file, option, value, "-f", "jsonl")
        assert (lifted.code, lifted.err) == (0, "")
        assert {json.loads(line)["emotion"] for line in lifted.out.splitlines()} == {"no speech"}


def test_a_long_recording_is_for_analyze(emotrace_command: Emotrace, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.flac", np.zeros(4_000 * 601, np.float32), 4_000)
    done = emotrace_command("predict", tmp_path / "long.flac")
    assert (done.code, done.out) == (1, "")
    assert "long.flac: longer than 600 s, too long for one emotion; use `emotrace analyze`" in done.complaint


# -- wrong usage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict"], "Missing argument 'FILE'; see 'emotrace predict --help'"),
        (["predict", "a.wav", "--nope"], "No such option: --nope"),
        (["predict", "a.wav", "-o"], "Option '-o' requires an argument"),
        (["foretell", "a.wav"], "No such command 'foretell'"),
        (["predict", "a.wav", "--[red]x\x1b[31m\n"], r"No such option: --[red]x\x1b[31m"),
    ],
)
def test_wrong_usage_is_one_line_and_2(emotrace_command: Emotrace, arguments: list[str], sentence: str) -> None:
    done = emotrace_command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.complaint
    assert done.complaint.endswith(" --help'")


def test_help_and_version(emotrace_command: Emotrace) -> None:
    assert emotrace_command("--version").out == f"emotrace {emotrace.__version__}\n"
    for command in ("predict", "analyze", "evaluate", "train"):
        done = emotrace_command(command, "--help")
        assert (done.code, done.err) == (0, "")
        assert f"emotrace {command}" in done.out
    assert "analyze" in emotrace_command().out


# -- clips that cannot be used ----------------------------------------------------------------------------


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A file that is no recording."""
    path = tmp_path / "notes.wav"
    path.write_text("buy milk\n" * 100)
    return path


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("to_file", [False, True])
def test_bad_clips_are_left_out_and_told(
    emotrace_command: Emotrace, silence: Path, notes: Path, tmp_path: Path, name: str, place: int, to_file: bool
) -> None:
    clips = [silence, silence]
    clips.insert(place, notes)
    output = tmp_path / "result"
    done = emotrace_command("predict", *clips, "-f", name, *(["-o", output] if to_file else []))
    assert done.code == 1
    assert (done.out == "") is to_file
    assert read(output.read_text() if to_file else done.out, name) == [str(silence)] * 2
    reason, summary = done.err.splitlines()
    assert reason.startswith(f"emotrace: {notes}: not audio (")
    assert summary == "emotrace: 1 of 3 clips could not be used"


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_but_bad_clips(emotrace_command: Emotrace, notes: Path, tmp_path: Path, name: str) -> None:
    done = emotrace_command("predict", notes, tmp_path / "none.wav", tmp_path, "-f", name)
    assert (done.code, read(done.out, name)) == (1, [])
    first, second, third, summary = done.err.splitlines()
    assert first.startswith(f"emotrace: {notes}: not audio")
    assert second == f"emotrace: {tmp_path / 'none.wav'}: no such file; check the path"
    assert third == f"emotrace: {tmp_path}: is a folder; give an audio file"
    assert summary == "emotrace: 3 of 3 clips could not be used"


def test_a_single_bad_clip_is_told_once(emotrace_command: Emotrace, notes: Path) -> None:
    done = emotrace_command("predict", notes)
    assert (done.code, done.out) == (1, "")
    assert "not audio" in done.complaint


# -- names of files ---------------------------------------------------------------------------------------

NAMES = [
    "two words.wav",
    "Grüße 你好 🎧.wav",
    "[red]loud[red].wav",
    "[bold]]x[[.wav",
    "quote\"and'comma,.wav",
    "{braces} %s $HOME.wav",
    "-o.wav",
]
STEERING = ["line\nbreak.wav", "carriage\rreturn.wav", "esc\x1b[31mape.wav", "back\\slash.wav"]


@pytest.mark.parametrize("file", [*NAMES, *(pytest.param(name, marks=needs_posix) for name in STEERING)])
@pytest.mark.parametrize("name", FORMATS)
def test_any_file_name(
    emotrace_command: Emotrace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(Path(file), np.zeros(800, np.float32))
    done = emotrace_command("predict", "--format", name, "--", file)
    shown = "".join(c if c.isprintable() else "\ufffd" for c in file) if name == "table" else file
    assert (done.code, read(done.out, name)) == (0, [shown])


@pytest.mark.parametrize("file", [*NAMES, *STEERING])
def test_any_name_of_a_missing_file_is_one_line(emotrace_command: Emotrace, file: str) -> None:
    done = emotrace_command("predict", "--", file)
    assert done.code == 1
    assert done.complaint.isprintable()
    assert done.complaint.endswith(": no such file; check the path")


def test_names_stay_as_they_were_given(
    emotrace_command: Emotrace, silence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(silence.parent)
    assert read(emotrace_command("predict", "./silence.wav", "-f", "json").out, "json") == ["./silence.wav"]


@needs_posix
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_that_no_encoding_has(
    emotrace_process: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, name: str, encoding: str
) -> None:
    try:
        silent = write_wav(tmp_path / os.fsdecode(b"caf\xe9-\xc3\xa9.wav"), np.zeros(800, np.float32))
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    done = emotrace_process("predict", silent, "-f", name, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    (read_back,) = read(done.stdout, name)
    assert read_back.startswith(str(tmp_path))


# -- where results go -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_output_file(emotrace_command: Emotrace, clip: Path, tmp_path: Path, name: str) -> None:
    done = emotrace_command("predict", clip, "-f", name, "-o", tmp_path / "result")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert read((tmp_path / "result").read_text(encoding="utf-8"), name) == [str(clip)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.wav", "result"]


def test_output_that_cannot_be(emotrace_command: Emotrace, silence: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for output, reason in (
        ("nowhere/result.json", "No such file or directory"),
        ("folder", "it is a folder; give a file name"),
        ("silence.wav/result.json", "Not a directory"),
        ("x" * 300, "File name too long"),
    ):
        done = emotrace_command("predict", silence, "-f", "json", "-o", tmp_path / output)
        assert (done.code, done.out) == (1, "")
        assert done.complaint == f"cannot write {tmp_path / output}: {reason}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "silence.wav"]
    assert not any((tmp_path / "folder").iterdir())


@needs_posix
def test_output_without_permission(
    emotrace_command: Emotrace,
    unprivileged: Callable[[], Any],
    public_folder: Path,
) -> None:
    silence = write_wav(public_folder / "silence.wav", np.zeros(800, np.float32))
    kept, locked = public_folder / "kept.json", public_folder / "locked"
    kept.write_text("precious")
    kept.chmod(0o444)
    locked.mkdir(0o555)
    # What is imported late may lie where only root can read.
    assert emotrace_command("predict", silence, "-f", "json").code == 0
    with unprivileged():
        refused = emotrace_command("predict", silence, "-f", "json", "-o", locked / "result.json")
        protected = emotrace_command("predict", silence, "-f", "json", "-o", kept)
    for output, done in ((locked / "result.json", refused), (kept, protected)):
        assert (done.code, done.out) == (1, "")
        assert done.complaint == f"cannot write {output}: Permission denied"
    assert kept.read_text() == "precious"
    assert not any(locked.iterdir())


def test_a_recording_is_not_overwritten(emotrace_command: Emotrace, clip: Path, silence: Path) -> None:
    before = clip.read_bytes()
    done = emotrace_command("predict", silence, clip, "-f", "json", "-o", clip)
    assert (done.code, done.complaint) == (2, f"--output {clip} is a recording to be heard; choose another name")
    assert clip.read_bytes() == before


def test_a_failure_keeps_the_old_result(emotrace_command: Emotrace, clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "result.json"
    output.write_text("old")
    assert emotrace_command("predict", clip, "--labels", "nope", "-f", "json", "-o", output).code == 2
    assert output.read_text() == "old"
    assert emotrace_command("predict", clip, "-f", "json", "-o", output).code == 0
    assert read(output.read_text(), "json") == [str(clip)]


@needs_posix
def test_rights_links_and_devices(emotrace_command: Emotrace, silence: Path, tmp_path: Path) -> None:
    private, link = tmp_path / "private.json", tmp_path / "link.json"
    private.touch(0o600)
    link.symlink_to("private.json")
    assert emotrace_command("predict", silence, "-f", "json", "-o", link).code == 0
    assert link.is_symlink()
    assert read(private.read_text(), "json") == [str(silence)]
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    umask = os.umask(0o027)
    try:
        assert emotrace_command("predict", silence, "-f", "json", "-o", tmp_path / "new.json").code == 0
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o640
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert emotrace_command("predict", silence, "-f", "json", "-o", tmp_path / "pipe").code == 0
        assert read(os.read(reader, 10_000).decode(), "json") == [str(silence)]
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


# -- a process of its own ---------------------------------------------------------------------------------


def test_as_a_process(
    emotrace_process: Callable[..., subprocess.CompletedProcess[str]], clip: Path, silence: Path, tmp_path: Path
) -> None:
    done = emotrace_process("predict", clip, tmp_path / "none.wav", silence, "--format", "json")
    assert done.returncode == 1
    assert read(done.stdout, "json") == [str(clip), str(silence)]
    assert done.stderr.splitlines() == [
        f"emotrace: {tmp_path / 'none.wav'}: no such file; check the path",
        "emotrace: 1 of 3 clips could not be used",
    ]


@needs_posix
def test_a_full_disk_behind_standard_output(
    emotrace_process: Callable[..., subprocess.CompletedProcess[str]], silence: Path
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as full:
        done = emotrace_process("predict", silence, "-f", "json", stdout=full)
    assert done.returncode == 1
    assert done.stderr == "emotrace: cannot write to standard output: No space left on device\n"


def test_a_reader_who_leaves(silence: Path) -> None:
    command = [sys.executable, "-m", "emotrace", "predict", *[str(silence)] * 40, "-f", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert read(process.stdout.readline(), "jsonl") == [str(silence)]
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) in (0, 1)


def test_samples_at_any_rate_are_heard(emotrace_command: Emotrace, talk: Signal, tmp_path: Path) -> None:
    for rate in (8_000, 44_100):
        write_wav(
            tmp_path / f"{rate}.wav", np.interp(np.arange(0, 4, 1 / rate) * RATE, np.arange(talk.size), talk), rate
        )
    done = emotrace_command("predict", tmp_path / "8000.wav", tmp_path / "44100.wav", "-f", "jsonl")
    assert done.code == 0
    assert [json.loads(line)["end"] for line in done.out.splitlines()] == [4.0, 4.0]
    assert all(json.loads(line)["speech_seconds"] > 0 for line in done.out.splitlines())
