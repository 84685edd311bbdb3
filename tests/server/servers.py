"""Real servers for tests: in a thread of this process, or as a process of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
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
import psutil
import uvicorn
from fastapi import FastAPI

from emotrace.server.app import create_app
from emotrace.server.listen import make_server, open_socket, url_of
from emotrace.server.service import Service
from emotrace.server.settings import Settings

PATIENCE_SECONDS = 60.0


def wait_until(is_so: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.01)


@dataclass
class Running:
    """A server in a thread of this process."""

    url: str
    app: FastAPI
    uvicorn: uvicorn.Server
    loop: asyncio.AbstractEventLoop
    client: httpx.Client

    @property
    def service(self) -> Service:
        service = self.app.state.service
        assert isinstance(service, Service)
        return service

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def ws(self, path: str) -> str:
        return self.url.replace("http://", "ws://") + path

    def workers(self) -> list[psutil.Process]:
        return [psutil.Process(each) for each in self.service.workers.process_ids]

    def metric(self, name: str) -> dict[str, float]:
        """Give the values of a metric by their labels, as they are written."""
        lines = self.service.metrics.render().decode().splitlines()
        pairs = [line.rsplit(" ", 1) for line in lines if line.startswith((name + "{", name + " "))]
        return {label.removeprefix(name): float(value) for label, value in pairs}

    def wait_until_free(self) -> None:
        """Wait until nothing holds a place, and no stream is counted as open."""
        service = self.service
        places = (service.requests, service.streams, service.strangers, self.app.state.switchboard.places)
        wait_until(lambda: not any(each.n_taken for each in places), "free places")
        wait_until(lambda: not any(self.metric("emotrace_streams_open").values()), "the end of all streams")

    def drain(self) -> None:
        """Say that the server is to end, from this thread."""
        self.loop.call_soon_threadsafe(self.service.is_draining.set)


@contextmanager
def serving(
    *, is_for_uploads: bool = True, send_buffer_bytes: int | None = None, **settings: Any
) -> Iterator[Running]:
    """Serve as `emotrace serve` does, on a free port, until the end of the block.

    Workers are up when it begins; where no uploads come, there are none. ``send_buffer_bytes`` is the system's.
    """
    made = Settings(**{"port": 0, "n_workers": 1, "drain_seconds": 0, **settings})
    app = create_app(made)
    pool = app.state.service.workers
    if not is_for_uploads:
        pool.start = lambda: None
    up = threading.Event()
    with open_socket(made) as listener:
        if send_buffer_bytes is not None:
            # Accepted sockets inherit it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
        server = make_server(app, up.set)
        loops: list[asyncio.AbstractEventLoop] = []

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await server.serve(sockets=[listener])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            assert up.wait(PATIENCE_SECONDS)
            if is_for_uploads:
                wait_until(lambda: pool.n_ready == made.n_workers, "workers")
            with httpx.Client(base_url=url_of(listener), timeout=PATIENCE_SECONDS) as client:
                yield Running(url_of(listener), app, server, loops[0], client)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "the server did not end"


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
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS)
        wait_until(lambda: self.client.get("/readyz").status_code == 200, "readiness")

    def metric(self, name: str) -> float:
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def workers(self, n_workers: int = 1) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        found = [child for child in children if "emotrace.server.uploads.worker" in " ".join(child.cmdline())]
        assert len(found) == n_workers
        return found

    def stop(self) -> None:
        self.client.close()
        for child in psutil.Process(self.process.pid).children() if self.process.poll() is None else []:
            # One that a test has stopped could not end by itself.
            child.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
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
