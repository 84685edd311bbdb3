"""The HTTP protocol of uvicorn, with two bounds it lacks: connections altogether, and the time a request's head
may take.

Without them a thousand silent connections, or one byte of a head every few seconds, would hold the server's
files for ever.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from emotrace.server.problems import MEDIA_TYPE, Problem
from emotrace.server.service import Service

_HEAD_SECONDS = 15.0


def bounded_protocol(service: Service, n_connections: int) -> type[asyncio.Protocol]:
    """Make the protocol class for a server that holds at most ``n_connections``, WebSockets included."""

    class Bounded(_BoundedProtocol):
        _service = service
        _n_connections = n_connections

    return Bounded


class _BoundedProtocol(H11Protocol):
    _service: Service
    _n_connections: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._n_connections:
            self._service.metrics.refused("connections")
            transport.write(_full_response(self._n_connections))
            transport.close()
        else:
            self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch_head()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._unwatch_head()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _unwatch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _full_response(n_connections: int) -> bytes:
    problem = Problem(
        503, "full-connections", f"all {n_connections} connections are in use; try again in a moment"
    )
    body = json.dumps(problem.to_dict("")).encode()
    head = (
        f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
        "Retry-After: 1\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
