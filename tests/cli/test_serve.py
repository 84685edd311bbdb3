"""``emotrace serve`` as a process: its start, its refusals, its end."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.cli.conftest import Emotrace
from tests.server.conftest import DEMO_CALL
from tests.server.servers import ServerProcess, server_process, serving, wait_until
from tests.tiny_bundles import make_emotion_bundle

from emotrace.server.auth import hash_key

# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_are_not_let_in_without_a_key(emotrace_command: Emotrace, host: str) -> None:
    done = emotrace_command("serve", "--host", host)
    assert done.code == 2
    assert done.complaint == (
        f"{host} can be reached by others, who would need no key; make one with `emotrace serve --new-key` and "
        "give its hash with --api-key-file, or bind 127.0.0.1"
    )


def test_a_port_in_use(emotrace_command: Emotrace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = emotrace_command("serve", "--port", port)
    assert done.code == 1
    assert done.complaint == (
        f"cannot listen on port {port} of 127.0.0.1: address already in use; choose another with --port, or "
        "--port 0 for any free one"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--port", "99999"], 2, "--port (Settings.port) is 99999; it must be 0 (any free one) to 65535"),
        (["--workers", "0"], 2, "--workers (Settings.n_workers) is 0; it must be above 0"),
        (["--api-key-file", "no-such-file"], 2, "--api-key-file no-such-file cannot be read: No such file"),
        (["--port", "0", "--model", "no-such-model"], 1, "no model named 'no-such-model' is shipped"),
        (["--port", "0", "--labels", "callfour"], 2, "no label preset named 'callfour'"),
        (["--port", "0", "--more-model", "default"], 2, "two bundles are named 'default'"),
        (["--port", "eighty"], 2, "'eighty' is not a valid int"),
    ],
)
def test_wrong_usage(emotrace_command: Emotrace, arguments: list[str], code: int, sentence: str) -> None:
    done = emotrace_command("serve", *arguments)
    assert done.code == code
    assert sentence in done.complaint


def test_an_address_that_is_not_ours(emotrace_command: Emotrace, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(hash_key("x"))
    done = emotrace_command("serve", "--host", "192.0.2.1", "--port", "0", "--api-key-file", keys)
    assert done.code == 1
    assert done.complaint.startswith("cannot listen on port 0 of 192.0.2.1: ")


def test_without_the_extra() -> None:
    code = "import sys; sys.modules['fastapi'] = None; from emotrace.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "serve"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "emotrace: `emotrace serve` needs the extra 'server': pip install 'emotrace[server]'\n"


def test_where_uploads_cannot_be_isolated(emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "send_fds")
    done = emotrace_command("serve", "--port", "0")
    assert done.code == 1
    assert done.complaint.startswith("the server needs Linux or macOS")


def test_other_commands_do_not_load_the_server() -> None:
    code = (
        "import sys; from emotrace.cli import build_app; build_app(); "
        "print([m for m in ('fastapi', 'uvicorn', 'starlette', 'prometheus_client') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_new_key(emotrace_command: Emotrace) -> None:
    done = emotrace_command("serve", "--new-key")
    assert done.code == 0
    key, digest = (line.split()[1] for line in done.out.splitlines())
    assert hash_key(key) == digest
    assert "the key cannot be shown again" in done.complaint


# -- a server from start to end ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with an empty folder for temporary files."""
    with server_process(tmp_path_factory.mktemp("server") / "tmp", "--workers", "1") as server:
        yield server


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
    head = f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: 50000000"
    with socket.create_connection(("127.0.0.1", int(process.url.rpartition(":")[2])), timeout=30) as link:
        link.sendall(f"{head}\r\n\r\n".encode())
        if way == "form":
            link.sendall(b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n')
        link.sendall(bytes(5_000_000))
        wait_until(open_temporary_files, "the upload to be on its way")
        # It has no name, even now.
        assert list(process.folder.iterdir()) == []
    wait_until(lambda: open_temporary_files() == [], "the file to be closed")
    assert list(process.folder.iterdir()) == []


def test_start_line_and_end(process: ServerProcess) -> None:
    """The last one that needs the server: it ends it."""
    assert re.fullmatch(
        r"emotrace: serving default on (http://127\.0\.0\.1:\d+) \(docs: \1/docs\)\n", process.first_line
    )
    assert process.client.get("/docs").status_code == 200
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(30) == 0
    for line in process.errors.read_text().splitlines():
        assert json.loads(line)["message"] == "request"


def test_sigterm_lets_what_runs_end(tmp_path: Path) -> None:
    clip = DEMO_CALL.read_bytes()
    with server_process(tmp_path / "tmp", "--workers", "1") as server, ThreadPoolExecutor(1) as threads:
        (worker,) = server.workers()
        worker.send_signal(signal.SIGSTOP)
        running = threads.submit(httpx.post, f"{server.url}/v1/predict", content=clip, timeout=60)
        wait_until(lambda: server.metric("emotrace_workers_busy") == 1, "the request to be under way")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.client.get("/readyz").status_code == 503, "the news")
        assert server.client.get("/readyz").json()["detail"] == "the server is shutting down"
        late = server.client.post("/v1/predict", content=clip)
        assert late.status_code == 503
        assert late.json()["detail"] == "the server is shutting down; ask another one, or again later"
        assert late.headers["retry-after"] == "5"
        assert not running.done()
        worker.send_signal(signal.SIGCONT)
        response = running.result()
        assert response.status_code == 200
        assert response.json()["end"] == 64.174
        assert server.process.wait(30) == 0
        assert not worker.is_running()


def test_what_does_not_end_in_time_is_told_so() -> None:
    with serving(drain_seconds=0.2) as server, ThreadPoolExecutor(1) as threads:
        (worker,) = server.workers()
        worker.send_signal(signal.SIGSTOP)
        running = threads.submit(
            httpx.post, f"{server.url}/v1/predict", content=DEMO_CALL.read_bytes(), timeout=60
        )
        wait_until(lambda: server.service.workers.n_busy == 1, "the request to be under way")
        server.uvicorn.should_exit = True
        response = running.result()
        assert response.status_code == 503
        assert response.json()["type"] == "urn:emotrace:problem:draining"
    assert not worker.is_running()


def test_two_models_and_keys_and_workers_that_end_with_a_killed_server(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(hash_key("secret") + "\n")
    bundle = make_emotion_bundle(tmp_path / "tiny")
    arguments = (
        "--workers",
        "1",
        "--more-model",
        str(bundle.path),
        "--api-key-file",
        str(keys),
        "--host",
        "0.0.0.0",
    )
    with server_process(tmp_path / "tmp", *arguments) as server:
        assert f"serving default, {bundle.card.name} on http://0.0.0.0:" in server.first_line
        assert server.client.get("/v1/models").status_code == 401
        server.client.headers["X-API-Key"] = "secret"
        names = [model["name"] for model in server.client.get("/v1/models").json()["models"]]
        assert names == ["default", bundle.card.name]
        for name in names:
            params = {"model": name}
            document = server.client.post("/v1/analyze", content=DEMO_CALL.read_bytes(), params=params).json()
            assert document["model"] == name
        assert "secret" not in server.errors.read_text()
        (worker,) = server.workers()
        server.process.kill()
        wait_until(lambda: not worker.is_running() or worker.status() == "zombie", "the end of the worker")
