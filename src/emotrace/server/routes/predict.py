"""``POST /v1/predict``: one emotion for one clip."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from emotrace.server.auth import require_key
from emotrace.server.openapi import UPLOAD_BODY, UPLOAD_STATUSES, problem_responses, report_response
from emotrace.server.uploads.answer import PredictOptions, answer_upload

router = APIRouter(tags=["hearing"], dependencies=[Depends(require_key)])


@router.post(
    "/v1/predict",
    summary="Name the emotion of a clip",
    response_class=Response,
    responses={200: report_response("predict"), **problem_responses(*UPLOAD_STATUSES)},
    openapi_extra=UPLOAD_BODY,
)
async def predict(request: Request, options: Annotated[PredictOptions, Query()]) -> Response:
    """Give one prediction for a clip of at most ten minutes; nothing of it is kept.

    `curl -F file=@clip.wav http://127.0.0.1:8765/v1/predict`
    """
    return await answer_upload(request, "predict", options)
