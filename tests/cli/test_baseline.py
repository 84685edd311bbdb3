"""``--baseline`` of analyze, predict, listen and avatar: what it changes, what is said of it, what is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from tests.cli.conftest import Emotrace, Signal, write_wav
from tests.tiny_bundles import make_emotion_bundle

import emotrace


@pytest.fixture
def voice(tmp_path: Path, talk: Signal) -> Path:
    """Twelve seconds, most of them speech."""
    return write_wav(tmp_path / "voice.wav", np.tile(talk, 3))


@pytest.fixture
def heard_seconds(voice: Path) -> float:
    baseline = emotrace.load().adapt(voice).baseline
    assert baseline is not None
    return baseline.speech_seconds


def test_a_timeline_is_shifted_and_says_so(
    emotrace_command: Emotrace, clip: Path, voice: Path, heard_seconds: float
) -> None:
    done = emotrace_command("analyze", clip, "--baseline", voice, "--format", "json")
    document = json.loads(done.out)
    assert (done.code, done.complaint) == (0, f"baseline: {heard_seconds:.1f} s of speech in {voice}")
    assert document["settings"]["baseline_seconds"] == round(heard_seconds, 3)
    _check(document)
    expected = emotrace.load().adapt(voice).analyze(str(clip))
    assert document["channels"][0]["predictions"] == [p.to_dict() for p in expected.predictions]
    plain = json.loads(emotrace_command("analyze", clip, "--format", "json").out)
    assert "baseline_seconds" not in plain["settings"]
    assert plain["channels"][0]["predictions"] != document["channels"][0]["predictions"]


def test_a_clip_is_shifted(emotrace_command: Emotrace, clip: Path, voice: Path) -> None:
    (record,) = json.loads(emotrace_command("predict", clip, "-b", voice, "-f", "json").out)
    assert record == emotrace.load().adapt(voice).predict(str(clip)).to_dict()
    assert record != emotrace.load().predict(str(clip)).to_dict()


def test_standard_input_is_shifted(
    emotrace_process: Callable[..., subprocess.CompletedProcess[bytes]], talk: Signal, voice: Path
) -> None:
    raw = (talk * 32767).astype("<i2").tobytes()
    arguments = ("listen", "-", "--jsonl", "--no-smoothing")
    with_one, without = (
        emotrace_process(*arguments, *more, input=raw, text=False) for more in (("--baseline", voice), ())
    )
    assert (with_one.returncode, without.returncode) == (0, 0)
    assert b"baseline: " in with_one.stderr
    one, other = ([json.loads(line) for line in done.stdout.splitlines()] for done in (with_one, without))
    assert [record["end"] for record in one] == [record["end"] for record in other]
    assert one != other


def test_an_avatar_is_shifted(emotrace_command: Emotrace, clip: Path, voice: Path) -> None:
    with_one, without = (
        emotrace_command("avatar", clip, "--fast", "--jsonl", *more) for more in (("--baseline", voice), ())
    )
    assert (with_one.code, without.code) == (0, 0)
    assert f"s of speech in {voice}" in with_one.err
    faces = [[json.loads(line)["weights"] for line in done.out.splitlines()] for done in (with_one, without)]
    assert faces[0][0] == faces[1][0]
    assert faces[0] != faces[1]


@pytest.mark.parametrize("command", ["analyze", "predict", "avatar"])
def test_too_little_speech_is_one_line(
    emotrace_command: Emotrace, command: str, clip: Path, silence: Path
) -> None:
    done = emotrace_command(command, clip, "--baseline", silence)
    assert (done.code, done.out) == (1, "")
    assert done.complaint == (
        f"a baseline needs 5 s of speech or more, but only 0 s were heard in {silence}; record 10 to 30 s of the "
        "person's ordinary voice"
    )


def test_a_file_that_is_not_there_is_one_line(emotrace_command: Emotrace, clip: Path) -> None:
    done = emotrace_command("predict", clip, "--baseline", "nobody.wav")
    assert (done.code, done.out, done.complaint) == (1, "", "nobody.wav: no such file; check the path")


def test_more_than_a_minute_is_said(emotrace_command: Emotrace, clip: Path, tmp_path: Path, talk: Signal) -> None:
    long = write_wav(tmp_path / "long.wav", np.tile(talk, 22))
    done = emotrace_command("predict", clip, "--baseline", long)
    assert done.code == 0
    warning, told = done.err.splitlines()
    assert warning == (
        f"emotrace: warning: {long}: the first 60 s of speech make the baseline, the rest is not heard"
    )
    assert told == f"emotrace: baseline: 60.0 s of speech in {long}"


def test_the_baseline_is_not_overwritten(emotrace_command: Emotrace, clip: Path, voice: Path) -> None:
    before = voice.read_bytes()
    for command in ("analyze", "predict"):
        done = emotrace_command(command, clip, "--baseline", voice, "--output", voice)
        assert (done.code, voice.read_bytes()) == (2, before)
        assert done.complaint == f"--output {voice} is a recording to be heard; choose another name"


def test_a_model_without_neutral_is_refused(
    emotrace_command: Emotrace, clip: Path, voice: Path, tmp_path: Path
) -> None:
    moody = make_emotion_bundle(tmp_path / "moody", labels=("happiness", "sadness", "anger")).path
    done = emotrace_command("predict", clip, "--model", moody, "--baseline", voice)
    assert (done.code, done.out) == (2, "")
    assert done.complaint.startswith("bundle 'tiny-emotion' names neither neutral nor calm, so that it cannot say")


def _check(document: object) -> None:
    schemas = {
        name: json.loads(files("emotrace.assets").joinpath(f"{name}.schema.json").read_text(encoding="utf-8"))
        for name in ("timeline", "prediction")
    }
    registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
    Draft202012Validator(schemas["timeline"], registry=registry).validate(document)
