"""``emotrace avatar`` as a user meets it: real audio in, real packets out, and neutral at the end."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from tests.cli.conftest import RATE, write_wav

pytest.importorskip("pythonosc")

from pythonosc.osc_packet import OscPacket

from emotrace.audio.load import load_audio, open_stream
from emotrace.avatar.mapping_file import load_preset
from emotrace.avatar.motion import Motion
from emotrace.avatar.sender import Message
from emotrace.avatar.state import AvatarState
from emotrace.cli._avatar_view import LiveLine, PlainChanges, blend
from emotrace.cli._paced_file import PacedFile
from emotrace.errors import MicrophoneError
from emotrace.reports._look import Look
from emotrace.types import Prediction, Segment


@dataclass
class Receiver:
    """A UDP socket that a thread empties: the kernel keeps only some hundred packets."""

    opened: socket.socket
    packets: list[bytes] = field(default_factory=list)

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.opened.getsockname()[1]}"

    def messages(self) -> list[tuple[str, ...]]:
        return [
            (timed.message.address, *timed.message.params)
            for packet in list(self.packets)
            for timed in OscPacket(packet).messages
        ]

    def wait_for(self, n_packets: int) -> None:
        wait_for(lambda: len(self.packets) >= n_packets)

    def run(self) -> None:
        while packet := self.opened.recv(65536):
            self.packets.append(packet)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        made = Receiver(opened)
        thread = threading.Thread(target=made.run)
        thread.start()
        yield made
        opened.sendto(b"", opened.getsockname())
        thread.join()


@pytest.fixture(scope="session")
def angry_call(demo_call: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of the demo call in which the caller is angry."""
    call = load_audio(demo_call, RATE, channel=1)
    return write_wav(tmp_path_factory.mktemp("call") / "call.wav", call[28 * RATE : 38 * RATE])


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def frames_of(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


# A real call, and real packets.


def test_a_call_arrives_as_vmc_packets(emotrace_command, angry_call, receiver):
    result = emotrace_command(
        "avatar", angry_call, "--fast", "--jsonl", "--preset", "vmc", "--osc", receiver.target
    )
    assert (result.code, result.err) == (0, "")
    frames = frames_of(result.out)
    receiver.wait_for(len(frames))
    assert len(frames) > 50
    for frame, packet in zip(frames, receiver.packets, strict=True):
        got = [(m.message.address, *m.message.params) for m in OscPacket(packet).messages]
        assert [tuple(message[:2]) for message in frame["sent"]] == [message[:2] for message in got]
        assert got[-1] == ("/VMC/Ext/Blend/Apply",)
        for (*_, written), (*_, heard) in zip(frame["sent"][:-1], got[:-1], strict=True):
            assert heard == pytest.approx(written, abs=1e-4)
    strongest = max(message[2] for message in receiver.messages() if len(message) == 3 and message[1] != "Neutral")
    assert strongest > 0.3, "somebody felt something"
    last = {name: value for _, name, value in frames[-1]["sent"][:-1]}
    assert last == {"Neutral": 1.0, "Joy": 0.0, "Angry": 0.0, "Sorrow": 0.0, "Fun": 0.0, "Surprised": 0.0}
    assert (frames[-1]["emotion"], frames[-1]["is_speaking"]) == ("neutral", False)


def test_a_call_moves_a_vrchat_face_at_the_rate_and_no_faster(emotrace_command, angry_call, receiver):
    result = emotrace_command("avatar", angry_call, "--fast", "--jsonl", "--osc", receiver.target)
    frames = frames_of(result.out)
    receiver.wait_for(sum(len(frame["sent"]) for frame in frames))
    messages = receiver.messages()
    faces = [value for address, value in messages if address == "/avatar/parameters/FaceOSC"]
    assert {0} < set(faces) <= {0, 1, 2, 3, 4, 5}
    assert faces[-1] == 0
    speaking = [value for address, value in messages if address == "/avatar/parameters/EmotionSpeaking"]
    assert {False, True} == set(speaking)
    assert speaking[-1] is False
    # All but the last frame, which waits for nobody.
    times = [frame["time"] for frame in frames[:-1]]
    assert all(b - a >= 0.1 - 1e-3 for a, b in pairwise(times))


def test_where_nobody_speaks_nothing_but_neutral_is_sent_and_seldom(emotrace_command, tmp_path):
    silence = write_wav(tmp_path / "silence.wav", np.zeros(7 * RATE, np.float32))
    result = emotrace_command("avatar", silence, "--fast", "--jsonl")
    frames = frames_of(result.out)
    assert {frame["emotion"] for frame in frames} == {"neutral"}
    assert {frame["intensity"] for frame in frames} == {0.0}
    # At the start, every two seconds, and at the end.
    assert len(frames) == 5


def test_without_osc_nothing_is_sent_and_that_is_said(emotrace_command, clip):
    result = emotrace_command("avatar", clip, "--fast")
    assert result.code == 0
    assert (
        result.complaint
        == "nothing is sent to an avatar; --osc 127.0.0.1:9000 is where programs of this kind listen"
    )
    assert result.out.splitlines()[0].split()[:2] == ["0:00.0", "neutral"]


def test_a_network_that_does_not_work_does_not_end_the_run(emotrace_command, clip):
    result = emotrace_command("avatar", clip, "--fast", "--jsonl", "--osc", "255.255.255.255:9")
    assert result.code == 0
    assert result.complaint.startswith("warning: cannot send OSC to 255.255.255.255:9: ")
    assert frames_of(result.out)[-1]["emotion"] == "neutral"


# As it is spoken.


def test_a_file_is_played_as_it_was_spoken(clip):
    clock, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    given = 0
    with open_stream(str(clip), RATE, block_seconds=0.05) as stream:
        played = PacedFile(stream, now=lambda: clock[0], sleep=sleep)
        while not played.is_finished:
            block = played.read(0.02)
            given += 0 if block is None else block.size
            assert given <= round((clock[0] - 100.0) * RATE) + 1, "nothing is given before it was spoken"
    assert given == 4 * RATE
    assert clock[0] - 100.0 == pytest.approx(4.0)
    assert max(slept) <= 0.02 + 1e-9


def test_a_player_that_was_held_up_catches_up(clip):
    clock = [0.0]
    with open_stream(str(clip), RATE, block_seconds=0.05) as stream:
        played = PacedFile(stream, now=lambda: clock[0], sleep=pytest.fail)
        clock[0] = 0.0
        played._start, clock[0] = 0.0, 10.0
        given = 0
        while (block := played.read(0.02)) is not None:
            given += block.size
    assert given == 4 * RATE


def start(*arguments: object, **how: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "emotrace", "avatar", *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **{**pipes, **how})  # type: ignore[call-overload,no-any-return]


def test_when_samples_stop_coming_the_avatar_goes_back_to_neutral_and_ctrl_c_leaves_it_so(
    angry_call, receiver, tmp_path
):
    mapping = tmp_path / "quick.toml"
    mapping.write_text(
        "[motion]\nattack_seconds = 0.05\ndecay_seconds = 0.1\nsilence_seconds = 0.5\nhold_seconds = 0.1\n"
        '[sending]\nkeep_alive_seconds = 0.3\n[[parameter]]\naddress = "/felt"\nvalue = "intensity"\n'
    )
    samples = (load_audio(angry_call, RATE) * 32767).astype("<i2").tobytes()
    # Up to the middle of a word: nothing in them says that somebody is silent.
    spoken = samples[: 2 * round(4.2 * RATE)]

    def felt() -> list[float]:
        return [value for _, value in receiver.messages()]

    with start("-", "--mapping", mapping, "--osc", receiver.target, "--jsonl") as run:
        assert run.stdin is not None
        run.stdin.write(spoken)
        run.stdin.flush()
        wait_for(lambda: max(felt(), default=0.0) > 0.3)
        wait_for(lambda: felt()[-1] < 0.01)
        assert run.poll() is None, "the stream is still open"
        n_before = len(receiver.packets)
        run.stdin.write(spoken)
        run.stdin.flush()
        wait_for(lambda: max(felt()[n_before:], default=0.0) > 0.3)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert err.decode() == "emotrace: interrupted\n"
    frames = frames_of(out.decode())
    assert frames[-1]["sent"] == [["/felt", 0.0]]
    receiver.wait_for(len(frames))
    assert felt()[-1] == 0.0


def test_whoever_has_read_enough_leaves_a_neutral_avatar(angry_call, receiver):
    with start(angry_call, "--osc", receiver.target, "--jsonl", "--preset", "generic") as run:
        assert run.stdout is not None
        wait_for(lambda: receiver.packets)
        run.stdout.close()
        assert run.wait(20) == 1
        assert run.stderr is not None
        assert run.stderr.read() == b""
    final = [message for message in receiver.messages() if message[0] == "/emotrace/emotion"][-1]
    assert final == ("/emotrace/emotion", "neutral")


class UnpluggedMicrophone:
    """Gives talk, and is then pulled out: what the real one does cannot be had without a sound card."""

    def __init__(self, signal: np.ndarray) -> None:
        self.sampling_rate, self.device = RATE, SimpleNamespace(name="headset")
        self.is_finished = False
        self._blocks = iter(np.array_split(signal, 50))

    def read(self, timeout_seconds: float) -> np.ndarray:
        block = next(self._blocks, None)
        if block is None:
            raise MicrophoneError("microphone 'headset' gives no more sound; is it unplugged or switched off?")
        return block

    def close(self) -> None:
        self.is_finished = True


def test_a_microphone_that_is_pulled_out_leaves_a_neutral_avatar(emotrace_command, talk, receiver, monkeypatch):
    import emotrace.hear.microphone

    opened: list[UnpluggedMicrophone] = []

    def open_microphone(device: str | None, rate: int | None) -> UnpluggedMicrophone:
        assert (device, rate) == ("head", None)
        opened.append(UnpluggedMicrophone(talk))
        return opened[0]

    monkeypatch.setattr(emotrace.hear.microphone, "open_microphone", open_microphone)
    result = emotrace_command("avatar", "mic", "--device", "head", "--jsonl", "--osc", receiver.target)
    assert (result.code, result.complaint) == (
        1,
        "microphone 'headset' gives no more sound; is it unplugged or switched off?",
    )
    assert frames_of(result.out)[-1]["weights"] == {"neutral": 1.0}
    assert opened[0].is_finished


# Hooks.


def hooks_file(path: Path, code: str, *arguments: object, emotions: str = '"anger", "disgust"') -> Path:
    then = json.dumps([sys.executable, "-c", code, *map(str, arguments)])
    path.write_text(
        f"[[when]]\nemotions = [{emotions}]\nthreshold = 0.4\nseconds = 0.7\n"
        f"cool_down_seconds = 600\nthen = {then}\n"
    )
    return path


def test_a_hook_is_done_when_a_caller_stays_upset(emotrace_command, angry_call, tmp_path):
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    hooks = hooks_file(tmp_path / "hooks.toml", code, tmp_path / "got.json")
    result = emotrace_command("avatar", angry_call, "--fast", "--jsonl", "--hooks", hooks)
    assert (result.code, result.err) == (0, "")
    got = json.loads((tmp_path / "got.json").read_text())
    assert (got["hook"], got["emotions"]) == ("anger+disgust", ["anger", "disgust"])
    assert got["probability"] >= 0.4
    assert got["prediction"]["file"] == str(angry_call)


def test_a_hook_for_what_is_never_heard_is_one_line(emotrace_command, clip, tmp_path):
    hooks = hooks_file(tmp_path / "hooks.toml", "", emotions='"sleepiness"')
    result = emotrace_command("avatar", clip, "--fast", "--hooks", hooks)
    assert result.code == 2
    assert result.complaint.startswith(
        "hook 'sleepiness' waits for sleepiness, which is never heard here: the labels in use are neutral, happ"
    )


# What may be asked for.


def test_the_presets_are_listed(emotrace_command):
    result = emotrace_command("avatar", "--presets")
    assert [line.split()[0] for line in result.out.splitlines()] == ["generic", "vmc", "vmc-vrm1", "vrchat"]


@pytest.mark.parametrize("preset", ["generic", "vmc", "vmc-vrm1", "vrchat"])
def test_a_printed_mapping_is_a_mapping(preset, emotrace_command, clip, tmp_path):
    printed = emotrace_command("avatar", "--print-mapping", "--preset", preset)
    (tmp_path / "my.toml").write_text(printed.out)
    from emotrace.avatar.mapping_file import read_mapping

    assert read_mapping(tmp_path / "my.toml") == load_preset(preset)


def test_parameters_that_never_move_are_told_of(emotrace_command, clip, tmp_path):
    mapping = tmp_path / "my.toml"
    mapping.write_text('[[parameter]]\naddress = "/s"\nvalue = "weight"\nweights = { sleepiness = 1 }\n')
    result = emotrace_command("avatar", clip, "--fast", "--jsonl", "--mapping", mapping)
    assert result.code == 0
    assert result.complaint.startswith(f"warning: {mapping}: 1 parameters wait for sleepiness, never heard here")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["gone.wav"], 1, "gone.wav: no such file; check the path"),
        (["x.wav", "--osc", "9000"], 2, "'9000' is no target; give host:port"),
        (["x.wav", "--preset", "vrchta"], 2, "no avatar preset named 'vrchta'; did you mean 'vrchat'?"),
        (["x.wav", "--mapping", "gone.toml"], 1, "gone.toml: no such file; check the path"),
        (["x.wav", "--hooks", "gone.toml"], 1, "gone.toml: no such file; check the path"),
        (["x.wav", "--mapping", "a", "--preset", "vmc"], 2, "--preset and --mapping both say what to send"),
        (["--print-mapping", "--mapping", "a"], 2, "--print-mapping prints a preset; leave out --mapping"),
        (
            ["x.wav", "--rate", "8000"],
            2,
            "--rate has no meaning for a recording, only for the microphone and ",
        ),
        (
            ["x.wav", "--encoding", "s16le"],
            2,
            "--encoding has no meaning for a recording, only for standard ",
        ),
        (["x.wav", "--device", "1"], 2, "--device has no meaning for a recording, only for the microphone"),
        (["-", "--fast"], 2, "--fast has no meaning for standard input, only for a recording"),
        (
            ["--channel", "1"],
            2,
            "--channel has no meaning for the microphone, only for standard input and ",
        ),
        (["mic", "--channels", "2"], 2, "--channels has no meaning for the microphone, only for standard input"),
        (["x.wav", "--channel", "left"], 2, "--channel is 'left'; it must be mix or a number"),
    ],
)
def test_what_cannot_be_asked_for_is_explained(arguments, code, sentence, emotrace_command):
    result = emotrace_command("avatar", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.complaint.startswith(sentence)


def test_raw_samples_are_checked_like_those_of_listen(emotrace_process):
    result = emotrace_process("avatar", "-", "--encoding", "s16be", input="")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no encoding named 's16be'; did you mean 's16le'" in result.stderr


# What a person sees.


@pytest.fixture
def pose():
    avatar = AvatarState(Motion(attack_seconds=0.0))
    probabilities = {"anger": 0.5, "sadness": 0.25, "neutral": 0.25}
    avatar.push(Prediction(Segment(0, 1), "anger", 0.5, False, probabilities, 1.0), 0.0)
    return avatar.tick(0.5)


def look(width: int = 120, encoding: str = "utf-8", colours: bool = True) -> Look:
    made = Look(io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    made.console = Console(
        file=made.console.file, width=width, force_terminal=colours, color_system="truecolor" if colours else None
    )
    made.bar_width = 24
    made.has_colours, made.is_ascii = colours, encoding == "ascii"
    return made


def test_the_live_line_says_what_is_shown(pose):
    line = LiveLine(look(), "127.0.0.1:9000").draw(pose, 120).plain
    assert line.split() == [
        "0:00", "●", "anger", "█" * 18 + "·" * 6, "75", "%", "valence", "-0.41", "arousal", "+0.23", "0", "→",
        "127.0.0.1:9000",
    ]  # fmt: skip
    ascii_line = LiveLine(look(encoding="ascii", colours=False), None).draw(pose, 120).plain
    assert ascii_line.isascii()
    assert "AAAAAAAAAAAASSSSSS......" in ascii_line


@pytest.mark.parametrize("width", [10, 40, 60, 79, 80, 120, 200])
def test_the_live_line_fits(pose, width):
    assert LiveLine(look(width), "127.0.0.1:9000").draw(pose, width).cell_len < width


def test_the_blend_is_as_long_as_the_weights_are_heavy(pose):
    for n_cells in (1, 8, 17, 24):
        cells = blend(look(colours=False), pose, n_cells).plain
        assert len(cells) == n_cells
        assert cells.count("A") + cells.count("S") == round(0.75 * n_cells)


def test_lines_of_text_come_only_when_another_emotion_is_shown(pose):
    stream = io.StringIO()
    lines = PlainChanges(stream)
    for shown in (AvatarState().tick(0.0), pose, pose, AvatarState().tick(2.0)):
        lines.show(shown, [Message("/a", (1.0,))])
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["neutral", "anger", "neutral"]
    assert "-0.00" not in stream.getvalue()


def test_in_a_terminal_one_line_is_drawn_and_the_count_stays(angry_call, receiver):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "10"}
    with start(
        angry_call, "--osc", receiver.target, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as run:
        os.close(theirs)
        seen = b""

        def shows(text: str) -> bool:
            nonlocal seen
            seen += os.read(ours, 65536)
            return text in seen.decode(errors="replace")

        wait_for(lambda: shows("valence"))
        run.send_signal(signal.SIGTERM)
        wait_for(lambda: shows("neutral the last"))
        assert run.wait(20) == 128 + signal.SIGTERM
    os.close(ours)
