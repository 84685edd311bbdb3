"""Structured logs: one JSON object per line and request, with nothing in it that was said, named or heard."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
import traceback
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotrace.server.problems import Problem, unexpected

if TYPE_CHECKING:
    from emotrace.server.metrics import Metrics

LOGGER = logging.getLogger("emotrace.server")

_CLIENT_GONE = 499
"""Status in logs and metrics of a request whose client did not wait for the answer."""

_ENDING = Problem(
    503, "draining", "the server is shutting down; ask another one, or again later", {"Retry-After": "5"}
)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """One log record as one line of JSON: time (UTC), level, message, and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line. Of an exception it tells the kind and place, not the words, which may be a client's."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _ORDINARY},
        }
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = record.exc_info[0].__name__
            entry["where"] = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(record.exc_info[2])]
        return json.dumps(entry, default=str)


def write_logs(stream: TextIO, level: int = logging.INFO) -> None:
    """Let this server's and uvicorn's loggers write JSON lines to ``stream``."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    for name, least in (("emotrace.server", level), ("uvicorn.error", max(level, logging.WARNING))):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(least)


class Observer:
    """Outermost layer: gives each request its identifier, counts it, logs it, and lets nothing escape."""

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


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
