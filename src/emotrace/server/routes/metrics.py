"""``/metrics``: what is counted, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from emotrace.server.auth import require_key
from emotrace.server.metrics import Metrics
from emotrace.server.openapi import problem_responses

router = APIRouter(tags=["operation"], dependencies=[Depends(require_key)])


@router.get(
    "/metrics",
    summary="Counters and latencies",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses(401)},
)
async def metrics(request: Request) -> Response:
    """Give all counters in the Prometheus text format."""
    counted: Metrics = request.app.state.service.metrics
    return Response(counted.render(), headers={"Content-Type": counted.content_type})
