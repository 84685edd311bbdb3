"""Real servers: in a thread of this process, or as a process of their own."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import soundfile
from numpy.typing import NDArray

import emotrace
from emotrace.audio.load import load_audio
from emotrace.server.app import create_app
from emotrace.server.listen import make_server, open_socket, url_of
from emotrace.server.service import Service
from emotrace.server.settings import Settings

RATE = 16_000
DEMO_CALL = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"
_PATIENCE_SECONDS = 60.0


def wait_until(is_so: Callable[[], Any], what: str, seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.01)


@dataclass
class Running:
    """A server in a thread of this process."""

    url: str
    service: Service
    client: httpx.Client

    def workers(self) -> list[psutil.Process]:
        return [psutil.Process(each) for each in self.service.workers.process_ids]


@contextmanager
def serving(**settings: Any) -> Iterator[Running]:
    """Serve on a free port until the end of the block; workers are up when it begins."""
    made = Settings(**{"port": 0, "n_workers": 1, "drain_seconds": 0, **settings})
    app = create_app(made)
    up = threading.Event()
    with open_socket(made) as listener:
        server = make_server(app, up.set)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert up.wait(_PATIENCE_SECONDS)
            service: Service = app.state.service
            wait_until(lambda: service.workers.n_ready == made.n_workers, "workers")
            with httpx.Client(base_url=url_of(listener), timeout=_PATIENCE_SECONDS) as client:
                yield Running(url_of(listener), service, client)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE_SECONDS)
            assert not thread.is_alive()


class ServerProcess:
    """``emotrace serve`` as a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.errors = folder.parent / f"{folder.name}.log"
        with self.errors.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "emotrace", "serve", "--port", "0", *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "TMPDIR": str(folder)},
            )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        assert " on http://" in self.first_line, self.errors.read_text()
        self.url = self.first_line.partition(" on ")[2].partition(" ")[0]
        self.client = httpx.Client(base_url=self.url, timeout=_PATIENCE_SECONDS)
        wait_until(lambda: self.client.get("/readyz").status_code == 200, "readiness")

    def metric(self, name: str) -> float:
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def workers(self, n_workers: int = 1) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        found = [child for child in children if "emotrace.server.worker" in " ".join(child.cmdline())]
        assert len(found) == n_workers
        return found

    def stop(self) -> None:
        self.client.close()
        for child in psutil.Process(self.process.pid).children() if self.process.poll() is None else []:
            # One that a test has stopped could not end by itself.
            child.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()


@contextmanager
def server_process(folder: Path, *arguments: str) -> Iterator[ServerProcess]:
    """Run ``emotrace serve`` with these arguments until the end of the block."""
    server = ServerProcess(folder, *arguments)
    try:
        yield server
    finally:
        server.stop()


def wav_bytes(signal_: NDArray[np.floating], rate: int = RATE) -> bytes:
    """Give a signal (n_samples,) or (n_samples, n_channels) as a WAV."""
    stream = io.BytesIO()
    soundfile.write(stream, signal_, rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


@pytest.fixture(scope="session")
def caller() -> NDArray[np.float32]:
    """The caller of the demo call, 16 kHz."""
    return load_audio(DEMO_CALL, RATE, channel=1)


@pytest.fixture(scope="session")
def clip(caller: NDArray[np.float32]) -> bytes:
    """Four seconds of talk as a WAV."""
    return wav_bytes(caller[15 * RATE : 19 * RATE])


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """A server with the default settings, one worker and a short queue, for tests that leave it as it was."""
    with serving(queue_length=4) as server:
        yield server
