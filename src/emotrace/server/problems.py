"""Every error is an ``application/problem+json`` document (RFC 9457): a line for people, a word for programs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.websockets import WebSocket, WebSocketDisconnect

from emotrace.errors import AudioError, DecodeError, EmotraceError, LimitError, MissingExtraError, UsageError
from emotrace.server.limits import ServiceFull
from emotrace.server.logs import LOGGER

MEDIA_TYPE = "application/problem+json"
ANYTHING = "/{path:path}"
"""The path of what no route is for."""

_TYPE = "urn:emotrace:problem:"
_INTERNAL = 500

# The first that an error is an instance of; all else is the server's own fault, and its words stay here.
_STATUS_OF_ERRORS: tuple[tuple[type[EmotraceError], int, str], ...] = (
    (DecodeError, 422, "not-decodable"),
    (MissingExtraError, 415, "unsupported-format"),
    (LimitError, 413, "too-large"),
    (AudioError, 422, "unusable-audio"),
    (UsageError, 422, "wrong-usage"),
)


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An answer that is not the one that was asked for.

    Parameters
    ----------
    status
        HTTP status, 400 to 599.
    kind
        What programs go by: the end of the problem's type URI.
    detail
        One line: what is wrong, what is allowed, what to do.
    headers
        To send along.
    """

    def __init__(self, status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        # A client's words may stand in it: they must not make two lines of one.
        self.detail = " ".join(detail.split())
        super().__init__(self.detail)
        self.status = status
        self.kind = kind
        self.headers = dict(headers or {})

    def to_dict(self, request_id: str) -> dict[str, Any]:
        """Give the document."""
        return {
            "type": _TYPE + self.kind,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }

    def to_response(self, request_id: str) -> Response:
        """Give the answer."""
        return Response(
            json.dumps(self.to_dict(request_id), ensure_ascii=False, indent=1) + "\n",
            self.status,
            self.headers,
            MEDIA_TYPE,
        )


def problem_of_error(kind: type[EmotraceError], message: str) -> Problem:
    """Say a user's mistake as a problem; what is not one becomes `unexpected`, without its words."""
    for known, status, name in _STATUS_OF_ERRORS:
        if issubclass(kind, known):
            return Problem(status, name, message)
    return unexpected()


def unexpected() -> Problem:
    """Say that the server itself failed, and nothing more."""
    return Problem(_INTERNAL, "internal", "the server failed; its log says more under this request_id")


def problem_of_full(full: ServiceFull) -> Problem:
    """Say that there is no place."""
    kind = full.reason if full.reason == "draining" else f"full-{full.reason}"
    return Problem(503, kind, full.detail, {"Retry-After": str(full.retry_after_seconds)})


async def deny_websocket(websocket: WebSocket, problem: Problem) -> None:
    """Refuse a WebSocket before its upgrade: the client sees the HTTP status and the document."""
    request_id = request_id_of(websocket.scope)
    LOGGER.info("websocket refused", extra={"request_id": request_id, "reason": problem.kind})
    # The client may be gone.
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
        await websocket.send_denial_response(problem.to_response(request_id))


def request_id_of(scope: Mapping[str, Any]) -> str:
    """Give the identifier that `emotrace.server.logs` has given to a request."""
    return str(scope.get("state", {}).get("request_id", ""))


def add_handlers(app: FastAPI) -> None:
    """Let every error of a route become a problem."""

    async def answer_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.to_response(request_id_of(request.scope))

    async def answer_emotrace_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, EmotraceError)
        problem = problem_of_error(type(error), str(error))
        if problem.status == _INTERNAL:
            # What is not the client's fault is for the log: the outermost layer writes it.
            raise error
        return problem.to_response(request_id_of(request.scope))

    async def answer_full(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceFull)
        request.app.state.service.metrics.refused(error.reason)
        return problem_of_full(error).to_response(request_id_of(request.scope))

    async def answer_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _problem_of_http(request, error).to_response(request_id_of(request.scope))

    async def answer_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _problem_of_validation(error).to_response(request_id_of(request.scope))

    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(EmotraceError, answer_emotrace_error)
    app.add_exception_handler(ServiceFull, answer_full)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_invalid)


def _problem_of_http(request: Request, error: HTTPException) -> Problem:
    if error.status_code == 404:
        detail = "there is nothing at this path; see /docs for what there is"
        if _is_websocket(request):
            detail = "this is the address of a WebSocket: open it with ws:// or wss://; see /asyncapi.json"
        return Problem(404, "not-found", detail)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{request.method} is not possible here; allowed: {allowed or 'see /docs'}"
        return Problem(405, "method-not-allowed", detail, error.headers)
    return Problem(error.status_code, "http", " ".join(str(error.detail).split()), error.headers)


def _is_websocket(request: Request) -> bool:
    scope = {**request.scope, "type": "websocket"}
    routes = (route for route in request.app.routes if getattr(route, "path", "") != ANYTHING)
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


def _problem_of_validation(error: RequestValidationError) -> Problem:
    found = []
    for each in error.errors():
        name = each["loc"][-1] if each["loc"] else "request"
        is_unknown = each["type"] == "extra_forbidden"
        found.append(f"no parameter is named '{name}'; see /docs" if is_unknown else f"{name}: {each['msg']}")
    return Problem(422, "wrong-usage", "; ".join(found))
