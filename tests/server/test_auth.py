"""Who may ask: keys, hosts and origins."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from tests.server.conftest import KEY, OTHER_KEY, PAGE
from tests.server.servers import Running
from tests.server.test_routes import problem

from emotrace.errors import UsageError
from emotrace.server.auth import hash_key, is_key, new_key, read_key_file
from emotrace.server.guard import is_host_allowed, is_origin_allowed
from emotrace.server.settings import Settings

# -- keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer {OTHER_KEY}"},
        {"X-API-Key": KEY},
    ],
)
def test_who_has_a_key_may_ask(locked: Running, clip: bytes, headers: dict[str, str]) -> None:
    assert locked.client.get("/v1/models", headers=headers).status_code == 200
    assert locked.client.get("/metrics", headers=headers).status_code == 200
    assert locked.client.post("/v1/predict", content=clip, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/v1/predict", "/v1/analyze"])
@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, "no API key was given; send `Authorization: Bearer KEY` or `X-API-Key: KEY`"),
        ({"Authorization": "Bearer wrong"}, "this API key is not known here; send"),
        ({"Authorization": f"Basic {KEY}"}, "no API key was given"),
        ({"X-API-Key": hash_key(KEY)}, "this API key is not known here"),
        ({"X-API-Key": ""}, "API key"),
        ({"X-API-Key": KEY + "x"}, "this API key is not known here"),
    ],
)
def test_who_has_none_may_not(locked: Running, path: str, headers: dict[str, str], sentence: str) -> None:
    method = "GET" if path in ("/v1/models", "/metrics") else "POST"
    response = locked.client.request(method, path, headers=headers, content=b"x" if method == "POST" else None)
    assert sentence in problem(response, 401, "key")
    assert response.headers["www-authenticate"] == "Bearer"


def test_keys_in_the_address_are_no_keys_of_http(locked: Running) -> None:
    problem(locked.client.get("/v1/models", params={"api_key": KEY}), 401, "key")


def test_the_key_is_asked_for_before_the_body(locked: Running) -> None:
    host, _, port = locked.url.removeprefix("http://").partition(":")
    head = f"POST /v1/predict HTTP/1.1\r\nHost: {host}\r\nContent-Length: 50000000\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as link:
        link.sendall(head.encode())
        assert link.recv(1000).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
def test_what_needs_no_key(locked: Running, path: str) -> None:
    assert locked.client.get(path).status_code == 200


def test_new_keys_are_new_and_long() -> None:
    (key, digest), (other, _) = new_key(), new_key()
    assert key != other
    assert len(key) > 45
    assert is_key(key, [hash_key("x"), digest])
    assert not is_key(other, [digest])
    assert not is_key(None, [hash_key("")])


def test_key_files(tmp_path: Path) -> None:
    first, second = hash_key("a"), hash_key("b")
    file = tmp_path / "keys"
    file.write_text(f"# keys of the desk\n{first}  # Ada\n\n{second.upper()}\n{first}\n", "utf-8")
    assert read_key_file(file) == (first, second)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "keys holds no key; `emotrace serve --new-key` makes one"),
        (b"# nothing\n", "holds no key"),
        (b"emotrace_secret\n", "keys, line 1: not a SHA-256 in hexadecimal; never keep a key itself"),
        (b"\xff\xfe\n", "keys cannot be read: it is not text"),
    ],
)
def test_wrong_key_files(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=re.escape(sentence)) as error:
        read_key_file(file)
    # What stands where a hash should may be a key.
    assert "secret" not in str(error.value)


def test_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_key_file(tmp_path / "none")


# -- hosts and origins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765", "127.0.0.2"])
def test_loopback_names_are_its_own(host: str) -> None:
    assert is_host_allowed(Headers({"host": host}), Settings())


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1", "10.0.0.1", "@localhost:x@e"],
)
def test_other_names_are_not(host: str) -> None:
    assert not is_host_allowed(Headers({"host": host}), Settings())


def test_names_that_were_allowed() -> None:
    settings = Settings(allowed_hosts=("Voice.example.org",))
    assert is_host_allowed(Headers({"host": "voice.example.org:443"}), settings)
    assert not is_host_allowed(Headers({"host": "x.voice.example.org"}), settings)
    open_to_all = Settings(host="0.0.0.0", api_keys=(hash_key("x"),))
    assert is_host_allowed(Headers({"host": "anything"}), open_to_all)


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({}, True),
        ({"origin": "http://127.0.0.1:8765"}, True),
        ({"origin": "http://127.0.0.1:9999"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://[::1"}, False),
        ({"origin": PAGE}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
    ],
)
def test_origins(headers: dict[str, str], is_allowed: bool) -> None:
    settings = Settings(allowed_origins=(PAGE,))
    assert is_origin_allowed(Headers({"host": "127.0.0.1:8765", **headers}), settings) is is_allowed


def test_a_name_that_was_made_to_point_here_is_refused(running: Running) -> None:
    response = running.client.get("/v1/models", headers={"Host": "evil.example"})
    assert "start it with --allow-host NAME" in problem(response, 421, "host")


def test_a_page_cannot_post_by_a_form(running: Running, clip: bytes) -> None:
    headers = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    response = running.client.post("/v1/predict", content=clip, headers=headers)
    assert "web pages of other origins may not use this server" in problem(response, 403, "origin")
    assert "access-control-allow-origin" not in response.headers


def test_a_page_cannot_ask_whether_it_may(running: Running) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = running.client.options("/v1/predict", headers=headers)
    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers


def test_a_page_that_may(locked: Running, clip: bytes) -> None:
    asked = locked.client.options(
        "/v1/predict",
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == PAGE
    headers = {"Origin": PAGE, "Authorization": f"Bearer {KEY}", "Host": "voice.example.org"}
    done = locked.client.post("/v1/predict", content=clip, headers=headers)
    assert done.status_code == 200
    assert done.headers["access-control-allow-origin"] == PAGE
    foreign = locked.client.post(
        "/v1/predict", content=clip, headers={**headers, "Origin": "https://x.example.org"}
    )
    problem(foreign, 403, "origin")
