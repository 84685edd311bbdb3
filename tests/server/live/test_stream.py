from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from tests.server.conftest import KEY
from tests.server.live.clients import (
    Messages,
    check_against_document,
    converse,
    of_type,
    receive_all,
    run,
)
from tests.server.servers import Running, serving
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

import emotrace
from emotrace.calls.rules import RuleEngine, load_rules
from emotrace.hear.session import Session
from emotrace.hear.smoothing import Smoothing

RATE = 16_000
CLIENT = Path(__file__).parents[3] / "examples" / "stream_client.py"
CLOSE = '{"type": "close"}'
KEEP_ALIVE = '{"type": "keepalive"}'

Signal = NDArray[np.float32]


@pytest.fixture
def server(running: Running) -> Running:
    return running


@pytest.fixture(scope="module")
def talk(caller: Signal) -> Signal:
    """Six seconds of the demo call's caller, 16 kHz."""
    return caller[15 * RATE : 21 * RATE]


def pcm(signal: Signal) -> bytes:
    return np.round(signal * 32767).astype("<i2").tobytes()


def cut(data: bytes, n_bytes: int) -> list[bytes]:
    return [data[first : first + n_bytes] for first in range(0, len(data), n_bytes)]


def start(**keys: Any) -> str:
    return json.dumps({"type": "start", **keys})


def offline(data: bytes, sampling_rate: int = RATE, labels: str | None = None, **how: Any) -> Messages:
    """What a session gives that is pushed everything at once, as messages."""
    session = Session(emotrace.load(labels=labels), sampling_rate, **how)
    results = [*session.push(data), *session.close()]
    return [{"type": "result", **json.loads(json.dumps(result.to_dict()))} for result in results]


@pytest.mark.parametrize("n_bytes", [333, 6400, 100_000])
def test_results_are_those_of_a_session_however_the_audio_is_cut(
    server: Running, talk: Signal, n_bytes: int
) -> None:
    data = pcm(talk)
    messages, code, _ = run(converse(server.ws("/v1/stream"), *cut(data, n_bytes), CLOSE))
    assert code == 1000
    assert messages[0]["type"] == "ready"
    assert messages[1:-1] == offline(data)
    assert messages[-1] == {
        "type": "done",
        "duration": 6.0,
        "n_results": len(messages) - 2,
        "n_bytes_unfinished": 0,
    }
    check_against_document(messages, "stream")
    server.wait_until_free()


def test_ready_says_how_it_hears(server: Running) -> None:
    messages, _, _ = run(converse(server.ws("/v1/stream"), start(sampling_rate=8000, labels="call4"), CLOSE))
    ready = messages[0]
    assert (
        ready.items()
        >= {
            "sampling_rate": 8000,
            "encoding": "s16le",
            "channels": 1,
            "channel": "mix",
            "model": "default",
            "labels": ["calm", "happiness", "sadness", "anger"],
            "emotrace": emotrace.__version__,
            "escalation": False,
            "smoothing": None,
        }.items()
    )
    session = Session(emotrace.load(), 8000)
    assert ready["latency_seconds"] == session.describe()["latency_seconds"] > 0
    assert ready["hop_seconds"] == session.describe()["hop_seconds"]
    check_against_document(messages, "stream")


@pytest.mark.parametrize("encoding", ["s16le", "f32le", "mulaw"])
def test_settings_are_those_that_were_asked_for(server: Running, talk: Signal, encoding: str) -> None:
    other = np.zeros_like(talk)
    stereo = np.stack([other, talk], axis=1)
    codes = {"s16le": pcm(stereo), "f32le": stereo.astype("<f4").tobytes(), "mulaw": b"\xff\x80" * talk.size}
    keys = {"encoding": encoding, "channels": 2, "channel": 1, "hop_seconds": 0.5, "window_seconds": 2.0}
    messages, code, _ = run(
        converse(server.ws("/v1/stream"), start(**keys), *cut(codes[encoding], 500_000), CLOSE)
    )
    how = {"n_channels": 2, **{key: value for key, value in keys.items() if key != "channels"}}
    assert code == 1000
    assert of_type(messages, "result") == offline(codes[encoding], **how)


def test_the_query_says_the_same_as_a_start_and_bytes_are_enough(server: Running, talk: Signal) -> None:
    data = pcm(talk[::2])
    url = server.ws("/v1/stream?sampling_rate=8000&labels=call4&hop_seconds=1.5")
    messages, code, _ = run(converse(url, data, CLOSE))
    assert code == 1000
    assert messages[1:-1] == offline(data, 8000, "call4", hop_seconds=1.5)


def test_a_session_that_the_query_began_cannot_be_started_again(server: Running) -> None:
    messages, code, _ = run(converse(server.ws("/v1/stream?sampling_rate=8000"), start()))
    assert [message["type"] for message in messages] == ["ready", "error"]
    assert messages[1]["detail"].startswith("the session has started already")
    assert code == 1007


