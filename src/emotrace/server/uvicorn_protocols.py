"""The two protocols of uvicorn, with bounds that they lack.

Without them a thousand silent connections, one byte of a request's head every few seconds, or answers that nobody
takes would hold the server's files and memory for ever; and a client that sends audio faster than it can be heard
would be taken for dead.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from emotrace.server.problems import MEDIA_TYPE, Problem
from emotrace.server.service import Service

HEAD_SECONDS = 15.0
"""So long the head of a request may take."""

STALLED_SECONDS = 15.0
"""A client that takes nothing of its answer for so long is given up."""

LINGER_SECONDS = 5.0
"""So long the client of a WebSocket that is over may take to read the rest, and to say goodbye."""


def bounded_http(service: Service, n_connections: int) -> type[asyncio.Protocol]:
    """Make the protocol class for a server that holds at most ``n_connections``, WebSockets included."""

    class Bounded(_BoundedHttpProtocol):
        _service = service
        _n_connections = n_connections

    return Bounded


class _BoundedHttpProtocol(H11Protocol):
    _service: Service
    _n_connections: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._n_connections:
            self._service.metrics.refused("connections")
            transport.write(_write(_full(self._n_connections)))
            transport.close()
        else:
            self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def send_400_response(self, msg: str) -> None:
        # Where an answer is under way, only the end of the connection can say that something is wrong.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_write(Problem(400, "no-http", f"this is no HTTP/1.1 request: {msg}")))
        self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._reader_timer is None:
            self._watch_reader(0)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch_head()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._unwatch_head()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _unwatch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _watch_reader(self, n_waiting: int) -> None:
        """See to it that the client takes its answer, of which ``n_waiting`` bytes were left a while ago."""
        self._reader_timer = None
        n_left = self.transport.get_write_buffer_size()
        if n_left and n_left == n_waiting:
            self._service.metrics.refused("slow_reader")
            self.transport.abort()
        elif n_left:
            self._reader_timer = self.loop.call_later(STALLED_SECONDS, self._watch_reader, n_left)


def _full(n_connections: int) -> Problem:
    detail = f"all {n_connections} connections are in use; try again in a moment"
    return Problem(503, "full-connections", detail, {"Retry-After": "1"})


def _write(problem: Problem) -> bytes:
    """Give the answer to what never became a request."""
    document = problem.to_dict(secrets.token_hex(8))
    body = json.dumps(document).encode()
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-ID": document["request_id"],
        "Connection": "close",
        **problem.headers,
    }
    lines = [f"HTTP/1.1 {problem.status} {document['title']}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that ends some seconds after its conversation, and not while its client is only slowed."""

    _heard_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Take what comes; whoever sends anything is alive."""
        self._heard_at = self.loop.time()
        super().data_received(data)
        if not self.handshake_initiated:
            # What comes first is a whole head: this one cannot be a WebSocket's.
            detail = "a WebSocket is opened by a GET request with a short address and few headers"
            self.transport.write(_write(Problem(400, "no-websocket", detail)))
            self.transport.close()

    def keepalive_timeout(self) -> None:
        """Give up a client that does not answer a ping, unless its answer stands behind audio not yet read."""
        if self.read_paused or self._heard_at > self.ping_sent_at:
            self.pong_timer = None
            self.pending_ping_payload = None
            self.schedule_ping()
        else:
            super().keepalive_timeout()
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    async def send(self, message: Any) -> None:
        """Send; a refusal, given in full, is as good as a handshake, and nothing to complain of in the log."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """Hold the conversation, and see to its end, whether the client has taken everything or not."""
        try:
            await super().run_asgi()
        finally:
            # Of a connection that is lost already nothing happens.
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)
