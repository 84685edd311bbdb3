"""What `/v1/predict` and `/v1/analyze` have in common: a recording in, a report out."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from emotrace.errors import UsageError
from emotrace.server.problems import request_id_of
from emotrace.server.service import Service
from emotrace.server.uploads.accept import choose_format
from emotrace.server.uploads.formats import Task, media_type
from emotrace.server.uploads.receive import receive_upload, while_connected
from emotrace.server.uploads.workers import Answer

_LONGEST_HEADER = 1000


class PredictOptions(BaseModel):
    """The query of ``/v1/predict``."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        None, description="One of `GET /v1/models`; else the default one.", examples=["default"]
    )
    labels: str | None = Field(
        None,
        description="A preset (`big6+neutral`, `call4`, `shared4`, `all` ...) or emotions joined by commas.",
        examples=["call4"],
    )
    channel: str = Field("mix", description="`mix` of all channels, or one, counted from 0.", examples=["0"])
    format: str | None = Field(
        None,
        description="`json`, `jsonl`, `csv` or `table`; else what `Accept` says, else JSON.",
        examples=["csv"],
    )


class AnalyzeOptions(PredictOptions):
    """The query of ``/v1/analyze``."""

    channel: str = Field(
        "mix", description="`mix` of all channels, one counted from 0, or `each`.", examples=["each"]
    )
    format: str | None = Field(
        None,
        description="`json`, `jsonl`, `csv`, `table`, `rttm`, `textgrid`, `audacity`, `vtt` or `emotionml`; else "
        "what `Accept` says, else JSON.",
        examples=["vtt"],
    )
    window: float | None = Field(None, description="Seconds heard at once; else the model's.", examples=[3.0])
    hop: float | None = Field(None, description="Seconds between predictions; else the model's.", examples=[1.5])


async def answer_upload(request: Request, task: Task, options: PredictOptions) -> Response:
    """Hear an upload in a worker and answer with the report.

    All that can be refused is refused before the body is read.

    Raises
    ------
    EmotraceError, Problem, ServiceFull
        What is wrong with the options or the recording, or that there is no place.
    """
    service: Service = request.app.state.service
    service.refuse_when_draining()
    job: dict[str, Any] = {
        "window": None,
        "hop": None,
        **options.model_dump(),
        "task": task,
        "channel": parse_channel(options.channel, task),
        "format": choose_format(options.format, request.headers.get("accept"), task),
    }
    service.models.recogniser(options.model, options.labels).engine(job["window"], job["hop"])
    with service.requests.acquire():
        service.workers.refuse_if_full()
        async with receive_upload(request) as upload:
            job |= {"name": upload.name, "request_id": request_id_of(request.scope)}
            work = service.workers.run(job, upload.file)
            answer = await while_connected(request, work)
    request.state.audio_seconds = round(answer.audio_seconds, 3)
    service.metrics.audio_seconds(answer.audio_seconds)
    service.metrics.results(answer.n_predictions)
    return Response(answer.body, headers=_warnings(answer), media_type=media_type(job["format"]))


def parse_channel(text: str, task: Task) -> int | Literal["mix", "each"]:
    """Read a channel: a number counted from 0, ``mix``, or for timelines ``each``.

    >>> parse_channel("1", "predict"), parse_channel("each", "analyze")
    (1, 'each')
    """
    if text == "mix":
        return "mix"
    if text == "each" and task == "analyze":
        return "each"
    # A longer one is no channel of anything, and may be too long even for a number.
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        words = "mix, each" if task == "analyze" else "mix"
        raise UsageError(f"channel is {text[:40]!r}; it must be {words} or a number counted from 0")
    return int(text)


def _warnings(answer: Answer) -> dict[str, str]:
    """Give what is odd about a recording as a header, in the letters that a header may have."""
    text = "; ".join(answer.warnings).encode("ascii", "backslashreplace").decode()
    plain = "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_HEADER]
    return {"Emotrace-Warning": plain} if plain else {}
