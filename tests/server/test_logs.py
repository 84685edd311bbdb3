"""Logs: one JSON line per request, and nothing of what was said, named or heard."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from tests.server.servers import Running, wait_until
from tests.server.test_routes import problem

from emotrace.server.logs import LOGGER, JsonFormatter, write_logs
from emotrace.server.uploads.answer import answer_upload


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as `write_logs` sets it up."""
    stream = io.StringIO()
    root, loggers = logging.getLogger(), [LOGGER, logging.getLogger("uvicorn.error")]
    handlers, levels = root.handlers[:], [each.level for each in loggers]
    write_logs(stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def lines_of(log: io.StringIO, *request_ids: str) -> list[dict[str, Any]]:
    """Give the lines of some requests, once all have come: a request is logged when it has been answered."""
    found: list[dict[str, Any]] = []

    def have_come() -> bool:
        found[:] = (json.loads(line) for line in log.getvalue().splitlines())
        found[:] = (line for line in found if line["request_id"] in request_ids)
        return len([line for line in found if line["message"] == "request"]) == len(request_ids)

    wait_until(have_come, "the log")
    return found


def test_one_line_per_request(running: Running, clip: bytes, log: io.StringIO) -> None:
    secret = "my-own-voice"
    running.client.post(
        "/v1/predict",
        files={"file": (f"{secret}.wav", clip)},
        headers={"X-Request-ID": "r-1", "X-API-Key": secret},
    )
    running.client.post(
        "/v1/predict",
        files={"file": (f"{secret}.wav", b"no audio")},
        params={"labels": "call4"},
        headers={"X-Request-ID": "r-2"},
    )
    running.client.get(f"/v1/{secret}", params={"q": secret}, headers={"X-Request-ID": "r-3"})
    first, second, third = lines_of(log, "r-1", "r-2", "r-3")
    assert first.pop("ms") > 0
    assert first.pop("bytes") > len(clip)
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "info",
        "message": "request",
        "request_id": "r-1",
        "method": "POST",
        "route": "/v1/predict",
        "status": 200,
        "audio_seconds": 4.0,
    }
    assert (second["status"], second["audio_seconds"]) == (422, None)
    assert (third["route"], third["status"]) == ("none", 404)
    assert secret not in log.getvalue()
    assert "anger" not in log.getvalue()


def test_what_is_unexpected_is_told_to_the_log_only(
    running: Running, clip: bytes, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(running.service.models, "recogniser", fail)
    response = running.client.post("/v1/predict", content=clip)
    assert problem(response, 500, "internal") == "the server failed; its log says more under this request_id"
    failure, request = lines_of(log, response.headers["x-request-id"])
    assert failure["level"] == "error"
    assert failure["exception"] == "RuntimeError"
    assert any(answer_upload.__code__.co_filename in place for place in failure["where"])
    assert failure["request_id"] == request["request_id"] == response.headers["x-request-id"]
    assert request["status"] == 500
    assert "secret" not in log.getvalue() + response.text


def test_whatever_is_logged_is_one_line_of_json() -> None:
    record = logging.makeLogRecord({"msg": "a\nb %s", "args": ("c\u2028",), "odd": object(), "levelname": "INFO"})
    (line,) = JsonFormatter().format(record).splitlines()
    assert json.loads(line)["message"] == "a\nb c\u2028"


def test_whoever_else_speaks_speaks_json(log: io.StringIO) -> None:
    logging.getLogger("asyncio").error("task failed", exc_info=ZeroDivisionError("the secret of the house"))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something is odd", UserWarning, stacklevel=1)
    failed, odd = (json.loads(line) for line in log.getvalue().splitlines())
    assert (failed["message"], failed["exception"]) == ("task failed", "ZeroDivisionError")
    assert "something is odd" in odd["message"]
    assert "secret" not in log.getvalue()
