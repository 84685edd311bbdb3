"""Bodies: refused as soon as they are too large, given up when they stall, gone when their client is gone."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.server.conftest import Running, ServerProcess, server_process, serving, wait_until

LIMIT = 1_000_000


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    """A server that takes a megabyte and waits a second for more."""
    with serving(max_body_bytes=LIMIT, upload_idle_seconds=1.0) as server:
        yield server


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own, with an empty folder for temporary files."""
    with server_process(tmp_path_factory.mktemp("server") / "tmp", "--workers", "1") as server:
        yield server


def connect(url: str, head: str) -> socket.socket:
    parts = urlsplit(url)
    link = socket.create_connection((parts.hostname, parts.port), timeout=30)
    link.sendall(f"{head}\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return link


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


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    ],
)
def test_what_is_no_http_harms_nobody(small: Running, garbage: bytes) -> None:
    parts = urlsplit(small.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as link:
        link.sendall(garbage)
        answer = link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert small.client.get("/healthz").status_code == 200


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are looked at in /proc")
@pytest.mark.parametrize("way", ["form", "raw"])
def test_a_client_that_disconnects_leaves_no_file(process: ServerProcess, way: str) -> None:
    def open_temporary_files() -> list[str]:
        folder = Path(f"/proc/{process.process.pid}/fd")
        found = []
        for each in folder.iterdir():
            try:
                target = str(each.readlink())
            except OSError:
                continue
            found += [target] if f"{process.folder}/" in target else []
        return found

    assert open_temporary_files() == []
    kind = "multipart/form-data; boundary=b" if way == "form" else "audio/wav"
    head = f"POST /v1/predict HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: 50000000"
    with connect(process.url, head) as link:
        if way == "form":
            link.sendall(b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n')
        link.sendall(bytes(5_000_000))
        wait_until(open_temporary_files, "the upload to be on its way")
        # It has no name, even now.
        assert list(process.folder.iterdir()) == []
    wait_until(lambda: open_temporary_files() == [], "the file to be closed")
    assert list(process.folder.iterdir()) == []


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


def test_silent_connections_do_not_fill_the_server(clip: bytes) -> None:
    with serving(max_connections=20) as server:
        parts = urlsplit(server.url)
        silent = [socket.create_connection((parts.hostname, parts.port), timeout=30) for _ in range(20)]
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
        assert server.client.post("/v1/predict", content=clip).status_code == 200


def _answers(url: str) -> bool:
    with httpx.Client(base_url=url) as client:
        return client.get("/healthz").status_code == 200
