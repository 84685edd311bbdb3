"""``/healthz`` and ``/readyz``: whether the server lives, and whether it should be sent work."""

from __future__ import annotations

from fastapi import APIRouter, Request

from emotrace.server.openapi import problem_responses
from emotrace.server.problems import Problem

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Is it alive?")
async def healthz() -> dict[str, str]:
    """Say that the server answers; nothing else is looked at."""
    return {"status": "alive"}


@router.get("/readyz", summary="May it be sent work?", responses=problem_responses(503))
async def readyz(request: Request) -> dict[str, str]:
    """Say that models are loaded, a worker is up and the server is not about to end; else 503 and the reason."""
    reason = request.app.state.service.why_not_ready()
    if reason is not None:
        raise Problem(503, "not-ready", reason, {"Retry-After": "1"})
    return {"status": "ready"}
