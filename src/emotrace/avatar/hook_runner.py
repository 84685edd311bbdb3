"""Doing what hooks say, beside the run: programs without a shell, posts to the one address given.

Nothing here blocks or ends the run. At most `MOST_RUNNING` are under way at once; what comes then is left out,
with a warning.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from emotrace.avatar.hooks import Firing, Hook
from emotrace.errors import AvatarError

MOST_RUNNING = 4
"""How many programs and requests may be under way at once."""


class HookRunner:
    """Starts what firings ask for, each in a thread of its own.

    Parameters
    ----------
    hooks
        All that may fire: their programs are looked for before anything runs.
    warn
        Takes one line about what went wrong. Called from other threads.

    Raises
    ------
    AvatarError
        If there is no such program.
    """

    def __init__(self, hooks: Sequence[Hook], warn: Callable[[str], None]) -> None:
        for hook in hooks:
            if hook.then and shutil.which(hook.then[0]) is None:
                raise AvatarError(
                    f"hook '{hook.name}': there is no program '{hook.then[0]}' that can be run; 'then' is a "
                    'program and its arguments, for example ["notify-send", "Wake up"]'
                )
        self._warn = warn
        self._free = threading.BoundedSemaphore(MOST_RUNNING)
        self._threads: list[threading.Thread] = []
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def start(self, firing: Firing) -> bool:
        """Start what the hook says and return at once; False if too many are under way."""
        if not self._free.acquire(blocking=False):
            self._warn(f"hook '{firing.hook.name}' is left out: {MOST_RUNNING} others are still running")
            return False
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._do, args=(firing,), name="avatar-hook", daemon=True)
        self._threads.append(thread)
        thread.start()
        return True

    def close(self, seconds: float) -> None:
        """Wait up to ``seconds`` for what is under way, then end its programs."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        with self._lock:
            left = list(self._running)
        for program in left:
            _end(program)

    def _do(self, firing: Firing) -> None:
        try:
            body = json.dumps(firing.to_dict()).encode()
            trouble = self._run(firing, body) if firing.hook.then else _post(firing.hook, body)
            if trouble:
                self._warn(f"hook '{firing.hook.name}': {trouble}")
        finally:
            self._free.release()

    def _run(self, firing: Firing, body: bytes) -> str:
        hook = firing.hook
        try:
            program = subprocess.Popen(  # noqa: S603 - what the user's own file names; no shell
                hook.then,
                stdin=subprocess.PIPE,
                # Standard output is the run's own: it may be JSON lines that somebody reads.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_environment(firing)},
                # Ctrl-C is for the run, which then ends what it has started.
                start_new_session=True,
            )
        except OSError as error:
            return f"cannot run {hook.then[0]}: {error.strerror or error}"
        with self._lock:
            self._running.add(program)
        try:
            program.communicate(body, timeout=hook.timeout_seconds)
        except subprocess.TimeoutExpired:
            _end(program)
            return f"{hook.then[0]} was ended after {hook.timeout_seconds:g} s; timeout_seconds allows more"
        finally:
            with self._lock:
                self._running.discard(program)
        return f"{hook.then[0]} ended with exit code {program.returncode}" if program.returncode else ""


def _environment(firing: Firing) -> dict[str, str]:
    return {
        "EMOTRACE_HOOK": firing.hook.name,
        "EMOTRACE_EMOTION": firing.prediction.emotion,
        "EMOTRACE_PROBABILITY": f"{firing.probability:.4f}",
    }


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program and what it has started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(program.pid, signal.SIGKILL)
        else:
            program.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(1.0)


def _post(hook: Hook, body: bytes) -> str:
    """Post to the address given and to no other: redirections are not followed, and no proxy is asked."""
    parts = urlsplit(hook.url)
    assert parts.hostname is not None
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=hook.timeout_seconds)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", target, body, {"Content-Type": "application/json", "User-Agent": "emotrace"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"cannot post to {hook.url}: {getattr(error, 'strerror', None) or error or type(error).__name__}"
    finally:
        connection.close()
    if 300 <= status < 400:
        return f"{hook.url} answered {status}: it has moved; give its new address"
    return "" if status < 300 else f"{hook.url} answered {status}"
