"""Who is spoken to at all: calls by this server's own name, and not by other people's web pages."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from emotrace.server.auth import is_host_allowed, is_origin_allowed
from emotrace.server.metrics import Metrics
from emotrace.server.problems import Problem, request_id_of
from emotrace.server.settings import Settings

# Reading changes nothing, and no page of another origin is given to see what is read.
_HARMLESS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Layer that refuses foreign ``Host`` names, and requests and WebSockets made by foreign web pages."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in."""
        problem = self._judge(scope) if scope["type"] in ("http", "websocket") else None
        if problem is None:
            await self._app(scope, receive, send)
            return
        self._metrics.refused(problem.kind)
        if scope["type"] == "http":
            await problem.to_response(request_id_of(scope))(scope, receive, send)
        else:
            # Before it is accepted: the client sees HTTP 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def _judge(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        if not is_host_allowed(headers, self._settings):
            return Problem(
                421,
                "host",
                "this server does not go by the name in the Host header; call it by its address, or start it with "
                "--allow-host NAME",
            )
        is_harmless = scope["type"] == "http" and scope["method"] in _HARMLESS
        if not is_harmless and not is_origin_allowed(headers, self._settings):
            return Problem(
                403,
                "origin",
                "web pages of other origins may not use this server; start it with --allow-origin ORIGIN if this "
                "one may",
            )
        return None
