"""Who may ask: those who have an API key, where keys are configured.

The server knows keys only by their SHA-256 (they are random and long, so that no slow hash is needed), and
compares them in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.websockets import WebSocket

from emotrace.errors import UsageError
from emotrace.server.problems import Problem

_PREFIX = "emotrace_"
_DIGEST = re.compile(r"[0-9a-f]{64}")

_bearer = HTTPBearer(auto_error=False, scheme_name="Bearer", description="`Authorization: Bearer KEY`")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="X-API-Key")


def new_key() -> tuple[str, str]:
    """Make a key of 256 random bits; give it and the SHA-256 to be kept in its place."""
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, hash_key(key)


def hash_key(key: str) -> str:
    """Give the SHA-256 of a key in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def read_key_file(path: Path) -> tuple[str, ...]:
    """Read SHA-256 digests, one a line; ``#`` begins a comment.

    Raises
    ------
    UsageError
        If the file cannot be read, holds no digest, or holds anything else, such as a plain key.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"--api-key-file {path} cannot be read: {reason}") from None
    digests = []
    for number, line in enumerate(lines, 1):
        digest = line.partition("#")[0].strip().lower()
        if digest and not _DIGEST.fullmatch(digest):
            # What stands there may be a key, and is not repeated.
            raise UsageError(
                f"--api-key-file {path}, line {number}: not a SHA-256 in hexadecimal; never keep a key itself: "
                "`emotrace serve --new-key` prints a key and the line for this file"
            )
        if digest:
            digests.append(digest)
    if not digests:
        raise UsageError(f"--api-key-file {path} holds no key; `emotrace serve --new-key` makes one")
    return tuple(dict.fromkeys(digests))


def is_key(key: str | None, digests: Sequence[str]) -> bool:
    """Say whether ``key`` is one of those known by their digests; as slow for a near miss as for any other."""
    digest = hash_key(key or "")
    matches = [hmac.compare_digest(digest, known) for known in digests]
    return key is not None and any(matches)


async def require_key(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> None:
    """Let only those ask who have a key; a dependency of HTTP routes.

    Raises
    ------
    Problem
        401 if keys are configured and the request has none of them.
    """
    service = request.app.state.service
    given = bearer.credentials if bearer is not None else header
    if service.settings.api_keys and not is_key(given, service.settings.api_keys):
        service.metrics.refused("key")
        what = "no API key was given" if given is None else "this API key is not known here"
        raise Problem(
            401,
            "key",
            f"{what}; send `Authorization: Bearer KEY` or `X-API-Key: KEY`",
            {"WWW-Authenticate": "Bearer"},
        )


def check_websocket_key(websocket: WebSocket) -> bool:
    """Say whether a WebSocket may be opened: by either header, or ``?api_key=`` (browsers can send no headers)."""
    digests = websocket.app.state.service.settings.api_keys
    if not digests:
        return True
    scheme, _, credentials = websocket.headers.get("authorization", "").partition(" ")
    given = credentials.strip() if scheme.lower() == "bearer" else None
    given = given or websocket.headers.get("x-api-key") or websocket.query_params.get("api_key")
    return is_key(given, digests)
