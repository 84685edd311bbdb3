"""The outermost layer: names each request, counts it, logs it, and lets nothing escape."""

from __future__ import annotations

import asyncio
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotrace.server.logs import LOGGER
from emotrace.server.metrics import Metrics
from emotrace.server.problems import Problem, unexpected

_CLIENT_GONE = 499
"""Status in logs and metrics of a request whose client did not wait for the answer."""

_ENDING = Problem(
    503, "draining", "the server is shutting down; ask another one, or again later", {"Retry-After": "5"}
)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Observer:
    """Layer that gives each request its identifier, and sees how it ends."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = _request_id(Headers(scope=scope))
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status, n_bytes = time.perf_counter(), 0, 0
        request_id = scope["state"]["request_id"]

        async def counting_receive() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            return message

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, counting_receive, noting_send)
        except ClientDisconnect:
            status = _CLIENT_GONE
        except asyncio.CancelledError:
            # The server ends, and has waited long enough.
            if status:
                raise
            await _ENDING.to_response(request_id)(scope, receive, noting_send)
        except Exception:
            LOGGER.exception("request failed", extra={"request_id": request_id})
            if not status:
                await unexpected().to_response(request_id)(scope, receive, noting_send)
            else:
                # Half an answer went out; only a lost connection tells the client that it is not whole.
                raise
        finally:
            self._note(scope, status or _CLIENT_GONE, time.perf_counter() - started, n_bytes)

    def _note(self, scope: Scope, status: int, seconds: float, n_bytes: int) -> None:
        # A path that is no route may be anything, and is neither logged nor counted by its name.
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.request(method, route, status, seconds, n_bytes)
        LOGGER.info(
            "request",
            extra={
                "request_id": scope["state"]["request_id"],
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "bytes": n_bytes,
                "audio_seconds": scope["state"].get("audio_seconds"),
            },
        )


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
