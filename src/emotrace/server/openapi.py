"""Pieces of the OpenAPI document: every error with its sentence, every format with an example."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from emotrace.server.live.phone_messages import CallStarted
from emotrace.server.live.protocol import Record
from emotrace.server.problems import MEDIA_TYPE, Problem
from emotrace.server.uploads.formats import Task, format_names, media_type

_REQUEST_ID = "5f2b8c90d1a34e67"

_PREDICTION: dict[str, Any] = {
    "file": "clip.wav",
    "channel": "mix",
    "start": 0.0,
    "end": 2.4,
    "emotion": "anger",
    "confidence": 0.8125,
    "uncertain": False,
    "probabilities": {"neutral": 0.1875, "anger": 0.8125},
    "derived": {"valence": -0.4144, "arousal": 0.4794},
    "speech_seconds": 1.92,
}

_EXAMPLES: dict[int, Problem] = {
    400: Problem(400, "bad-form", "the form cannot be read: Missing boundary in multipart."),
    401: Problem(401, "key", "no API key was given; send `Authorization: Bearer KEY` or `X-API-Key: KEY`"),
    403: Problem(
        403,
        "origin",
        "web pages of other origins may not use this server; start it with --allow-origin ORIGIN if this one may",
    ),
    406: Problem(
        406,
        "not-acceptable",
        "this cannot be given as the Accept header wants; possible: application/json, text/csv, text/plain",
    ),
    408: Problem(408, "stalled", "nothing came for 15 s; send the upload again"),
    413: Problem(
        413,
        "too-large",
        "the body is larger than 67,108,864 bytes; send a shorter recording, or one as FLAC, Ogg or MP3",
    ),
    415: Problem(
        415,
        "unsupported-type",
        "a body of type application/json is no recording; send its bytes as audio/* or application/octet-stream, "
        "or a form (multipart/form-data) with the field 'file'",
    ),
    421: Problem(
        421,
        "host",
        "this server does not go by the name in the Host header; call it by its address, or start it with "
        "--allow-host NAME",
    ),
    422: Problem(
        422, "not-decodable", "clip.wav: not audio (unknown format); give a recording such as wav, flac, ogg, mp3"
    ),
    500: Problem(500, "internal", "the server failed; its log says more under this request_id"),
    503: Problem(
        503,
        "full-queue",
        "all workers are busy and 32 uploads wait for them; try again in a moment",
        {"Retry-After": "2"},
    ),
    504: Problem(
        504, "too-slow", "not done within 120 s; send a shorter recording, or come when less is going on"
    ),
}

UPLOAD_STATUSES = (400, 401, 403, 406, 408, 413, 415, 421, 422, 500, 503, 504)
"""Everything that can go wrong with an upload."""

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The recording: as the field `file` of a form, or as the body itself. Its content decides "
        "how it is decoded (wav, flac, ogg, mp3 ...), not its name or type.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "audio/*": {"schema": {"type": "string", "format": "binary"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""What a route that takes a recording adds to its description."""


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors with these statuses."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        problem = _EXAMPLES[status]
        example = problem.to_dict(_REQUEST_ID)
        found[status] = {
            "description": example["title"],
            "content": {MEDIA_TYPE: {"schema": _ref("Problem"), "example": example}},
        }
        if status == 503:
            found[status]["headers"] = {
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
            }
    return found


def report_response(task: Task) -> dict[str, Any]:
    """Describe what a task answers, in all its formats."""
    kinds = (media_type(each).partition(";")[0] for each in format_names(task))
    return {
        "description": "The report, in the format that was asked for.",
        "content": {**{kind: {"schema": {"type": "string"}} for kind in kinds}, "application/json": _report(task)},
        "headers": {
            "X-Request-ID": {"description": "Identifier of the request.", "schema": {"type": "string"}},
            "Emotrace-Warning": {
                "description": "What is odd about the recording (ends early, clipped ...), where something is.",
                "schema": {"type": "string"},
            },
        },
    }


def complete_document(document: dict[str, Any]) -> None:
    """Add the schemas that are no records of Python, and put back what FastAPI leaves out: all that is null."""
    tasks: tuple[Task, ...] = ("predict", "analyze")
    for task in tasks:
        done = document["paths"][f"/v1/{task}"]["post"]["responses"]["200"]
        done["content"]["application/json"] = _report(task)
    schemas = document["components"]["schemas"]
    schemas["CallStarted"]["examples"] = _extra(CallStarted)["examples"]
    schemas.update(Problem=_PROBLEM_SCHEMA, Prediction=_read_schema("prediction"))
    timeline = _read_schema("timeline")
    schemas.update(Timeline=timeline, Channel=timeline.pop("$defs")["channel"])


_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `type` is for programs, `detail` is one line for people.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_REFERENCES = {"#/$defs/channel": "Channel", "urn:emotrace:schema:prediction": "Prediction"}


def _read_schema(name: str) -> dict[str, Any]:
    """Read a schema of the package, which stands for itself, as a part of the document."""
    schema = json.loads(files("emotrace.assets").joinpath(f"{name}.schema.json").read_text("utf-8"))
    return {key: value for key, value in _relink(schema).items() if key not in ("$schema", "$id")}


def _relink(part: Any) -> Any:
    if isinstance(part, list):
        return [_relink(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _ref(_REFERENCES[part["$ref"]])
    return {key: _relink(value) for key, value in part.items()}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _extra(record: type[Record]) -> dict[str, Any]:
    extra = record.model_config.get("json_schema_extra")
    assert isinstance(extra, dict)
    return dict(extra)


def _report(task: Task) -> dict[str, Any]:
    if task == "predict":
        return {"schema": _ref("Prediction"), "example": _PREDICTION}
    return {"schema": _ref("Timeline"), "example": _timeline()}


def _timeline() -> dict[str, Any]:
    first = {**_PREDICTION, "file": "call.flac", "end": 1.5, "speech_seconds": 1.31}
    second = {
        **first,
        "start": 1.5,
        "end": 3.0,
        "emotion": "no speech",
        "confidence": None,
        "probabilities": {},
        "derived": {"valence": None, "arousal": None},
        "speech_seconds": 0.0,
    }
    channel = {
        "channel": "mix",
        "duration": 3.0,
        "speech_seconds": 1.31,
        "speech": [[0.16, 1.47]],
        "predictions": [first, second],
    }
    return {
        "file": "call.flac",
        "model": "default",
        "labels": ["neutral", "anger"],
        "settings": {"window_seconds": 3.0, "hop_seconds": 1.5},
        "channels": [channel],
    }
