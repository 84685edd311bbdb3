"""`emotrace listen`: results as soon as they can be, an orderly end, and one line for whatever goes wrong."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.conftest import RATE, Emotrace, Signal
from tests.fake_sound_system import FakeSoundSystem
from tests.tiny_bundles import LABELS, make_emotion_bundle

import emotrace
from emotrace.hear.session import Session, StreamResult
from emotrace.hear.smoothing import Smoothing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and signals of POSIX")

Feed = Callable[..., Any]


def raw(signal: Signal, dtype: str = "<i2") -> bytes:
    scale = 32767 if dtype == "<i2" else 1
    return (signal * scale).astype(dtype).tobytes()


@pytest.fixture
def feed(emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """The real command in this process with these bytes on its standard input: (data, *arguments) -> Result."""
    opened = []

    def call(data: bytes, *arguments: object) -> Any:
        reader, writer = os.pipe()
        opened.append(os.fdopen(reader))
        monkeypatch.setattr(sys, "stdin", opened[-1])
        thread = threading.Thread(target=_write, args=(writer, data))
        thread.start()
        result = emotrace_command("listen", "-", *arguments)
        thread.join()
        for reading in threading.enumerate():
            # In a process of its own it would end with it.
            if reading.name == "standard input":
                reading.join()
        opened[-1].close()
        return result

    return call


def _write(writer: int, data: bytes) -> None:
    try:
        for start in range(0, len(data), 1 << 15):
            os.write(writer, data[start : start + (1 << 15)])
    except BrokenPipeError:
        pass
    finally:
        os.close(writer)


def expected(signal: Signal, **settings: Any) -> list[StreamResult]:
    session = Session(emotrace.load(), RATE, smoothing=Smoothing(), file="-", **settings)
    return session.push(raw(signal)) + session.close()


# -- standard input ---------------------------------------------------------------------------------------


def test_json_lines(feed: Feed, talk: Signal) -> None:
    done = feed(raw(talk), "--jsonl")
    assert (done.code, done.err) == (0, "")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert records == [result.to_dict() for result in expected(talk)]
    assert all(record["is_final"] for record in records)
    assert records[-1]["end"] == 4.0
    assert any(record["emotion"] != "no speech" for record in records)


def test_settings_reach_the_session(feed: Feed, talk: Signal, tmp_path: Path) -> None:
    model = make_emotion_bundle(tmp_path / "tiny.zip").path
    stereo = np.stack([np.zeros_like(talk), talk], axis=1)
    done = feed(
        raw(stereo, "<f4"), "--jsonl", "--encoding", "f32le", "--channels", 2, "--channel", 1, "--rate", RATE,
        "--window", 2, "--hop", 1, "--lookahead", 0, "--interim", 0.25, "--no-smoothing", "--model", model,
        "--labels", "neutral,anger",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert LABELS[0] == "neutral"
    spoken = [record for record in records if record["emotion"] != "no speech"]
    assert all(list(record["probabilities"]) == ["neutral", "anger"] for record in spoken)
    assert {record["channel"] for record in records} == {"1"}
    finals = [(record["start"], record["end"]) for record in records if record["is_final"]]
    assert finals == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0)]
    assert len(records) > len(finals)
    session = Session(
        emotrace.load(model, "neutral,anger"), RATE, window_seconds=2, hop_seconds=1, lookahead_seconds=0
    )
    alone = [r.prediction.to_dict() for r in session.push(talk) + session.close()]
    heard = [record for record in records if record["is_final"]]
    assert [record["probabilities"] for record in heard] == [record["probabilities"] for record in alone]


def test_plain_lines_where_nobody_looks(feed: Feed, talk: Signal) -> None:
    done = feed(raw(talk), "--interim", 0.5)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    finals = expected(talk)
    assert len(lines) == len(finals)
    assert lines[0].startswith(" 0:00.00 –  0:01.00   ")
    for line, result in zip(lines, finals, strict=True):
        assert line.split("   ")[1].strip() == result.prediction.emotion + "?" * result.prediction.uncertain


def test_telephone_encodings(feed: Feed) -> None:
    for encoding in ("mulaw", "alaw"):
        done = feed(b"\xd5" * 8000, "--encoding", encoding, "--rate", 8000, "--jsonl")
        assert (done.code, done.err) == (0, "")
        assert [json.loads(line)["end"] for line in done.out.splitlines()] == [1.0]


@pytest.mark.parametrize(
    ("data", "arguments", "code", "sentence"),
    [
        (
            b"",
            [],
            1,
            "standard input: no audio came (0 bytes); send raw PCM: arecord -t raw -f S16_LE -r 16000 | emo",
        ),
        (b"\x00", [], 1, "standard input: no audio came (1 bytes); send raw PCM"),
        (
            b"RIFF\x24\x00\x00\x00WAVEfmt ",
            [],
            1,
            "standard input: a WAV file, not raw PCM; send it without its header",
        ),
        (b"fLaC" + bytes(100), [], 1, "standard input: a FLAC file, not raw PCM"),
        (
            b"\x00\x00\xc0\x7f" * 9,
            ["--encoding", "f32le"],
            1,
            "raw audio: samples that are NaN or infinite; is it",
        ),
        (b"00", ["--encoding", "s16"], 2, "no encoding named 's16'; did you mean 's16le'? Known: alaw, f32le,"),
        (b"00", ["--channels", "0"], 2, "n_channels is 0; it must be a whole number from 1 to 64"),
        (
            b"00",
            ["--channel", "1"],
            1,
            "the stream: no channel 1; it has 1 channel: only 0 (or 'mix') can be chosen",
        ),
        (b"00", ["--channel", "left"], 2, "--channel is 'left'; it must be mix or a number counted from 0"),
        (
            b"00",
            ["--rate", "100"],
            2,
            "the stream's sampling rate is 100; it must be a whole number of Hz from 4000",
        ),
        (b"00", ["--hop", "0"], 2, "window and hop must satisfy 0.1 <= hop <= window <= 60 seconds"),
        (
            b"00",
            ["--lookahead", "-1"],
            2,
            "the look-ahead must be between 0 and window - hop = 2 seconds, got -1",
        ),
        (b"00", ["--interim", "0"], 2, "interim_seconds is 0; it must be at least 0.1 s"),
        (b"00", ["--labels", "grumpy"], 2, "no label preset named 'grumpy'"),
        (b"00", ["--device", "Yeti"], 2, "--device has no meaning for standard input; leave out the - to use it"),
        (b"00", ["--list-devices"], 2, "--list-devices has no meaning for standard input"),
    ],
)
def test_bad_input_is_one_line(feed: Feed, data: bytes, arguments: list[str], code: int, sentence: str) -> None:
    done = feed(data, *arguments)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint


def test_samples_before_the_bad_ones_are_judged(feed: Feed, talk: Signal) -> None:
    done = feed(raw(talk, "<f4") + b"\xff" * (1 << 17), "--encoding", "f32le", "--jsonl")
    assert done.code == 1
    assert "NaN" in done.complaint
    assert json.loads(done.out.splitlines()[0])["start"] == 0.0


def test_a_file_belongs_to_another_command(emotrace_command: Emotrace) -> None:
    done = emotrace_command("listen", "call.wav")
    assert (done.code, done.out) == (2, "")
    assert done.complaint == (
        "'call.wav' cannot be listened to, only the microphone, or - for standard input; for recordings use "
        "`emotrace analyze FILE`"
    )


def test_standard_input_that_is_none(emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    done = emotrace_command("listen", "-")
    assert (done.code, done.out) == (2, "")
    assert "standard input is no stream of samples; pipe raw PCM into it: arecord -t raw" in done.complaint


# -- a process of its own ---------------------------------------------------------------------------------


@contextmanager
def listening(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "emotrace", "listen", "-", *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[bytes], seconds: float = 60.0) -> bytes:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    assert ready, "no line came in time"
    return process.stdout.readline()


def test_results_come_while_the_pipe_is_open(talk: Signal) -> None:
    data = raw(talk)
    # Up to the sample with which the first result can be given, and a little for the resampler; cut in odd places.
    enough = 2 * round(1.7 * RATE)
    with listening("--jsonl") as process:
        assert process.stdin is not None
        for start in range(0, enough, 1_001):
            process.stdin.write(data[start : min(start + 1_001, enough)])
        first = json.loads(next_line(process))
        assert (first["start"], first["end"], first["is_final"]) == (0.0, 1.0, True)
        out, err = process.communicate(data[enough:], timeout=60)
        assert (process.returncode, err) == (0, b"")
    assert [first, *map(json.loads, out.splitlines())] == [result.to_dict() for result in expected(talk)]


@pytest.mark.parametrize(
    ("number", "code", "told"), [(signal.SIGINT, 130, b"emotrace: interrupted\n"), (signal.SIGTERM, 143, b"")]
)
def test_a_signal_ends_in_order(talk: Signal, number: int, code: int, told: bytes) -> None:
    with listening("--jsonl", "--interim", 0.1) as process:
        assert process.stdin is not None
        process.stdin.write(raw(talk[: 2 * RATE]))
        results = [json.loads(next_line(process))]
        # An interim result of the end tells that all has been taken.
        while results[-1]["end"] < 2.0 - 0.05:
            results.append(json.loads(next_line(process)))
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stderr is not None
        results += map(json.loads, process.stdout.read().splitlines())
        assert (process.wait(60), process.stderr.read()) == (code, told)
    finals = [(result["start"], result["end"]) for result in results if result["is_final"]]
    assert finals == [(0.0, 1.0), (1.0, 2.0)]


def test_a_reader_who_leaves(talk: Signal) -> None:
    with listening("--jsonl") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(raw(talk))
        assert next_line(process).startswith(b"{")
        process.stdout.close()
        try:
            for _ in range(2_000):
                process.stdin.write(raw(talk))
        except BrokenPipeError:
            pass
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


# -- the microphone ---------------------------------------------------------------------------------------


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> FakeSoundSystem:
    system = FakeSoundSystem()
    monkeypatch.setitem(sys.modules, "sounddevice", system.as_module())
    return system


@contextmanager
def speaking(sound: FakeSoundSystem, spoken: Signal, then: Callable[[], object]) -> Iterator[None]:
    """Speak into the first microphone that is opened, and then do something."""

    def speak() -> None:
        give_up = time.monotonic() + 60.0
        while not (sound.streams and sound.streams[0].is_running) and time.monotonic() < give_up:
            time.sleep(0.01)
        for start in range(0, len(spoken), 320):
            sound.streams[0].hear(spoken[start : start + 320, None])
        then()

    thread = threading.Thread(target=speak)
    thread.start()
    yield
    thread.join()


def test_list_devices(emotrace_command: Emotrace, sound: FakeSoundSystem) -> None:
    sound.devices[2]["name"] = "Blue\x1b[2J Yeti"
    done = emotrace_command("listen", "--list-devices")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:2] == [
        "*   1  Built-in Microphone  2 channels  44100 Hz  ALSA",
        "    2  Blue�[2J Yeti        1 channel   48000 Hz  ALSA",
    ]
    sound.devices.clear()
    done = emotrace_command("listen", "--list-devices")
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith("no microphone found; plug one in")


def test_ctrl_c_is_the_end_of_listening(emotrace_command: Emotrace, sound: FakeSoundSystem, talk: Signal) -> None:
    sound.devices[1]["default_samplerate"] = float(RATE)
    with speaking(sound, talk, then=lambda: wait_until_heard_and_interrupt(sound)):
        done = emotrace_command("listen", "--jsonl")
    assert (done.code, done.err) == (0, "")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert records[-1]["end"] == 4.0
    assert {record["file"] for record in records} == {"Built-in Microphone"}
    assert any(record["emotion"] != "no speech" for record in records)
    assert not sound.streams[0].is_running


def wait_until_heard_and_interrupt(sound: FakeSoundSystem) -> None:
    blocks = sound.streams[0].settings["callback"].__self__._blocks
    give_up = time.monotonic() + 60.0
    while not blocks.empty() and time.monotonic() < give_up:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_microphone_that_is_unplugged(emotrace_command: Emotrace, sound: FakeSoundSystem, talk: Signal) -> None:
    with speaking(sound, talk, then=lambda: sound.streams[0].settings["finished_callback"]()):
        done = emotrace_command("listen", "--rate", RATE, "--device", "yeti")
    assert done.code == 1
    assert done.complaint == "microphone 'Blue Yeti' gives no more sound; is it unplugged or switched off?"
    assert done.out.startswith(" 0:00.00 –  0:01.00   ")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["--device", "yety"],
            2,
            "no microphone named 'yety'; known: Blue Snowball, Blue Yeti, Built-in Microphone",
        ),
        (["--device", "0"], 2, "no microphone has the number 0"),
        (["--rate", "100"], 2, "the sampling rate is 100; it must be a whole number of Hz from 4000 to 192000"),
        (["--encoding", "s16le"], 2, "--encoding has no meaning for the microphone; pipe raw PCM into"),
        (["--channel", "0"], 2, "--channel has no meaning for the microphone"),
        (["--interim", "nan"], 2, "interim_seconds is nan"),
    ],
)
def test_wrong_usage_of_the_microphone(
    emotrace_command: Emotrace, sound: FakeSoundSystem, arguments: list[str], code: int, sentence: str
) -> None:
    done = emotrace_command("listen", *arguments)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint
    assert not any(stream.is_running for stream in sound.streams)


def test_without_the_extra(emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    done = emotrace_command("listen")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == "hearing a microphone needs the extra 'mic': pip install 'emotrace[mic]'"
