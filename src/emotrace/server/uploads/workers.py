"""The processes that decode and judge uploads, so that no recording can harm the server.

A decoder that crashes, loops or eats memory takes its own process with it, which is replaced; the request gets
an answer, and nobody else notices. Server and worker talk over a pair of sockets: the server sends one line of
JSON and the open, nameless file (as a file descriptor), the worker says that it begins, and answers with one line
of JSON and the bytes of the report; between them it may say in lines of its own how much of the file it has read.
One that dies before it begins costs nobody anything: another one gets the job. Nothing is unpickled, and no name
that a client gave reaches the file system.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from emotrace import errors
from emotrace.server.limits import ServiceFull
from emotrace.server.logs import LOGGER
from emotrace.server.metrics import Metrics
from emotrace.server.problems import Problem, problem_of_error, unexpected
from emotrace.server.settings import Settings

# What the server can import, in its order, and nothing else: -m would add what lies in the working folder.
_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from emotrace.server.uploads.worker import main; main()"
_LONGEST_LINE = 256 * 1024
_MOST_ANSWER_BYTES = 256 * 1024**2
_START_SECONDS = 60.0
# Of the time that a request may take: a worker must not be asked at the last moment, only to be killed for it.
_WAITING_SHARE = 0.9
# A job whose client has gone may end by itself for so long: a new process costs more than a short job.
_ABANDONED_SECONDS = 5.0
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker made of an upload.

    Attributes
    ----------
    body
        The report, UTF-8; for the task ``player`` a line of JSON, and the bytes of a small recording.
    audio_seconds
        Length of the recording.
    n_predictions
        How many predictions the report holds.
    warnings
        What is odd about the recording, one line each.
    """

    body: bytes
    audio_seconds: float
    n_predictions: int
    warnings: tuple[str, ...]


