"""What no page but the app's own may do with it, and what Gradio could do that the app never needs."""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotrace.app.desk import PATH

# Gradio hands out what lies at other addresses, or fetches it: nothing here asks anybody outside for anything.
_OUTSIDE = re.compile(r"/gradio_api/(file=\W*(https?|ftp)\W|proxy=)", re.IGNORECASE)
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
        why = _why_not(scope["path"], Headers(scope=scope))
        if why is not None:
            await PlainTextResponse(why, 403)(scope, receive, send)
            return

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _FRAMING.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, framed)


def _why_not(path: str, headers: Headers) -> str | None:
    if _OUTSIDE.search(path) or _OUTSIDE.search(unquote(path)):
        return "the app fetches nothing from elsewhere"
    is_foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
    # Following a link from anywhere to the page itself is no harm.
    is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if is_foreign and not is_visit:
        return "pages of other sites may not use the app"
    return None
