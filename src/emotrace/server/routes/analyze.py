"""``POST /v1/analyze``: the emotion timeline of a recording."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from emotrace.server.auth import require_key
from emotrace.server.openapi import UPLOAD_BODY, UPLOAD_STATUSES, problem_responses, report_response
from emotrace.server.uploads.answer import AnalyzeOptions, answer_upload

router = APIRouter(tags=["hearing"], dependencies=[Depends(require_key)])


@router.post(
    "/v1/analyze",
    summary="Give the timeline of a recording",
    response_class=Response,
    responses={200: report_response("analyze"), **problem_responses(*UPLOAD_STATUSES)},
    openapi_extra=UPLOAD_BODY,
)
async def analyze(request: Request, options: Annotated[AnalyzeOptions, Query()]) -> Response:
    """Say what is felt when, where nobody speaks, and how sure that is; nothing of the recording is kept.

    `curl -F file=@call.flac 'http://127.0.0.1:8765/v1/analyze?channel=each&format=vtt'`
    """
    return await answer_upload(request, "analyze", options)
