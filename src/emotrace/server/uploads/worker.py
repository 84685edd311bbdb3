"""A process that hears one upload after the other; see `emotrace.server.uploads.workers`, which starts it.

It gives up what it does not need before it touches a recording: it cannot write files,
leaves no core dumps, is bounded in memory, and ends when the server does.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from emotrace.audio.channels import Channel
from emotrace.audio.decode import open_audio
from emotrace.calls.player import make_player_audio
from emotrace.errors import AudioWarning, EmotraceError, LimitError
from emotrace.server.models import Models
from emotrace.server.settings import Settings
from emotrace.server.uploads.clip import encode_clip
from emotrace.server.uploads.formats import load_writer

_PIECE_BYTES = 64 * 1024
_POLITENESS = 5
# The server kills who is late; should the server be dead, the process ends itself a little later.
_SPARE_SECONDS = 5.0
_MOST_WARNINGS = 10
_WARM_UP_SECONDS = 3
# How often a job that wants to hear of it is told how far it is.
_TELL_SECONDS = 0.2


def main() -> None:
    """Load the models, say so, and hear what comes until the server hangs up."""
    link = socket.socket(fileno=int(sys.argv[1]))
    hello, _ = _receive(link)
    try:
        models = _load(hello)
        _give_up_rights(int(hello["memory_bytes"]))
    except EmotraceError as error:
        _send(link, {"error": str(error)})
        return
    _send(link, {"ready": True})
    while True:
        job, files = _receive(link)
        signal.setitimer(signal.ITIMER_REAL, float(job["seconds"]) + _SPARE_SECONDS)
        # From here on it may be the recording that ends this process; before, another one can have the job.
        _send(link, {"begun": True})
        with os.fdopen(files[0], "rb") as file:
            head, body = _hear(models, job, file, lambda share: _send(link, {"read": share}))
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        _send(link, {**head, "n_bytes": len(body)}, body)


def _load(hello: dict[str, Any]) -> Models:
    models = Models(
        Settings(
            model=hello["model"],
            more_models=tuple(hello["more_models"]),
            labels=hello["labels"],
            max_body_bytes=hello["max_body_bytes"],
            max_seconds=hello["max_seconds"],
            max_channels=hello["max_channels"],
        )
    )
    if models.hashes != hello["hashes"]:
        raise EmotraceError("the bundles are not those that the server was started with; start it anew")
    models.warm_up(_WARM_UP_SECONDS)
    return models


def _give_up_rights(memory_bytes: int) -> None:
    # Live streams, which run in the server itself, go first.
    os.nice(_POLITENESS)
    with contextlib.suppress(ImportError):
        import resource

        for what, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_AS, _addressed_bytes() + memory_bytes),
        ):
            # Systems differ in what they let a process limit.
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(what, (most, most))


def _addressed_bytes() -> int:
    """Give how much memory this process addresses now, 0 where the system does not say."""
    try:
        n_pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return n_pages * os.sysconf("SC_PAGE_SIZE")


def _hear(
    models: Models, job: dict[str, Any], file: io.BufferedReader, tell: Callable[[float], None]
) -> tuple[dict[str, Any], bytes]:
    upload = _Upload(file, job["name"], tell if job.get("tells") else None)
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", AudioWarning)
            body, audio_seconds, n_predictions = _report(models, job, upload)
    except EmotraceError as error:
        return {"error": type(error).__name__, "message": str(error)}, b""
    except MemoryError:
        message = f"{job['name']}: needs more memory than a recording may; split it or send fewer channels"
        return {"error": LimitError.__name__, "message": message}, b""
    except Exception as error:
        # Where, not what: the words of the error may be those of the recording.
        where = " < ".join(f"{f.filename}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)))
        return {"error": type(error).__name__, "where": where}, b""
    notes = [str(each.message) for each in heard[:_MOST_WARNINGS]]
    return {"audio_seconds": audio_seconds, "n_predictions": n_predictions, "warnings": notes}, body


def _report(models: Models, job: dict[str, Any], upload: _Upload) -> tuple[bytes, float, int]:
    if job["task"] == "player":
        return _make_player(models, upload)
    if job["task"] == "clip":
        return (*encode_clip(upload, models.limits), 0)  # type: ignore[arg-type]
    recogniser = models.recogniser(job["model"], job["labels"])
    channel: int | Literal["mix", "each"] = job["channel"]
    stream = io.StringIO()
    if job["task"] == "predict":
        assert channel != "each"
        prediction = recogniser.predict(upload, channel=channel)  # type: ignore[arg-type]
        load_writer(job["format"], "predict")([prediction], stream)
        return stream.getvalue().encode(), prediction.segment.end, 1
    window, hop = job["window"], job["hop"]
    if channel == "each":
        timelines = recogniser.analyze_each(upload, window, hop)  # type: ignore[arg-type]
    else:
        timelines = [
            recogniser.analyze(upload, channel=channel, window_seconds=window, hop_seconds=hop)  # type: ignore[arg-type]
        ]
    load_writer(job["format"], "analyze")(timelines, stream)
    return stream.getvalue().encode(), timelines[0].duration, sum(len(t.predictions) for t in timelines)


def _make_player(models: Models, upload: _Upload) -> tuple[bytes, float, int]:
    """Give a line of JSON (channels, media type, peaks of the mix and of each), and a small recording after it."""
    with warnings.catch_warnings():
        # What is odd is told by the pass over all of it.
        warnings.simplefilter("ignore", AudioWarning)
        with open_audio(upload, models.limits) as reader:  # type: ignore[arg-type]
            recording = reader.recording
    channels: list[Channel] = ["mix", *range(recording.n_channels)]
    player = make_player_audio(upload, {str(each): each for each in channels}, models.limits)  # type: ignore[arg-type]
    head = {"n_channels": recording.n_channels, "media_type": player.media_type, "peaks": player.peaks}
    return json.dumps(head).encode() + b"\n" + (player.audio or b""), recording.duration or 0.0, 0


class _Upload:
    """The nameless file under the name that its sender calls it by, for results and messages only.

    ``tell`` is told, now and then, which share of it has been read.
    """

    def __init__(self, file: io.BufferedReader, name: str, tell: Callable[[float], None] | None) -> None:
        self.name = name
        self.tell, self.seekable = file.tell, file.seekable
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._tell_share = tell
        self._told_at = time.monotonic()

    def read(self, n_bytes: int = -1) -> bytes:
        """Read up to ``n_bytes``, all that is left if negative."""
        data = self._file.read(n_bytes)
        now = time.monotonic()
        if self._tell_share is not None and now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._tell_share(min(self._file.tell() / max(self._size, 1), 1.0))
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; to the end where a damaged file points farther than any file may reach."""
        return self._file.seek(min(offset, self._size), whence)


def _receive(link: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Take one line of JSON and the files that come with it; end the process when the server hangs up."""
    line, files = b"", []
    while not line.endswith(b"\n"):
        piece, more, _, _ = socket.recv_fds(link, _PIECE_BYTES, 1)
        if not piece:
            sys.exit(0)
        line += piece
        files += more
    record: dict[str, Any] = json.loads(line)
    return record, files


def _send(link: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    try:
        link.sendall(json.dumps(head).encode() + b"\n" + body)
    except OSError:
        sys.exit(0)
