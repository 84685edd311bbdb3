from __future__ import annotations

import asyncio
import json
import os
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.server.live.clients import (
    Messages,
    check_against_document,
    converse,
    of_type,
    receive_all,
    run,
    small_socket,
    until,
)
from tests.server.servers import Running, serving
from websockets.asyncio.client import ClientConnection, connect

import emotrace
from emotrace.hear.session import Session, StreamResult

RATE = 8_000
CLOSE = '{"type": "close"}'
START = json.dumps({"type": "start", "sampling_rate": RATE})
FAST_START = json.dumps({"type": "start", "sampling_rate": RATE, "encoding": "mulaw", "hop_seconds": 0.1})
UPGRADE = (
    "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)

Signal = NDArray[np.float32]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(is_for_uploads=False, max_streams=4) as live:
        yield live


@pytest.fixture(scope="module")
def talk(caller: Signal) -> bytes:
    """Six seconds of the demo call's caller, 8 kHz, s16le."""
    return np.round(caller[15 * 16_000 : 21 * 16_000 : 2] * 32767).astype("<i2").tobytes()


def offline(data: bytes, **how: Any) -> Messages:
    session = Session(emotrace.load(), RATE, **how)
    results = [*session.push(data), *session.close()]
    return [{"type": "result", **json.loads(json.dumps(result.to_dict()))} for result in results]


def fragment(opcode: int, payload: bytes, *, is_last: bool, length: int | None = None) -> bytes:
    """Write a client's frame by hand, masked with zeros, with any lie about its length."""
    head = bytes([(0x80 if is_last else 0) | opcode, 0xFF])
    return head + struct.pack(">Q", len(payload) if length is None else length) + b"\0\0\0\0" + payload


async def raw(server: Running, *sent: bytes) -> bytes:
    """Open by hand, send bytes, tear the connection down at once; give the status line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(UPGRADE.encode())
        status = await reader.readline()
        for data in sent:
            writer.write(data)
        if sent:
            await writer.drain()
        return status
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    ("sent", "code", "sentence"),
    [
        (
            ["UklGRiQAAABXQVZFZm10"],
            1003,
            "a text message that begins with 'UklGRiQAAABXQVZFZm10' came; audio is sent",
        ),
        ([START, "UklGRiQAAABXQVZFZm10"], 1003, "audio is sent as binary"),
        (['{"type": "start", "sampling_rate": 100}'], 1007, "'sampling_rate' is 100; it must be greater than"),
        (['{"type": "start", "samplingrate": 8000}'], 1007, "did you mean 'sampling_rate'?"),
        (['{"type": "start", "channels": 1, "channel": 1}'], 1007, "no channel 1; it has 1 channel: only 0"),
        (['{"type": "start", "hop_seconds": 5, "window_seconds": 1}'], 1007, "window and hop must satisfy"),
        (['{"type": "start", "lookahead_seconds": 9}'], 1007, "the look-ahead must be between 0 and"),
        (['{"type": "start", "model": "none"}'], 1007, "no model named 'none'; known: default"),
        (['{"type": "start", "labels": "cal4"}'], 1007, "no label preset named 'cal4'; did you mean 'call4'?"),
        ([START, "{bad"], 1007, "the message is not JSON: key must be a string"),
        ([START, START], 1007, "the session has started already"),
        (
            [START, b"\0" * 99, '{"type": "stop"}'],
            1007,
            "has the unknown type 'stop'; known: close, keepalive, start",
        ),
        (
            ['{"type": "start", "encoding": "f32le"}', np.float32([0.1, np.nan]).tobytes()],
            1007,
            "raw audio: samples that are NaN or infinite",
        ),
    ],
)
def test_a_mistake_is_told_and_closes(server: Running, sent: list[str | bytes], code: int, sentence: str) -> None:
    messages, closed, reason = run(converse(server.ws("/v1/stream"), *sent))
    assert closed == code
    error = messages[-1]
    assert (error["type"], error["code"]) == ("error", code)
    assert sentence in error["detail"]
    assert f"{error['title']}: {error['detail']}".startswith(reason)
    assert len(reason) > 20
    check_against_document(messages, "stream")
    server.wait_until_free()


@pytest.mark.parametrize("n_bytes", [1_048_577, 5_000_000])
def test_too_large_a_message_is_refused(server: Running, n_bytes: int) -> None:
    _, code, reason = run(converse(server.ws("/v1/stream"), START, b"\0" * n_bytes))
    assert code == 1009
    assert "1048576 bytes" in reason
    server.wait_until_free()


def test_too_large_a_text_is_refused(server: Running) -> None:
    assert run(converse(server.ws("/v1/stream"), " " * 2_000_000))[1] == 1009
    server.wait_until_free()


def test_odd_pieces_and_single_bytes_change_nothing(server: Running, talk: bytes) -> None:
    pieces = [
        talk[:1],
        talk[1:4],
        b"",
        *(bytes([byte]) for byte in talk[4:3004]),
        talk[3004:60_001],
        talk[60_001:],
    ]
    messages, code, _ = run(converse(server.ws("/v1/stream"), START, *pieces, CLOSE))
    assert code == 1000
    assert of_type(messages, "result") == offline(talk)


def test_a_client_that_leaves_in_order_needs_no_close_message(server: Running, talk: bytes) -> None:
    async def client() -> None:
        async with connect(server.ws("/v1/stream")) as live:
            await live.send(START)
            await live.send(talk)

    before = server.metric("emotrace_streams_closed_total").get('{code="1000",kind="stream"}', 0)
    run(client())
    server.wait_until_free()
    assert server.metric("emotrace_streams_closed_total")['{code="1000",kind="stream"}'] == before + 1


async def vanish_before_start(server: Running) -> None:
    await raw(server)


async def vanish_amid_audio(server: Running, talk: bytes) -> None:
    async with connect(server.ws("/v1/stream")) as live:
        await live.send(START)
        await live.send(talk)
        await live.recv()
        live.transport.abort()


async def vanish_amid_a_frame(server: Running) -> None:
    await raw(server, fragment(2, b"\0" * 500, is_last=True, length=100_000))


async def vanish_amid_a_message(server: Running) -> None:
    await raw(server, fragment(2, b"\0" * 500, is_last=False), fragment(0, b"\0" * 500, is_last=False))


async def send_what_is_no_frame(server: Running) -> None:
    await raw(server, os.urandom(4096))


def test_whoever_vanishes_leaves_nothing_behind(server: Running, talk: bytes) -> None:
    for client in (
        vanish_before_start(server),
        vanish_amid_audio(server, talk),
        vanish_amid_a_frame(server),
        vanish_amid_a_message(server),
        send_what_is_no_frame(server),
    ):
        run(client)
        server.wait_until_free()
    assert run(converse(server.ws("/v1/stream"), CLOSE))[1] == 1000


def test_a_message_may_come_in_fragments(server: Running) -> None:
    """By hand, because clients hide it; the answer is read until the close frame."""

    async def client() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(UPGRADE.encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(fragment(2, b"\0" * 1001, is_last=False) + fragment(0, b"\0" * 999, is_last=True))
        writer.write(fragment(1, CLOSE.encode(), is_last=True))
        answer = await reader.readuntil(b"\x88\x02\x03\xe8")
        writer.close()
        return answer

    answer = run(client())
    assert b'"duration":0.062' in answer
    assert b'"n_bytes_unfinished":0' in answer
    server.wait_until_free()


def test_idle_clients_are_told_and_closed_but_keepalives_count() -> None:
    with serving(is_for_uploads=False, stream_idle_seconds=0.4) as server:
        messages, code, reason = run(converse(server.ws("/v1/stream"), START, b"\0" * 24_000))
        assert (code, reason) == (1008, "neither audio nor a keepalive came for 0.4 s")
        assert [message["type"] for message in messages] == ["ready", "closing", "result", "result", "done"]
        check_against_document(messages, "stream")

        async def patient() -> tuple[Messages, int | None, str]:
            async with connect(server.ws("/v1/stream")) as live:
                for _ in range(6):
                    await live.send('{"type": "keepalive"}')
                    await asyncio.sleep(0.1)
                await live.send(CLOSE)
                return await receive_all(live)

        assert run(patient())[1] == 1000
        # Whoever does not even begin is not waited for either.
        assert run(converse(server.ws("/v1/stream")))[1:] == (
            1008,
            "neither audio nor a keepalive came for 0.4 s",
        )
        server.wait_until_free()


def test_a_stream_that_goes_on_too_long_is_ended_in_order() -> None:
    with serving(is_for_uploads=False, max_stream_seconds=1.0) as server:
        messages, code, reason = run(converse(server.ws("/v1/stream"), START, b"\0" * 8_000, b"\0" * 9_000))
        assert (code, reason) == (1008, "a stream may hold 1 s of audio here; start a new one")
        assert messages[-1]["type"] == "done"
        assert of_type(messages, "result") == offline(b"\0" * 17_000)
        # By the clock, too.
        messages, code, reason = run(converse(server.ws("/v1/stream"), START))
        assert (code, reason) == (1008, "a stream may last 1 s here; start a new one")
        server.wait_until_free()


@asynccontextmanager
async def slow_client(server: Running) -> AsyncIterator[ClientConnection]:
    """Open a stream whose results need not be many to fill all buffers, and send it much silence."""
    async with small_socket(server.ws("/v1/stream")) as live:
        await live.send(FAST_START)
        sending = asyncio.create_task(live.send(b"\xff" * 1_000_000))
        try:
            yield live
        finally:
            sending.cancel()


def test_a_slow_reader_is_told_why_and_was_not_buffered_without_end() -> None:
    """It begins to read when it has already been given up: the reason still reaches it."""
    with serving(is_for_uploads=False, send_buffer_bytes=4096, send_timeout_seconds=0.5) as server:

        async def client() -> tuple[Messages, int | None, str]:
            async with slow_client(server) as live:
                await until(lambda: '{reason="slow_reader"}' in server.metric("emotrace_refusals_total"))
                return await receive_all(live)

        messages, code, reason = run(client())
        assert (code, reason) == (1013, "results were not read in time")
        # The sockets and one write buffer of 64 KiB hold results of 180 bytes; a million samples give 1250.
        assert 100 < len(messages) < 1000
        server.wait_until_free()


def test_a_reader_that_never_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotrace.server.uvicorn_protocols.LINGER_SECONDS", 0.2)
    with serving(is_for_uploads=False, send_buffer_bytes=4096, send_timeout_seconds=0.3) as server:

        async def client() -> None:
            async with slow_client(server):
                await until(lambda: server.service.streams.n_taken == 1)
                await until(lambda: server.service.streams.n_taken == 0)
                # The socket, too.
                await until(lambda: not server.uvicorn.server_state.connections)

        run(client())
        assert server.metric("emotrace_streams_closed_total") == {'{code="1013",kind="stream"}': 1.0}


def test_a_client_that_is_slowed_is_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends faster than it can be heard, so that its answers to pings wait behind its audio."""
    push = Session.push

    def push_slowly(self: Session, data: bytes) -> list[StreamResult]:
        time.sleep(0.1)
        return push(self, data)

    monkeypatch.setattr(Session, "push", push_slowly)
    with serving(is_for_uploads=False) as server:
        # Less than the seconds that answers wait, more than a busy machine stands still.
        server.uvicorn.config.ws_ping_interval = server.uvicorn.config.ws_ping_timeout = 0.5
        messages, code, reason = run(converse(server.ws("/v1/stream"), START, *[b"\0" * 1000] * 1000, CLOSE))
        assert (code, reason) == (1000, "")
        assert messages[-1]["duration"] == 62.5
        # One that answers nothing at all is.
        assert run(mute(server)) == b"\x88\x18\x03\xf3keepalive ping timeout"
        server.wait_until_free()


async def mute(server: Running) -> bytes:
    """Open by hand and answer no ping; give the frame with which the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(UPGRADE.encode())
    try:
        frames = await reader.read()
        # The last one: pings before it hold random bytes.
        return frames[frames.rindex(b"\x88") :]
    finally:
        writer.close()


def test_the_servers_own_failure_is_told_without_its_words(
    server: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(Session, "push", fail)
    messages, code, reason = run(converse(server.ws("/v1/stream"), START, b"\0" * 100))
    server.wait_until_free()
    monkeypatch.undo()
    assert code == 1011
    session = messages[0]["session"]
    assert messages[1]["detail"] == f"the server failed; its log says more under session {session}"
    assert "secret" not in reason
    assert any(getattr(record, "session", "") == session for record in caplog.records)
    # The next one is served.
    assert run(converse(server.ws("/v1/stream"), START, b"\0" * 100, CLOSE))[1] == 1000


def test_places_are_few_and_refusals_clean(server: Running) -> None:
    url = server.ws("/v1/stream")

    async def client() -> None:
        async with connect(url), connect(url), connect(url), connect(url):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(UPGRADE.encode())
            answer = await reader.read()
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"HTTP/1.1 503 " in head
        assert b"retry-after: 1" in head.lower()
        problem = json.loads(body)
        assert problem["type"] == "urn:emotrace:problem:full-streams"
        assert problem["detail"] == "all 4 places for streams are taken; try again in a moment"

    run(client())
    server.wait_until_free()
    assert run(converse(server.ws("/v1/stream"), CLOSE))[1] == 1000


def test_an_undisturbed_session_notices_nothing(server: Running, talk: bytes) -> None:
    """Beside it a thousand connections and all mistakes: its results are those of an offline one, to the bit."""

    async def undisturbed(is_over: asyncio.Event) -> Messages:
        async with connect(server.ws("/v1/stream"), max_size=None) as live:
            reading = asyncio.create_task(receive_all(live))
            await live.send(START)
            for first in range(0, len(talk) // 2, 3200):
                await live.send(talk[first : min(first + 3200, len(talk) // 2)])
                await asyncio.sleep(0.01)
            await is_over.wait()
            await live.send(talk[len(talk) // 2 :])
            await live.send(CLOSE)
            messages, code, _ = await reading
            assert code == 1000
            return messages

    async def hostile() -> set[bytes]:
        url = server.ws("/v1/stream")
        statuses: set[bytes] = set()
        for group in range(50):
            statuses |= set(await asyncio.gather(*(raw(server) for _ in range(20))))
            if group % 10 == 0:
                clients: list[Callable[[], Coroutine[Any, Any, Any]]] = [
                    lambda: vanish_amid_audio(server, talk),
                    lambda: vanish_amid_a_frame(server),
                    lambda: send_what_is_no_frame(server),
                    lambda: converse(url, START, "UklGR"),
                    lambda: converse(url, START, b"\0" * 5_000_000),
                    lambda: converse(url, "{garbage"),
                ]
                await asyncio.gather(*(client() for client in clients), return_exceptions=True)
        return statuses

    async def both() -> tuple[Messages, set[bytes]]:
        is_over = asyncio.Event()
        beside = asyncio.create_task(undisturbed(is_over))
        await asyncio.sleep(0)
        try:
            statuses = await hostile()
        finally:
            is_over.set()
        return await beside, statuses

    messages, statuses = run(both())
    assert of_type(messages, "result") == offline(talk)
    assert statuses <= {
        b"HTTP/1.1 101 Switching Protocols\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\n",
    }
    assert len(statuses) == 2
    server.wait_until_free()
