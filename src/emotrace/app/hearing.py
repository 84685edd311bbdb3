"""Hear a file that somebody gave to the app: in the server's workers, like any upload."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from emotrace.app.desk import Desk
from emotrace.app.saying import HELD_AGAINST, trouble


class Heard(NamedTuple):
    """A timeline document, as ``analyze --format json`` writes it, and what is odd about the recording."""

    document: dict[str, Any]
    warnings: tuple[str, ...]


async def hear(
    desk: Desk,
    path: str,
    model: str | None = None,
    labels: str | None = None,
    channel: int | Literal["mix", "each"] = "mix",
    on_read: Callable[[float], None] | None = None,
) -> Heard:
    """Give the timeline of the file at ``path``; tell ``on_read`` which share of it has been read.

    Raises
    ------
    gradio.Error
        With the one line that says what is wrong and what to do.
    """
    job = {
        "task": "analyze",
        "format": "json",
        "model": model,
        "labels": labels,
        "channel": channel,
        "window": None,
        "hop": None,
        "name": Path(path).name,
        "request_id": secrets.token_hex(8),
    }
    service = desk.service
    try:
        service.models.recogniser(model, labels)
        with service.requests.acquire(), Path(path).open("rb") as file:
            answer = await service.workers.run(job, file.fileno(), on_read)
    except HELD_AGAINST as error:
        raise trouble(error) from None
    return Heard(json.loads(answer.body), answer.warnings)
