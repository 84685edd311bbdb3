"""Who is spoken to at all: calls by this server's own name, and not by other people's web pages.

A browser sends requests to 127.0.0.1 on behalf of any page: by a form, by a WebSocket, or by a host name that was
made to point there (DNS rebinding). The headers ``Host`` and ``Origin`` give it away.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from emotrace.server.metrics import Metrics
from emotrace.server.problems import Problem, deny_websocket, request_id_of
from emotrace.server.settings import Settings, is_loopback_host

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
            await deny_websocket(WebSocket(scope, receive, send), problem)

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


def is_host_allowed(headers: Headers, settings: Settings) -> bool:
    """Say whether the ``Host`` header is a name of this server.

    On the loopback interface only loopback names are, and ``settings.allowed_hosts``; elsewhere every name is,
    unless some are configured.
    """
    if not settings.is_loopback and not settings.allowed_hosts:
        return True
    name = _host_name(headers.get("host", ""))
    if name is None:
        return False
    return is_loopback_host(name) or name in {host.lower() for host in settings.allowed_hosts}


def is_origin_allowed(headers: Headers, settings: Settings) -> bool:
    """Say whether a request may have been made by the page that it comes from.

    Programs that are no browsers send neither ``Origin`` nor ``Sec-Fetch-Site`` and are allowed. A page is, if
    it is the server's own or its origin is one of ``settings.allowed_origins``.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    if origin in settings.allowed_origins:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
