"""What each route answers: the results of the library, in every format, and one clear line for every mistake."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator
from tests.cli.test_analyze import PREDICTION, TIMELINE
from tests.server.conftest import DEMO_CALL, RATE, wav_bytes
from tests.server.servers import Running, wait_until

import emotrace
from emotrace.labels import PRESETS

FORMATS = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "rttm": "text/plain; charset=utf-8",
    "textgrid": "text/plain; charset=utf-8",
    "audacity": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "table": "text/plain; charset=utf-8",
    "emotionml": "application/emotionml+xml",
}


def problem(response: httpx.Response, status: int, kind: str) -> str:
    """Give the sentence of a problem, which must be as RFC 9457 wants it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert set(document) == {"type", "title", "status", "detail", "request_id"}
    assert document["type"] == f"urn:emotrace:problem:{kind}"
    assert document["status"] == status
    assert document["request_id"] == response.headers["x-request-id"]
    assert len(document["detail"].splitlines()) == 1
    return str(document["detail"])


# -- results ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["form", "raw"])
def test_predict_says_what_the_library_says(running: Running, clip: bytes, way: str) -> None:
    if way == "form":
        response = running.client.post("/v1/predict", files={"file": ("clip.wav", clip)})
    else:
        response = running.client.post("/v1/predict", content=clip, headers={"Content-Type": "audio/wav"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    record = response.json()
    PREDICTION.validate(record)
    expected = emotrace.load().predict(io.BytesIO(clip)).to_dict()
    assert record == {**expected, "file": "clip.wav" if way == "form" else "upload"}


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of both sides of the demo call."""
    samples, rate = soundfile.read(DEMO_CALL, dtype="int16")
    path = tmp_path_factory.mktemp("call") / "call.flac"
    soundfile.write(path, samples[5 * rate : 25 * rate], rate)
    return path


@pytest.mark.parametrize("channel", ["mix", "1", "each"])
def test_analyze_says_what_the_library_says(running: Running, call: Path, channel: str) -> None:
    response = running.client.post(
        "/v1/analyze", params={"channel": channel}, files={"file": ("call.flac", call.read_bytes())}
    )
    document = response.json()
    TIMELINE.validate(document)
    recogniser = emotrace.load()
    expected = (
        recogniser.analyze_each(call)
        if channel == "each"
        else [recogniser.analyze(call, channel="mix" if channel == "mix" else int(channel))]
    )
    for heard, timeline in zip(document["channels"], expected, strict=True):
        assert heard["channel"] == timeline.channel
        assert heard["predictions"] == [{**p.to_dict(), "file": "call.flac"} for p in timeline.predictions]


def test_options_are_heeded(running: Running, clip: bytes) -> None:
    options = {"labels": "call4", "window": "2", "hop": "0.5", "model": "default"}
    document = running.client.post("/v1/analyze", params=options, content=clip).json()
    assert document["labels"] == list(PRESETS["call4"])
    assert document["settings"] == {"window_seconds": 2.0, "hop_seconds": 0.5}
    assert len(document["channels"][0]["predictions"]) == 8


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_timelines(running: Running, clip: bytes, name: str) -> None:
    response = running.client.post("/v1/analyze", params={"format": name}, files={"file": ("clip.wav", clip)})
    assert response.status_code == 200
    assert response.headers["content-type"] == FORMATS[name]
    _check_format(name, response.text)


def _check_format(name: str, text: str) -> None:
    beginnings = {
        "csv": "file,channel,start,end,emotion,",
        "rttm": "SPEAKER clip ",
        "textgrid": 'File type = "ooTextFile"',
        "vtt": "WEBVTT",
        "table": "clip.wav",
        "audacity": "0.",
    }
    if name == "json":
        TIMELINE.validate(json.loads(text))
    elif name == "jsonl":
        for line in text.splitlines():
            PREDICTION.validate(json.loads(line))
    elif name == "emotionml":
        assert ElementTree.fromstring(text).tag.endswith("emotionml")  # noqa: S314 - our own
    else:
        assert text.startswith(beginnings[name])


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "table"])
def test_every_format_of_clips(running: Running, clip: bytes, name: str) -> None:
    response = running.client.post("/v1/predict", params={"format": name}, content=clip)
    assert response.status_code == 200
    assert response.headers["content-type"] == FORMATS[name]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/vtt", "text/vtt; charset=utf-8"),
        ("text/html, application/*;q=0.5", "application/json"),
        ("text/csv;q=0.4, text/vtt;q=0.8, application/json;q=0", "text/vtt; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
    ],
)
def test_accept_chooses_the_format(running: Running, clip: bytes, accept: str, kind: str) -> None:
    response = running.client.post("/v1/analyze", content=clip, headers={"Accept": accept})
    assert response.headers["content-type"] == kind


def test_what_is_odd_about_a_recording_stands_in_a_header(running: Running, clip: bytes) -> None:
    response = running.client.post("/v1/predict", content=clip[: len(clip) // 2])
    assert response.status_code == 200
    assert "ends early" in response.headers["emotrace-warning"] or "header" in response.headers["emotrace-warning"]


def test_models(running: Running) -> None:
    (model,) = running.client.get("/v1/models").json()["models"]
    card = emotrace.load_bundle().card
    assert model["name"] == card.name
    assert model["is_default"] is True
    assert model["labels"] == list(card.labels)
    assert model["default_labels"] == list(card.shown_labels)
    assert model["sha256"] == card.files["model.onnx"]["sha256"]
    assert "call4" in model["presets"]
    assert "emov-db5" not in model["presets"]


# -- mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"format": "jsn"}, "no format for timelines named 'jsn'; did you mean 'json'?"),
        ({"chanel": "1"}, "no parameter is named 'chanel'; see /docs"),
        ({"channel": "left"}, "channel is 'left'; it must be mix, each or a number counted from 0"),
        ({"channel": "-1"}, "channel is '-1'; it must be"),
        ({"channel": "²"}, "channel is '²'; it must be"),
        ({"channel": "9" * 5000}, "channel is '9999"),
        ({"channel": "2"}, "clip.wav: no channel 2; it has 1 channel"),
        ({"labels": "callfour"}, "no label preset named 'callfour'"),
        ({"labels": "anger,sleepiness"}, "sleepiness"),
        ({"model": "large"}, "no model named 'large'; known: default"),
        ({"window": "nan"}, "0.1 <= hop <= window <= 60 seconds, got window nan"),
        ({"window": "1", "hop": "2"}, "0.1 <= hop <= window <= 60 seconds, got window 1, hop 2"),
        ({"hop": "soon"}, "hop: Input should be a valid number"),
    ],
)
def test_wrong_options(running: Running, clip: bytes, query: dict[str, str], sentence: str) -> None:
    response = running.client.post("/v1/analyze", params=query, files={"file": ("clip.wav", clip)})
    kind = "unusable-audio" if query == {"channel": "2"} else "wrong-usage"
    assert sentence in problem(response, 422, kind)


def test_each_is_for_timelines_only(running: Running, clip: bytes) -> None:
    response = running.client.post("/v1/predict", params={"channel": "each"}, content=clip)
    assert problem(response, 422, "wrong-usage") == (
        "channel is 'each'; it must be mix or a number counted from 0"
    )


def test_formats_of_timelines_are_none_of_clips(running: Running, clip: bytes) -> None:
    response = running.client.post("/v1/predict", params={"format": "rttm"}, content=clip)
    assert "no format for clips named 'rttm'" in problem(response, 422, "wrong-usage")


def test_accept_that_cannot_be_met(running: Running, clip: bytes) -> None:
    response = running.client.post("/v1/analyze", content=clip, headers={"Accept": "image/png"})
    assert "possible: application/json, " in problem(response, 406, "not-acceptable")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "upload: the file is empty (0 bytes); record or copy it again"),
        (b"this is no recording " * 50, "upload: not audio ("),
        (b"RIFF" + bytes(100), "upload: "),
        (wav_bytes(np.zeros(10)), "upload: only 0.000625 s long; at least 0.05 s are needed"),
    ],
)
def test_what_is_no_recording(running: Running, body: bytes, sentence: str) -> None:
    response = running.client.post("/v1/predict", content=body, headers={"Content-Type": "audio/wav"})
    assert problem(response, 422, "not-decodable").startswith(sentence)


def test_samples_that_are_no_numbers(running: Running) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.full(RATE, np.nan, np.float32), RATE, format="WAV", subtype="FLOAT")
    response = running.client.post("/v1/predict", content=stream.getvalue())
    assert "is nan, not a finite number" in problem(response, 422, "not-decodable")


def test_a_clip_longer_than_ten_minutes(running: Running) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(601 * 8000, np.int16), 8000, format="FLAC")
    response = running.client.post("/v1/predict", content=stream.getvalue())
    assert "too long for one emotion" in problem(response, 413, "too-large")


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=utf-8", "multipart/mixed; boundary=x"])
def test_bodies_that_cannot_be_recordings(running: Running, kind: str) -> None:
    response = running.client.post("/v1/predict", content=b"{}", headers={"Content-Type": kind})
    assert "is no recording; send its bytes as audio/*" in problem(response, 415, "unsupported-type")


def test_packed_bodies(running: Running, clip: bytes) -> None:
    response = running.client.post("/v1/predict", content=clip, headers={"Content-Encoding": "gzip"})
    assert "Content-Encoding is not supported" in problem(response, 415, "unsupported-encoding")


def test_what_curl_says_of_anything_is_accepted(running: Running, clip: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert running.client.post("/v1/predict", content=clip, headers=kind).status_code == 200


def test_wrong_forms(running: Running, clip: bytes) -> None:
    post = running.client.post
    response = post("/v1/predict", files={"audio": ("clip.wav", clip)})
    assert "no form field is named 'audio'" in problem(response, 422, "wrong-usage")
    response = post("/v1/predict", files={"file": ("clip.wav", clip)}, data={"labels": "call4"})
    assert "options stand in the query" in problem(response, 422, "wrong-usage")
    response = post("/v1/predict", files={"file": (None, clip)})
    assert "with curl: -F file=@recording.wav" in problem(response, 422, "wrong-usage")
    response = post("/v1/predict", files=[("file", ("a.wav", clip)), ("file", ("b.wav", clip))])
    assert "Too many files" in problem(response, 400, "bad-form")
    headers = {"Content-Type": "multipart/form-data"}
    assert "boundary" in problem(post("/v1/predict", content=clip, headers=headers), 400, "bad-form")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(post("/v1/predict", content=b"--y\r\n\r\n", headers=headers), 400, "bad-form")


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\temp\\clip.wav", "a\x00b\nc.wav", "x" * 500, ""])
def test_names_of_files_are_only_names(running: Running, clip: bytes, name: str) -> None:
    response = running.client.post("/v1/predict", files={"file": (name or " ", clip)})
    assert response.status_code == 200
    file = response.json()["file"]
    assert file.isprintable()
    assert len(file) <= 200
    assert "/" not in file
    assert "\\" not in file


@pytest.mark.parametrize("path", ["/v1", "/v1/predict/", "/../etc/passwd", "/v1/%00"])
def test_paths_that_are_nothing(running: Running, path: str) -> None:
    assert "nothing at this path" in problem(running.client.get(path), 404, "not-found")


def test_methods_that_are_not_possible(running: Running) -> None:
    response = running.client.get("/v1/predict")
    assert problem(response, 405, "method-not-allowed") == "GET is not possible here; allowed: POST"
    assert response.headers["allow"] == "POST"
    problem(running.client.request("BREW", "/v1/models"), 405, "method-not-allowed")


# -- what is said about the server -----------------------------------------------------------------------


def test_openapi_describes_every_route_with_examples(running: Running) -> None:
    document = running.client.get("/openapi.json").json()

    def validate(example: Any, schema: dict[str, Any]) -> None:
        Draft202012Validator({**schema, "components": document["components"]}).validate(example)

    assert document["openapi"].startswith("3.1")
    for path in ("/v1/predict", "/v1/analyze"):
        operation = document["paths"][path]["post"]
        assert set(operation["requestBody"]["content"]) >= {"multipart/form-data", "audio/*"}
        done = operation["responses"]["200"]["content"]["application/json"]
        validate(done["example"], done["schema"])
        for status in ("400", "401", "403", "406", "408", "413", "415", "421", "422", "500", "503", "504"):
            body = operation["responses"][status]["content"]["application/problem+json"]
            validate(body["example"], body["schema"])
            assert body["example"]["status"] == int(status)
        assert {"$ref": "#/components/schemas/HTTPValidationError"} not in _all_schemas(operation)
    assert {"/v1/models", "/v1/calls", "/healthz", "/readyz", "/metrics"} <= set(document["paths"])
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        for example in schema.get("examples", []):
            validate(example, schema)
    # Every tool can follow these, and there are no others.
    references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(document)))
    assert references == {f"#/components/schemas/{name}" for name in schemas}
    assert "$id" not in json.dumps(document)


def _all_schemas(operation: dict[str, Any]) -> list[Any]:
    return [c.get("schema") for r in operation["responses"].values() for c in r.get("content", {}).values()]


def test_docs_need_nothing_from_elsewhere(running: Running) -> None:
    response = running.client.get("/docs")
    assert running.client.get("/").text == response.text
    assert response.status_code == 200
    page = response.text
    assert "<script" not in page
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for word in ("/v1/predict", "/v1/analyze", "curl -F file=@clip.wav", running.url, "503"):
        assert word in page


def test_health(running: Running) -> None:
    assert running.client.get("/healthz").json() == {"status": "alive"}
    assert running.client.get("/readyz").json() == {"status": "ready"}


def test_metrics_count(running: Running, clip: bytes) -> None:
    registry = running.service.metrics.registry

    def value(name: str, **labels: str) -> float:
        return registry.get_sample_value(name, labels) or 0.0

    route = {"method": "POST", "route": "/v1/predict", "status": "200"}
    before = value("emotrace_requests_total", **route), value("emotrace_audio_seconds_total", kind="upload")
    assert running.client.post("/v1/predict", content=clip).status_code == 200
    # It is counted when it has been answered.
    wait_until(lambda: value("emotrace_requests_total", **route) == before[0] + 1, "the count")
    assert value("emotrace_audio_seconds_total", kind="upload") == pytest.approx(before[1] + 4.0)
    assert value("emotrace_workers_ready") == 1
    text = running.client.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=")
    assert "emotrace_request_seconds_bucket" in text.text


def test_request_ids(running: Running) -> None:
    given = running.client.get("/healthz", headers={"X-Request-ID": "call-17.a_B"})
    assert given.headers["x-request-id"] == "call-17.a_B"
    for insane in ("a b", "x" * 65, "<script>", 'a"b'):
        made = running.client.get("/healthz", headers={"X-Request-ID": insane}).headers["x-request-id"]
        assert made != insane
        assert made.isalnum()
