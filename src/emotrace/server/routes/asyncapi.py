"""``/asyncapi.json``: the document of the live doors, beside ``/openapi.json``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from emotrace.server.live.asyncapi import asyncapi_document

router = APIRouter()


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi(request: Request) -> dict[str, Any]:
    """Describe the WebSockets of this server, as AsyncAPI 3.0."""
    return asyncapi_document(request.url.netloc, "wss" if request.url.scheme == "https" else "ws")