def test_interim_results_come_before_the_final_ones(server: Running, talk: Signal) -> None:
    data = pcm(talk)
    began = start(interim_seconds=0.25, smoothing=True)
    messages, _, _ = run(converse(server.ws("/v1/stream"), began, *cut(data, 3200), CLOSE))
    results = of_type(messages, "result")
    interim = [result for result in results if not result["is_final"]]
    finals = [result for result in results if result["is_final"]]
    assert len(interim) > 5
    assert finals == offline(data, smoothing=Smoothing())
    assert of_type(messages, "done")[0]["n_results"] == len(finals)
    check_against_document(messages, "stream")


def test_results_come_as_soon_as_they_can_be_given(server: Running, talk: Signal) -> None:
    """Only as much audio as the first hop and its look-ahead is sent, and its result is waited for."""
    session = Session(emotrace.load(), RATE)
    needed = session.describe()["hop_seconds"] + session.latency

    async def client() -> dict[str, Any]:
        async with connect(server.ws("/v1/stream")) as socket:
            await socket.send(start())
            await socket.send(pcm(talk[: round(needed * RATE)]))
            assert json.loads(await socket.recv())["type"] == "ready"
            result: dict[str, Any] = json.loads(await socket.recv())
            return result

    before = server.metric("emotrace_result_latency_seconds_count")[""]
    result = run(client())
    assert (result["start"], result["is_final"]) == (0.0, True)
    server.wait_until_free()
    assert server.metric("emotrace_result_latency_seconds_count")[""] == before + 1


def test_escalations_are_those_of_the_call_desk(server: Running, caller: Signal) -> None:
    data = pcm(caller[: 36 * RATE])
    messages, code, _ = run(
        converse(server.ws("/v1/stream"), start(labels="call4", escalation=True), *cut(data, 64_000), CLOSE)
    )
    session, engine = Session(emotrace.load(labels="call4"), RATE), RuleEngine(load_rules())
    told = [each for result in session.push(data) + session.close() for each in engine.push(result.prediction)]
    told += engine.close()
    assert code == 1000
    assert len(told) > 1
    expected = [{"type": "escalation", **each.to_dict(), "is_over": each.is_over} for each in told]
    assert of_type(messages, "escalation") == json.loads(json.dumps(expected))
    # Each is told right after the result that made it known, and not at the end.
    kinds = [message["type"] for message in messages]
    assert "result" in kinds[kinds.index("escalation") :]
    check_against_document(messages, "stream")


def test_labels_that_no_rule_can_hold_with_are_refused(server: Running) -> None:
    messages, code, _ = run(
        converse(server.ws("/v1/stream"), start(labels=["calm", "happiness"], escalation=True))
    )
    assert code == 1007
    assert "not among the labels in use (calm, happiness)" in messages[0]["detail"]


def test_what_is_left_of_a_sample_is_told(server: Running) -> None:
    messages, _, _ = run(converse(server.ws("/v1/stream"), start(channels=2), b"\0" * 4_003, CLOSE))
    assert messages[-1]["n_bytes_unfinished"] == 3
    assert messages[-1]["duration"] == pytest.approx(1000 / RATE, abs=1e-3)


def test_a_socket_may_be_closed_before_anything_is_said(server: Running) -> None:
    messages, code, _ = run(converse(server.ws("/v1/stream"), KEEP_ALIVE, CLOSE))
    assert [message["type"] for message in messages] == ["ready", "done"]
    assert code == 1000


def test_two_sessions_do_not_mix(server: Running, talk: Signal) -> None:
    ones, others = pcm(talk), pcm(talk[::-1].copy())

    async def client() -> Any:
        url = server.ws("/v1/stream")
        return await asyncio.gather(*(converse(url, *cut(data, 3200), CLOSE) for data in (ones, others) * 2))

    answers = run(client())
    expected = [offline(ones), offline(others)] * 2
    assert [of_type(messages, "result") for messages, _, _ in answers] == expected
    assert len({messages[0]["session"] for messages, _, _ in answers}) == 4


