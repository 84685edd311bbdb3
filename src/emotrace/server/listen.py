"""Run the application: one socket, uvicorn, and an end that lets running work end first."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from emotrace.errors import EmotraceError
from emotrace.server.service import Service
from emotrace.server.settings import Settings
from emotrace.server.uvicorn_protocols import BoundedWebSocketProtocol, bounded_http

# What is still open when everything has drained: connections that are kept alive, or that nobody reads from.
_LEFTOVER_SECONDS = 1
_BACKLOG = 512
_WANTED_FILES = 8192
_SPARE_FILES = 64


def open_socket(settings: Settings) -> socket.socket:
    """Take the port, so that it is known to be free before anything is loaded.

    Raises
    ------
    EmotraceError
        If it is taken, is not ours to take, or the host is none of this machine's.
    """
    where = f"port {settings.port} of {settings.host}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Without its protocol asyncio would not know it for TCP, and let small answers wait for one another.
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError):
        raise EmotraceError(f"{settings.host} is no address of this machine; use 127.0.0.1 or 0.0.0.0") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two servers may both have bound the port by now, but only one of them can listen.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise EmotraceError(
            f"cannot listen on {where}: {reason}; choose another with --port, or --port 0 for any free one"
        ) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Give the address to call, with the port that was really taken."""
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listener: socket.socket, when_up: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return; a second SIGINT does not wait.

    Parameters
    ----------
    app
        Made by `emotrace.server.app.create_app`.
    listener
        Made by `open_socket`.
    when_up
        Called as soon as requests are answered.
    """
    # uvicorn raises the signal that ended it once more, for whoever asked before: here the end is a good one.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    make_server(app, when_up).run(sockets=[listener])


def make_server(app: FastAPI, when_up: Callable[[], None] | None = None) -> uvicorn.Server:
    """Give the server that `run` runs, for those who have a loop or a thread of their own."""
    settings: Settings = app.state.service.settings
    # Besides connections, uploads and workers need files.
    n_connections = min(settings.max_connections, _most_files() - settings.max_requests - _SPARE_FILES)
    config = uvicorn.Config(
        app,
        http=bounded_http(app.state.service, n_connections),
        ws=BoundedWebSocketProtocol,
        ws_max_size=settings.max_message_bytes,
        # Samples hardly compress, and unpacking costs memory that a client chooses.
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=_LEFTOVER_SECONDS,
        backlog=_BACKLOG,
    )
    return _Server(config, app.state.service, when_up)


class _Server(uvicorn.Server):
    """uvicorn's server, which drains before it shuts down."""

    def __init__(self, config: uvicorn.Config, service: Service, when_up: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._service = service
        self._when_up = when_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started and self._when_up is not None:
            self._when_up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what runs end; new requests are told to go elsewhere meanwhile."""
        draining = asyncio.ensure_future(self._service.drain())
        while not draining.done() and not self.force_exit:
            await asyncio.wait({draining}, timeout=0.1)
        draining.cancel()
        await super().shutdown(sockets)


def _most_files() -> int:
    """Give how many files may be open, after raising the soft limit, made for programs with few, if need be."""
    # Only where the server can run at all; elsewhere it has said so by now.
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _WANTED_FILES:
        soft = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(_WANTED_FILES, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _WANTED_FILES if soft == resource.RLIM_INFINITY else soft


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
