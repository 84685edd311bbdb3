"""Hear one clip that lies in memory: in the server's workers, like any upload, and kept nowhere."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Mapping
from typing import Any

from emotrace.app.desk import Desk
from emotrace.server.uploads.workers import Answer

_PREDICT = {"task": "predict", "format": "json", "model": None, "channel": "mix", "window": None, "hop": None}


async def predict_clip(desk: Desk, audio: bytes, name: str, labels: str | None = None) -> dict[str, Any]:
    """Give the record of the one prediction for a whole clip, as ``emotrace predict --format json`` has it.

    Raises
    ------
    EmotraceError, ServiceFull, Problem
        What is wrong with the clip, or why it cannot be heard now: `emotrace.app.saying.HELD_AGAINST`.
    """
    desk.service.models.recogniser(None, labels)
    answer = await _ask(desk, {**_PREDICT, "labels": labels}, audio, name)
    record: dict[str, Any] = json.loads(answer.body)
    return record


async def encode_clip(desk: Desk, audio: bytes, name: str) -> tuple[bytes, float]:
    """Give a recording as `emotrace.server.uploads.clip.encode_clip` does; raises as `predict_clip`."""
    answer = await _ask(desk, {"task": "clip"}, audio, name)
    return answer.body, answer.audio_seconds


async def _ask(desk: Desk, job: Mapping[str, Any], audio: bytes, name: str) -> Answer:
    service = desk.service
    with service.requests.acquire(), tempfile.TemporaryFile(dir=desk.temporary) as file:
        file.write(audio)
        file.flush()
        file.seek(0)
        return await service.workers.run({**job, "name": name, "request_id": secrets.token_hex(8)}, file.fileno())
