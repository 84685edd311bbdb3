"""The command line as a user meets it: arguments in; exit code, standard output and error out."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import emotrace
from emotrace.audio.load import load_audio
from emotrace.cli import main

Signal = NDArray[np.float32]
RATE = 16_000

MOMENT_RECIPE = """
[data]
corpora = ["{corpus}"]

[model]
widths = [16, 16, 16, 16, 16]
pool_width = 16
hidden = [8]

[augment]
speeds = [1.0]

[training]
epochs = 1
steps_per_epoch = 2
batch_size = 4
crop_seconds = [0.5, 0.6]

[statistics]
steps = 2
batch_size = 4

[export]
name = "mine"
licence = "CC0-1.0"
"""
"""A training of a moment; the corpus is for each test to name."""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error, without ``emotrace: `` before it."""
        (line,) = self.err.splitlines()
        assert line.startswith("emotrace: "), line
        return line.removeprefix("emotrace: ")


Emotrace = Callable[..., Result]


def _run_as_for_users() -> None:
    with warnings.catch_warnings():
        # Shown, not raised.
        warnings.simplefilter("default")
        main()


@pytest.fixture
def emotrace_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Emotrace:
    """The real command in this process: (*arguments) -> Result."""
    # Typer sets it; monkeypatch sets it back.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["emotrace", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            _run_as_for_users()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(int(end.value.code or 0), out, err)

    return call


@pytest.fixture
def emotrace_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The real command as a process of its own: (*arguments, **of_subprocess_run)."""

    def call(*arguments: object, **how: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "emotrace", *map(str, arguments)]
        settings: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how}
        return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]

    return call


@pytest.fixture(scope="session")
def demo_call() -> Path:
    """A synthesised call of a minute on two channels."""
    return Path(emotrace.__file__).parent / "assets" / "demo-call.flac"


@pytest.fixture(scope="session")
def talk(demo_call: Path) -> Signal:
    """The four seconds of the demo call in which the shipped detector hears most speech, 16 kHz."""
    call = load_audio(demo_call, RATE, channel=1)
    timeline = emotrace.load().analyze(call, RATE)
    spoken = np.array([p.speech_seconds for p in timeline.predictions])
    hop = timeline.settings["hop_seconds"]
    width = max(1, round(4.0 / hop))
    best = int(np.convolve(spoken, np.ones(width), "valid").argmax())
    start = round(best * hop * RATE)
    return call[start : start + 4 * RATE]


@pytest.fixture
def clip(tmp_path: Path, talk: Signal) -> Path:
    """Four seconds of talk as a WAV."""
    return write_wav(tmp_path / "clip.wav", talk)


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    """A second in which nobody speaks."""
    return write_wav(tmp_path / "silence.wav", np.zeros(RATE, np.float32))


def write_wav(path: Path, signal: NDArray[np.floating], rate: int = RATE, subtype: str = "PCM_16") -> Path:
    """Write a signal (n_samples,) or (n_samples, n_channels)."""
    with path.open("wb") as file:  # soundfile itself takes a name that begins with "-" for something else
        soundfile.write(file, signal, rate, format="WAV", subtype=subtype)
    return path


def wav_bytes(
    data: bytes, *, tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, declared: int | None = None
) -> bytes:
    """Write a WAV by hand, with any lie in its header; ``declared`` is its data size."""
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    size = len(data) if declared is None else declared
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(body) & 0xFFFFFFFF) + body


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.fixture
def unprivileged() -> Callable[[], AbstractContextManager[None]]:
    """Be a user whom permissions stop: root becomes nobody for as long as the block lasts."""

    @contextmanager
    def become_nobody() -> Iterator[None]:
        if not hasattr(os, "geteuid"):
            pytest.skip("no permissions of this kind here")
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            if not os.access(emotrace.__file__, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
                pytest.skip("the package lies where only root may read")
            yield
        finally:
            os.seteuid(0)

    return become_nobody
