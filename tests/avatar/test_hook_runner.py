"""Doing what hooks say: real programs, a real server, and what goes wrong with both."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emotrace.avatar.hook_runner import MOST_RUNNING, HookRunner
from emotrace.avatar.hooks import Firing, Hook, HookWatch
from emotrace.errors import AvatarError


def fire(hook: Hook, hear) -> Firing:
    (firing,) = HookWatch([hook], ("anger",)).push(hear(anger=1.0, seconds=5.0))
    return firing


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def run_hook(hook: Hook, hear) -> list[str]:
    """Run it to its end and give the warnings."""
    warned: list[str] = []
    runner = HookRunner([hook], warned.append)
    assert runner.start(fire(hook, hear))
    runner.close(10.0)
    return warned


def program(code: str, *arguments: str, **more) -> Hook:
    return Hook(("anger",), then=(sys.executable, "-c", code, *arguments), name="shout", **more)


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """Keeps what it is sent; its answer is the number at the end of the path."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))  # type: ignore[attr-defined]
            self.send_response(int(self.path.partition("?")[0].rsplit("/", 1)[-1]))
            self.send_header("Location", "/elsewhere/200")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_a_program_gets_the_state(tmp_path, hear):
    code = (
        "import json, os, sys; names = ['EMOTRACE_HOOK', 'EMOTRACE_EMOTION', 'EMOTRACE_PROBABILITY']; "
        "json.dump([json.load(sys.stdin), sys.argv[2:], [os.environ[n] for n in names]], open(sys.argv[1], 'w'))"
    )
    target = tmp_path / "got.json"
    # No shell reads them.
    arguments = ("$HOME; echo", "`id`", "a b")
    assert run_hook(program(code, str(target), *arguments), hear) == []
    state, got, environment = json.loads(target.read_text())
    assert (state["hook"], state["seconds"], state["prediction"]["emotion"]) == ("shout", 5.0, "anger")
    assert tuple(got) == arguments
    assert environment == ["shout", "anger", "1.0000"]


def test_a_program_does_not_write_into_our_output(capfd, hear):
    assert run_hook(program("import os; os.write(1, b'loud'); os.write(2, b'louder')"), hear) == []
    assert capfd.readouterr() == ("", "")


def test_a_program_that_fails_is_told_of(hear):
    assert run_hook(program("raise SystemExit(3)"), hear) == [
        f"hook 'shout': {sys.executable} ended with exit code 3"
    ]


def test_a_program_that_does_not_read_what_it_gets_is_no_failure(hear):
    assert run_hook(program("import os; os.close(0)"), hear) == []


def test_a_program_that_does_not_end_is_ended(hear):
    begun = time.monotonic()
    warned = run_hook(program("import time; time.sleep(60)", timeout_seconds=0.2), hear)
    assert warned == [f"hook 'shout': {sys.executable} was ended after 0.2 s; timeout_seconds allows more"]
    assert time.monotonic() - begun < 10.0


def test_starting_does_not_wait_and_too_many_are_left_out(tmp_path, hear):
    code = "import sys, time, pathlib\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    hook, warned = program(code, str(tmp_path / "go")), []
    runner = HookRunner([hook], warned.append)
    started = [runner.start(fire(hook, hear)) for _ in range(MOST_RUNNING + 1)]
    assert started == [True] * MOST_RUNNING + [False]
    assert warned == [f"hook 'shout' is left out: {MOST_RUNNING} others are still running"]
    (tmp_path / "go").touch()
    wait_for(lambda: runner.start(fire(hook, hear)))
    runner.close(10.0)


def test_at_the_end_programs_are_waited_for_and_then_ended(tmp_path, hear):
    code = "import sys, time, pathlib; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    hook = program(code, str(tmp_path / "begun"), timeout_seconds=60.0)
    runner = HookRunner([hook], lambda _: None)
    runner.start(fire(hook, hear))
    wait_for((tmp_path / "begun").exists)
    (left,) = runner._running
    runner.close(0.0)
    wait_for(lambda: left.poll() is not None)


def test_a_program_that_is_not_there_is_told_of_before_anything_runs():
    with pytest.raises(AvatarError, match="hook 'anger': there is no program 'no-such-program' that can be run"):
        HookRunner([Hook(("anger",), then=("no-such-program",))], print)


def test_a_program_that_has_gone_is_told_of(tmp_path, hear):
    path = tmp_path / "gone"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    hook, warned = Hook(("anger",), then=(str(path),)), []
    runner = HookRunner([hook], warned.append)
    path.unlink()
    runner.start(fire(hook, hear))
    runner.close(10.0)
    assert warned == [f"hook 'anger': cannot run {path}: No such file or directory"]


def test_an_address_gets_the_state(server, hear):
    url = f"http://127.0.0.1:{server.server_port}/hook/204?who=me"
    assert run_hook(Hook(("anger",), url=url), hear) == []
    ((path, kind, state),) = server.got
    assert (path, kind) == ("/hook/204?who=me", "application/json")
    assert (state["hook"], state["probability"]) == ("anger", 1.0)


def test_only_the_address_given_is_posted_to(server, hear):
    url = f"http://127.0.0.1:{server.server_port}/302"
    assert run_hook(Hook(("anger",), url=url), hear) == [
        f"hook 'anger': {url} answered 302: it has moved; give its new address"
    ]
    assert [path for path, _, _ in server.got] == ["/302"]


def test_no_proxy_is_asked(server, hear, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert run_hook(Hook(("anger",), url=f"http://127.0.0.1:{server.server_port}/200"), hear) == []


def test_an_address_that_fails_is_told_of(server, hear):
    url = f"http://127.0.0.1:{server.server_port}/500"
    assert run_hook(Hook(("anger",), url=url), hear) == [f"hook 'anger': {url} answered 500"]


def test_an_address_where_nobody_answers_is_told_of(hear):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        (warning,) = run_hook(Hook(("anger",), url=url), hear)
    assert warning == f"hook 'anger': cannot post to {url}: Connection refused"


def test_an_address_that_never_answers_is_given_up(hear):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        (warning,) = run_hook(Hook(("anger",), url=url, timeout_seconds=0.2), hear)
    assert warning == f"hook 'anger': cannot post to {url}: timed out"