async def refusal(url: str, **how: Any) -> tuple[int, str]:
    """Give the status and the sentence with which a WebSocket is refused before it is open."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, **how).__aenter__()
    response = refused.value.response
    assert response.headers["content-type"] == "application/problem+json"
    problem = json.loads(response.body or b"")
    assert problem["status"] == response.status_code
    return response.status_code, problem["detail"]


def test_a_key_is_needed_where_keys_are_configured(locked: Running) -> None:
    url = locked.ws("/v1/stream")
    for wrong in (url, url + "?api_key=wrong"):
        status, detail = run(refusal(wrong))
        assert status == 401
        assert detail.startswith("no API key that is known here; send `Authorization: Bearer KEY`")
    for headers in ({"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}):
        assert run(converse(url, CLOSE, additional_headers=headers))[1] == 1000
    assert run(converse(url + f"?api_key={KEY}", CLOSE))[1] == 1000
    locked.wait_until_free()


def test_foreign_pages_names_and_paths_are_refused_with_the_reason(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "emotrace.server")
    url = server.ws("/v1/stream")
    status, detail = run(refusal(url, origin="https://elsewhere.example"))
    assert (status, detail[:51]) == (403, "web pages of other origins may not use this server;")
    evil = f"ws://evil.example:{server.port}/v1/stream"
    status, detail = run(refusal(evil, host="127.0.0.1", port=server.port))
    assert (status, detail[:43]) == (421, "this server does not go by the name in the ")
    for path in ("/v1/strean", "/v1/predict", "/"):
        status, detail = run(refusal(server.ws(path)))
        assert (status, detail[:35]) == (404, "there is no WebSocket at this path;")
    for path in ("/v1/stream", "/v1/twilio", "/v1/calls/CA1"):
        response = server.client.get(path)
        assert response.status_code == 404
        assert response.json()["detail"].startswith("this is the address of a WebSocket: open it with ws://")
    # All that is in the log is that they were refused, and why.
    assert [record.reason for record in caplog.records if record.message == "websocket refused"] == [
        "origin",
        "host",
        *["not-found"] * 3,
    ]
    assert {record.levelname for record in caplog.records if record.name != "httpx"} == {"INFO"}


def test_counts_are_kept(server: Running, talk: Signal) -> None:
    names = ("streams_opened", "streams_closed", "audio_seconds", "results")

    def count() -> dict[str, float]:
        values = {name + key: v for name in names for key, v in server.metric(f"emotrace_{name}_total").items()}
        return {name: value for name, value in values.items() if 'kind="stream"' in name}

    server.wait_until_free()
    before = count()
    run(converse(server.ws("/v1/stream"), start(), *cut(pcm(talk), 32_000), CLOSE))
    run(converse(server.ws("/v1/stream"), "nonsense"))
    server.wait_until_free()
    grown = {name: pytest.approx(value - before.get(name, 0.0)) for name, value in count().items()}
    assert {name: value for name, value in grown.items() if value != 0} == {
        'streams_opened{kind="stream"}': 2.0,
        'streams_closed{code="1000",kind="stream"}': 1.0,
        'streams_closed{code="1003",kind="stream"}': 1.0,
        'audio_seconds{kind="stream"}': 6.0,
        'results{kind="stream"}': 6.0,
    }


def test_asyncapi_stands_beside_openapi(server: Running) -> None:
    response: httpx.Response = server.client.get("/asyncapi.json")
    assert response.json()["servers"]["this"]["host"] == f"127.0.0.1:{server.port}"
    assert "/v1/calls" in server.client.get("/openapi.json").json()["paths"]


def test_a_drain_flushes_says_why_and_closes(talk: Signal) -> None:
    data = pcm(talk)
    with serving(is_for_uploads=False) as server:

        async def client() -> Any:
            async with connect(server.ws("/v1/stream")) as socket:
                await socket.send(data)
                received = [json.loads(await socket.recv()) for _ in range(3)]
                server.drain()
                rest, code, reason = await receive_all(socket)
                return received + rest, code, reason

        messages, code, reason = run(client())
        assert (code, reason) == (1012, "the server is shutting down; connect again")
        assert of_type(messages, "result") == offline(data)
        assert [message["type"] for message in messages[-1:]] == ["done"]
        assert of_type(messages, "closing") == [
            {"type": "closing", "code": 1012, "reason": "the server is shutting down; connect again"}
        ]
        check_against_document(messages, "stream")
        server.wait_until_free()

        async def late() -> int:
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.ws("/v1/stream")).__aenter__()
            return int(refused.value.response.status_code)

        assert run(late()) == 503
        assert server.metric("emotrace_refusals_total") == {'{reason="draining"}': 1.0}


@pytest.mark.skipif(not CLIENT.exists(), reason="the examples are not here")
def test_the_example_talks_to_the_server(running: Running, locked: Running, talk: Signal, tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    soundfile.write(file, talk, RATE)

    def speak(server: Running, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            str(CLIENT),
            str(file),
            "--speed",
            "0",
            "--url",
            server.ws("/v1/stream"),
            *options,
        ]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
        )

    done = speak(running, "--labels", "call4")
    assert (done.returncode, done.stderr) == (0, "")
    first, *results, last = done.stdout.splitlines()
    assert first == "default: calm, happiness, sadness, anger; latency 0.50 s"
    assert last == "6 results of 6.00 s"
    assert len(results) == 6
    refused = speak(locked)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("stream_client: no API key that is known here;")
    assert speak(locked, EMOTRACE_API_KEY=KEY).returncode == 0
    wrong = speak(running, "--labels", "cal4")
    assert wrong.returncode == 1
    assert "no label preset named 'cal4'; did you mean 'call4'?" in wrong.stderr
