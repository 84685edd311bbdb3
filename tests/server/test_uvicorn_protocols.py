"""Connections: bounded in number and in patience, whatever is sent over them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.server.servers import Running, serving, wait_until

GET = "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def open_connection(server: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    ],
)
def test_what_is_no_http_harms_nobody(running: Running, garbage: bytes) -> None:
    with open_connection(running) as link:
        link.sendall(garbage)
        answer = link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n")
    assert b"this is no HTTP/1.1 request" in answer
    assert running.client.get("/healthz").status_code == 200


def test_silent_connections_do_not_fill_the_server() -> None:
    with serving(is_for_uploads=False, max_connections=20) as server:
        silent = [open_connection(server) for _ in range(20)]
        try:
            with httpx.Client(base_url=server.url) as late:
                response = late.get("/healthz")
            assert response.status_code == 503
            assert response.json()["detail"] == "all 20 connections are in use; try again in a moment"
            assert response.headers["retry-after"] == "1"
        finally:
            for link in silent:
                link.close()
        wait_until(lambda: _answers(server.url), "a place")
        assert server.client.get("/v1/models").status_code == 200


def _answers(url: str) -> bool:
    with httpx.Client(base_url=url) as client:
        return client.get("/healthz").status_code == 200


@pytest.mark.parametrize("sent", ["", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: str) -> None:
    monkeypatch.setattr("emotrace.server.uvicorn_protocols.HEAD_SECONDS", 0.2)
    with serving(is_for_uploads=False) as server, open_connection(server) as link:
        link.sendall(sent.encode())
        assert link.recv(100) == b""


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server whose system takes little of what is to be sent, and which soon gives up who does not read."""
    monkeypatch.setattr("emotrace.server.uvicorn_protocols.STALLED_SECONDS", 0.3)
    with serving(is_for_uploads=False, send_buffer_bytes=4096) as server:
        yield server


@contextmanager
def small_socket(server: Running) -> Iterator[socket.socket]:
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(30)
        link.connect(("127.0.0.1", server.port))
        link.sendall(GET.encode())
        yield link


def test_a_client_that_does_not_read_its_answer_is_dropped(narrow: Running) -> None:
    connections = narrow.uvicorn.server_state.connections
    with small_socket(narrow):
        wait_until(lambda: len(connections) == 1, "the connection")
        wait_until(lambda: not connections, "its end")
    assert narrow.metric("emotrace_refusals_total") == {'{reason="slow_reader"}': 1.0}


def test_a_client_that_reads_slowly_gets_all(narrow: Running) -> None:
    whole = narrow.client.get("/openapi.json").content
    answer = b""
    with small_socket(narrow) as link:
        while not answer.endswith(whole[-20:]):
            time.sleep(0.02)
            answer += link.recv(2048)
    assert answer.endswith(b"\r\n\r\n" + whole)
    assert narrow.metric("emotrace_refusals_total") == {}


@pytest.mark.parametrize(
    "head",
    [
        "POST /v1/stream HTTP/1.1\r\nContent-Length: 5",
        f"GET /v1/stream?{'x' * 9000} HTTP/1.1",
        "GET / HTTP/1.1" + "\r\nX: y" * 200,
    ],
)
def test_an_upgrade_that_can_be_no_websocket_is_refused_at_once(running: Running, head: str) -> None:
    with open_connection(running) as link:
        link.sendall(f"{head}\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n".encode())
        answer = link.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n")
    assert b"a WebSocket is opened by a GET request" in answer