class WorkerPool:
    """A fixed number of workers, and a bounded line of uploads that wait for one.

    Parameters
    ----------
    settings
        ``n_workers``, ``queue_length``, ``request_timeout_seconds``, and what the workers are told.
    hashes
        SHA-256 of each bundle of ``settings``, in order: a worker that is started later must find the same.
    metrics
        Where replaced workers are counted.
    """

    def __init__(self, settings: Settings, hashes: Mapping[str, str], metrics: Metrics) -> None:
        self._settings = settings
        self._hashes = dict(hashes)
        self._metrics = metrics
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._keepers: list[asyncio.Task[None]] = []
        self._jobs: set[asyncio.Task[Answer]] = set()
        self._workers: list[_Worker] = []
        self._job_seconds = 0.5
        self.n_waiting = 0

    @property
    def n_ready(self) -> int:
        """How many workers are up, busy or not."""
        return sum(worker.is_up for worker in self._workers)

    @property
    def process_ids(self) -> list[int]:
        """The processes that are up, the longest-lived first."""
        return [worker.process_id for worker in self._workers if worker.is_up]

    @property
    def n_busy(self) -> int:
        """How many uploads are being heard."""
        return len(self._jobs)

    def start(self) -> None:
        """Start the workers, in the background."""
        self._keepers = [asyncio.create_task(self._keep_one()) for _ in range(self._settings.n_workers)]

    async def stop(self) -> None:
        """End all workers at once."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*self._jobs, return_exceptions=True)
        self._keepers = []

    def refuse_if_full(self) -> None:
        """Raise `ServiceFull` if one more upload would find no place in the line."""
        if self._idle.empty() and self.n_waiting >= self._settings.queue_length:
            wait = self._job_seconds * (self.n_waiting + 1) / self._settings.n_workers
            raise ServiceFull(
                "queue",
                f"all workers are busy and {self.n_waiting} uploads wait for them; try again in a moment",
                round(min(max(wait, 1.0), 60.0)),
            )

    async def run(
        self, job: Mapping[str, Any], file: int, on_read: Callable[[float], None] | None = None
    ) -> Answer:
        """Let a worker hear the recording behind the file descriptor ``file``.

        ``job["task"]`` is ``predict``, ``analyze``, or ``player``: the waveform, and a small copy to be played.
        Now and then ``on_read`` is given the share of the file, 0 to 1, that has been read so far. When this is
        cancelled, what has begun is ended soon, and what has not never begins.

        Raises
        ------
        ServiceFull
            At once, if too many wait already.
        Problem
            What is wrong with the recording or the job; 504 if it takes too long, 500 if its worker dies.
        """
        self.refuse_if_full()
        started, allowed = asyncio.get_running_loop().time(), self._settings.request_timeout_seconds
        deadline = started + allowed
        while True:
            worker = await self._next_worker(started + _WAITING_SHARE * allowed)
            task = asyncio.create_task(self._ask(worker, job, file, deadline, on_read))
            self._jobs.add(task)
            task.add_done_callback(self._forget)
            try:
                return await asyncio.shield(task)
            except _NotBegunError:
                continue
            except asyncio.CancelledError:
                if not task.done():
                    worker.end_within(_ABANDONED_SECONDS, "abandoned")
                raise

    def _forget(self, task: asyncio.Task[Answer]) -> None:
        self._jobs.discard(task)
        if not task.cancelled():
            # Looked at, because nobody else may: its client may have gone.
            task.exception()

    async def _ask(
        self,
        worker: _Worker,
        job: Mapping[str, Any],
        file: int,
        deadline: float,
        on_read: Callable[[float], None] | None,
    ) -> Answer:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            answer = await worker.ask(job, file, deadline - started, on_read)
        finally:
            if worker.is_up:
                self._idle.put_nowait(worker)
        self._job_seconds += 0.2 * (loop.time() - started - self._job_seconds)
        return answer

    async def _next_worker(self, deadline: float) -> _Worker:
        self.n_waiting += 1
        try:
            while True:
                left = deadline - asyncio.get_running_loop().time()
                worker = await asyncio.wait_for(self._idle.get(), left)
                # One that died while it had nothing to do is still in the line.
                if worker.is_up:
                    return worker
        except asyncio.TimeoutError:
            raise _too_slow(self._settings) from None
        finally:
            self.n_waiting -= 1

    async def _keep_one(self) -> None:
        """Keep one worker up for ever; after failed starts, wait longer and longer."""
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            worker = _Worker(self._settings, self._hashes)
            self._workers.append(worker)
            try:
                await worker.start()
                self._idle.put_nowait(worker)
                pause = _SHORTEST_PAUSE_SECONDS
                await worker.wait()
                reason = worker.fate
            except (_StartError, OSError) as error:
                LOGGER.error("worker cannot start", extra={"reason": str(error)})
                reason = "failed_to_start"
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            finally:
                self._workers.remove(worker)
                await worker.kill()
            LOGGER.warning("worker replaced", extra={"reason": reason})
            self._metrics.worker_restarted(reason)


class _StartError(Exception):
    """A worker did not come up; says why."""


class _NotBegunError(Exception):
    """A worker died before it touched the recording."""


class _Worker:
    """One process, with at most one job at a time.

    Attributes
    ----------
    fate
        Why it ended or is about to: ``crashed``, ``too_slow`` or ``abandoned``.
    """

    def __init__(self, settings: Settings, hashes: Mapping[str, str]) -> None:
        self._settings = settings
        self._hashes = hashes
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self._link: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_ready = False
        self.fate = "crashed"

    @property
    def is_up(self) -> bool:
        """True from the end of its start to its death."""
        return self._is_ready

    @property
    def process_id(self) -> int:
        """Of a worker that has been started."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start the process and wait until it has loaded the models."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._link = ours
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _BOOT, str(theirs.fileno()), *sys.path),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                # Decoders print what they like about a recording; nobody's recording belongs in a log.
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                # Ctrl-C in the terminal is for the server, which lets running jobs end.
                start_new_session=True,
            )
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours.dup(), limit=_LONGEST_LINE)
        self._writer.write(_line(self._hello()))
        try:
            head = json.loads(await asyncio.wait_for(self._reader.readline(), _START_SECONDS))
        except (OSError, ValueError, asyncio.TimeoutError):
            raise _StartError(f"no sign of life within {_START_SECONDS:g} s, or it died") from None
        if head.get("error"):
            raise _StartError(str(head["error"]))
        self._is_ready = True

    def _hello(self) -> dict[str, Any]:
        s = self._settings
        return {
            "model": s.model,
            "more_models": list(s.more_models),
            "labels": s.labels,
            "hashes": dict(self._hashes),
            "max_body_bytes": s.max_body_bytes,
            "max_seconds": s.max_seconds,
            "max_channels": s.max_channels,
            "memory_bytes": s.worker_memory_bytes,
        }

    async def wait(self) -> None:
        """Wait for its death."""
        assert self._process is not None
        await self._process.wait()
        self._is_ready = False

    async def ask(
        self, job: Mapping[str, Any], file: int, seconds: float, on_read: Callable[[float], None] | None = None
    ) -> Answer:
        """Have a job done; raise `Problem`, or `_NotBegunError` if it died before it began."""
        assert self._link is not None
        seconds = max(seconds, 0.0)
        has_begun = False
        try:
            socket.send_fds(self._link, [_line({**job, "seconds": seconds, "tells": on_read is not None})], [file])
        except OSError:
            await self.kill()
            raise _NotBegunError from None
        self.end_within(seconds, "too_slow")
        try:
            # One that is being killed takes the job, and may be gone a moment later.
            has_begun = bool(json.loads(await self._reader.readline())["begun"])
            head, body = await self._read_answer(on_read)
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            # Dead, or no longer to be trusted.
            await self.kill()
            if not has_begun and self.fate == "crashed":
                raise _NotBegunError from None
            raise self._problem() from None
        finally:
            assert self._timer is not None
            self._timer.cancel()
        return _to_answer(head, body, str(job.get("request_id", "")))

    def end_within(self, seconds: float, fate: str) -> None:
        """Kill it unless the job is done by then."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end, fate)

    def _end(self, fate: str) -> None:
        self.fate = fate
        self._is_ready = False
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _read_answer(self, on_read: Callable[[float], None] | None) -> tuple[dict[str, Any], bytes]:
        while "read" in (head := json.loads(await self._reader.readline())):
            if on_read is not None:
                on_read(min(max(float(head["read"]), 0.0), 1.0))
        n_bytes = int(head["n_bytes"])
        if not 0 <= n_bytes <= _MOST_ANSWER_BYTES:
            raise ValueError("an answer longer than any report")
        return head, await self._reader.readexactly(n_bytes)

    def _problem(self) -> Problem:
        if self.fate == "too_slow":
            return _too_slow(self._settings)
        return Problem(
            500,
            "worker-died",
            "the process that heard this recording died, perhaps of the recording; others are not harmed: "
            "try once more, or export the recording again as WAV or FLAC",
        )

    async def kill(self) -> None:
        """End it at once and let go of all it held."""
        self._is_ready = False
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        if self._link is not None:
            self._link.close()


def _to_answer(head: dict[str, Any], body: bytes, request_id: str) -> Answer:
    if "error" in head:
        raise _to_problem(head, request_id)
    return Answer(
        body=body,
        audio_seconds=float(head["audio_seconds"]),
        n_predictions=int(head["n_predictions"]),
        warnings=tuple(str(line) for line in head["warnings"]),
    )


def _to_problem(head: dict[str, Any], request_id: str) -> Problem:
    kind = getattr(errors, str(head["error"]), None)
    if isinstance(kind, type) and issubclass(kind, errors.EmotraceError):
        problem, reason = problem_of_error(kind, str(head["message"])), str(head["message"])
    else:
        problem, reason = unexpected(), str(head.get("where", ""))
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        facts = {"request_id": request_id, "kind": str(head["error"]), "reason": reason}
        LOGGER.error("worker failed", extra=facts)
    return problem


def _too_slow(settings: Settings) -> Problem:
    return Problem(
        504,
        "too-slow",
        f"not done within {settings.request_timeout_seconds:g} s; send a shorter recording, or come when less is "
        "going on",
    )


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"
