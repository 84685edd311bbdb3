"""What no page but the app's own may do with it, and what Gradio could do that the app never needs."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotrace.app.desk import PATH

_NOTHING_FETCHED = "the app fetches nothing from elsewhere"
# Gradio hands out what lies at other addresses, or fetches it: nothing here asks anybody outside for anything.
_OUTSIDE = re.compile(r"/gradio_api/(file=\W*(https?|ftp)\W|proxy=)", re.IGNORECASE)
_ADDRESS = re.compile(r"\W*(https?|ftp):", re.IGNORECASE)
_MOST_BYTES = 16_000_000
"""Of a question to the app; recordings are uploaded in another way, with a limit of its own."""
_FRAMING = {"Content-Security-Policy": "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"}


class AppGuard:
    """Layer around the app: 403 for other sites' pages and for addresses outside, and no frames elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is the app's own."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PATH}/"):
            await self._app(scope, receive, send)
            return
        refusal, receive = await _look(scope, receive)
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _FRAMING.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, framed)


async def _look(scope: Scope, receive: Receive) -> tuple[PlainTextResponse | None, Receive]:
    """Give a refusal, or what hands on the question that was looked at."""
    why = _why_not(scope["path"], Headers(scope=scope))
    if why is not None:
        return PlainTextResponse(why, 403), receive
    if scope["method"] != "POST" or scope["path"].endswith("/upload"):
        return None, receive
    body = await _read(receive)
    if body is None:
        return PlainTextResponse(f"a question may have {_MOST_BYTES:,} bytes at most", 413), receive
    if _names_address(body):
        return PlainTextResponse(_NOTHING_FETCHED, 403), receive
    return None, _again(body, receive)


def _why_not(path: str, headers: Headers) -> str | None:
    if _OUTSIDE.search(path) or _OUTSIDE.search(unquote(path)):
        return _NOTHING_FETCHED
    is_foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
    # Following a link from anywhere to the page itself is no harm.
    is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if is_foreign and not is_visit:
        return "pages of other sites may not use the app"
    return None


async def _read(receive: Receive) -> bytes | None:
    """Read a question's body; None if it is too long."""
    body, is_left = b"", True
    while is_left:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if len(body) > _MOST_BYTES:
            return None
        is_left = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Give what hands on a body that was read already, and after it whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def hand_on() -> Message:
        return messages.pop() if messages else await receive()

    return hand_on


def _names_address(body: bytes) -> bool:
    """Tell whether a question gives an address for a file, which Gradio would fetch."""
    try:
        left = [json.loads(body)]
    except RecursionError:
        return True
    except ValueError:
        return False
    while left:
        value = left.pop()
        if isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and _ADDRESS.match(path):
                return True
            left += value.values()
        elif isinstance(value, list):
            left += value
    return False
