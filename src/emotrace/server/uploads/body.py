"""Bodies of requests: counted while they come, given up when they stall, and never left half read."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotrace.server.metrics import Metrics
from emotrace.server.problems import Problem
from emotrace.server.settings import Settings

# A client that is refused while it still sends would lose the answer if the connection were cut at once (the
# system then throws away what has arrived on its side): what it sends is thrown away here instead, for a while.
_LINGER_IDLE_SECONDS, _LINGER_SECONDS = 2.0, 15.0


class BodyGuard:
    """Layer that bounds every body: 413 as soon as it is too large, 408 when it stalls or takes too long."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(Headers(scope=scope), receive, send, self._settings, self._metrics)
        await self._app(scope, body.receive, body.send)


class _Body:
    def __init__(
        self, headers: Headers, receive: Receive, send: Send, settings: Settings, metrics: Metrics
    ) -> None:
        declared = headers.get("content-length", "")
        self._declared = int(declared) if declared.isdecimal() else 0
        self._is_complete = not self._declared and "transfer-encoding" not in headers
        self._is_silent = headers.get("expect", "").lower() == "100-continue"
        self._receive, self._send = receive, send
        self._settings, self._metrics = settings, metrics
        self._n_bytes = 0
        self._deadline = asyncio.get_running_loop().time() + settings.max_upload_seconds

    async def receive(self) -> Message:
        """Give the next piece; raise `Problem` if there is too much, or it comes too slowly."""
        if self._is_complete:
            return await self._receive()
        self._refuse_too_large(self._declared)
        self._is_silent = False
        left = self._deadline - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), min(left, self._settings.upload_idle_seconds))
        except asyncio.TimeoutError:
            self._is_silent = True
            self._metrics.refused("stalled")
            raise self._stalled(left) from None
        self._note(message)
        self._refuse_too_large(self._n_bytes)
        return message

    async def send(self, message: Message) -> None:
        """Send an answer; if the request is still under way, throw the rest of it away and hang up then."""
        if self._is_complete:
            await self._send(message)
        elif message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
            await self._send(message)
        elif message.get("more_body"):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body", "body": b""})

    async def _linger(self) -> None:
        # Who waits to be told to go on (or has stalled) sends nothing.
        if self._is_silent:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _LINGER_SECONDS
        while not self._is_complete:
            left = min(_LINGER_IDLE_SECONDS, deadline - loop.time())
            try:
                self._note(await asyncio.wait_for(self._receive(), left))
            except asyncio.TimeoutError:
                return

    def _stalled(self, left: float) -> Problem:
        settings = self._settings
        if left > settings.upload_idle_seconds:
            detail = f"nothing came for {settings.upload_idle_seconds:g} s; send the upload again"
        else:
            detail = f"the upload took more than {settings.max_upload_seconds:g} s; send fewer bytes, say as FLAC"
        return Problem(408, "stalled", detail)

    def _note(self, message: Message) -> None:
        self._n_bytes += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)

    def _refuse_too_large(self, n_bytes: int) -> None:
        most = self._settings.max_body_bytes
        if n_bytes > most:
            self._metrics.refused("too_large")
            raise Problem(
                413,
                "too-large",
                f"the body is larger than {most:,} bytes; send a shorter recording, or one as FLAC, Ogg or MP3",
            )
