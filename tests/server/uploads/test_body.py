"""Bodies: refused as soon as they are too large, given up when they stall, gone when their client is gone."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from tests.server.servers import Running, serving, wait_until

LIMIT = 1_000_000


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    """A server that takes a megabyte, waits a second for more, and half a second longer for all of it."""
    with serving(max_body_bytes=LIMIT, upload_idle_seconds=1.0, max_upload_seconds=1.5) as server:
        yield server


def connect(url: str, head: str) -> socket.socket:
    parts = urlsplit(url)
    link = socket.create_connection((parts.hostname, parts.port), timeout=30)
    link.sendall(f"{head}\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return link


def trickle(link: socket.socket, is_over: threading.Event) -> None:
    """Send a byte now and then, never silent for as long as a second."""
    while not is_over.wait(0.1):
        link.sendall(b"\0")


def read_problem(link: socket.socket) -> dict[str, object]:
    data = b""
    while piece := link.recv(65536):
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    return dict(json.loads(body), head=head.decode())


def test_declared_too_large_is_refused_before_a_byte_of_it_comes(small: Running) -> None:
    head = (
        "POST /v1/predict HTTP/1.1\r\nContent-Type: audio/wav\r\nContent-Length: 1000001\r\nExpect: 100-continue"
    )
    with connect(small.url, head) as link:
        problem = read_problem(link)
    assert problem["type"] == "urn:emotrace:problem:too-large"
    assert problem["detail"] == (
        "the body is larger than 1,000,000 bytes; send a shorter recording, or one as FLAC, Ogg or MP3"
    )
    assert "100 Continue" not in str(problem["head"])


def test_undeclared_too_large_is_refused_as_soon_as_it_is(small: Running) -> None:
    n_sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal n_sent
        while n_sent < 100 * LIMIT:
            n_sent += 65536
            yield bytes(65536)

    head = "POST /v1/predict HTTP/1.1\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked"
    with connect(small.url, head) as link:
        # The answer comes while the body is still being sent, and no more is read than is needed for it.
        link.setblocking(False)
        answer = b""
        for piece in endless():
            chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
            link.setblocking(True)
            link.sendall(chunk)
            link.setblocking(False)
            try:
                answer += link.recv(65536)
            except BlockingIOError:
                continue
            break
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert n_sent < 50 * LIMIT


@pytest.mark.parametrize("way", ["form", "raw"])
def test_clients_that_send_all_before_they_read_get_the_refusal(small: Running, way: str) -> None:
    body = bytes(20 * LIMIT)
    content: dict[str, object] = {"files": {"file": ("a.wav", body)}} if way == "form" else {"content": body}
    response = small.client.post("/v1/predict", **content)  # type: ignore[arg-type]
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    # And others are as welcome as before.
    assert small.client.get("/v1/models").status_code == 200


def test_largest_allowed_is_allowed(small: Running) -> None:
    response = small.client.post("/v1/predict", content=bytes(LIMIT))
    assert response.status_code == 422
    assert small.client.post("/v1/predict", content=bytes(LIMIT + 1)).status_code == 413


def test_a_body_that_stalls_is_given_up(small: Running) -> None:
    head = "POST /v1/predict HTTP/1.1\r\nContent-Type: audio/wav\r\nContent-Length: 1000"
    with connect(small.url, head) as link:
        link.sendall(bytes(10))
        problem = read_problem(link)
    assert problem["status"] == 408
    assert problem["detail"] == "nothing came for 1 s; send the upload again"
    wait_until(lambda: small.service.requests.n_taken == 0, "the place to be free again")


def test_a_body_that_trickles_is_given_up(small: Running) -> None:
    head = "POST /v1/predict HTTP/1.1\r\nContent-Type: audio/wav\r\nContent-Length: 1000"
    is_over = threading.Event()
    with connect(small.url, head) as link, ThreadPoolExecutor(1) as threads:
        sending = threads.submit(trickle, link, is_over)
        answer = b""
        while not answer.endswith(b"}\n"):
            answer += link.recv(65536)
        is_over.set()
        sending.result()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the upload took more than 1.5 s; send fewer bytes, say as FLAC" in answer
    wait_until(lambda: small.service.requests.n_taken == 0, "the place to be free again")


def test_one_who_asks_while_others_are_slow(small: Running, clip: bytes) -> None:
    head = "POST /v1/predict HTTP/1.1\r\nContent-Type: audio/wav\r\nContent-Length: 1000"
    started = time.monotonic()
    links = [connect(small.url, head) for _ in range(20)]
    try:
        assert small.client.post("/v1/predict", content=clip).status_code == 200
    finally:
        for link in links:
            link.close()
    wait_until(lambda: small.service.requests.n_taken == 0, "the places to be free again")
    assert time.monotonic() - started < 30
