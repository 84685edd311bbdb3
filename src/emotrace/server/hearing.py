"""What `/v1/predict` and `/v1/analyze` have in common: a recording in, a report out."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Request
from starlette.responses import Response

from emotrace.errors import UsageError
from emotrace.server.formats import Task, choose_format, media_type
from emotrace.server.service import Service
from emotrace.server.uploads import receive_upload, while_connected
from emotrace.server.workers import Answer

_LONGEST_HEADER = 1000


async def answer_upload(
    request: Request,
    task: Task,
    *,
    model: str | None,
    labels: str | None,
    channel: str,
    format: str | None,
    window: float | None = None,
    hop: float | None = None,
) -> Response:
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
        "task": task,
        "model": model,
        "labels": labels,
        "channel": parse_channel(channel, task),
        "format": choose_format(format, request.headers.get("accept"), task),
        "window": window,
        "hop": hop,
    }
    service.models.recogniser(model, labels).engine(window, hop)
    with service.requests.acquire():
        service.workers.refuse_if_full()
        async with receive_upload(request) as upload:
            work = service.workers.run({**job, "name": upload.name}, upload.file)
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
        raise UsageError(f"channel is '{text[:40]}'; it must be {words} or a number counted from 0")
    return int(text)


def _warnings(answer: Answer) -> dict[str, str]:
    """Give what is odd about a recording as a header, in the letters that a header may have."""
    text = "; ".join(answer.warnings).encode("ascii", "backslashreplace").decode()
    plain = "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_HEADER]
    return {"Emotrace-Warning": plain} if plain else {}
