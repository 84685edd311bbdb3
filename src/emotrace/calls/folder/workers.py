"""Processes that do calls side by side, none of which can take the others down.

A worker may be killed, run out of memory or crash in a decoder. Its call is tried once more, in a fresh process; a
call that ends its worker twice is given up, and all others go on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from emotrace.atomic import is_part
from emotrace.calls.folder.one_call import FolderSettings, Outcome, do_call, page_path
from emotrace.calls.folder.recordings import FoundCall
from emotrace.interrupts import interrupts_held_back

MOST_TRIES = 2
"""How many workers a call may end before it is given up."""


@dataclass(slots=True)
class _Task:
    call: FoundCall
    n_tries: int = 0


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    task: _Task | None = field(default=None)


def do_calls(calls: Sequence[FoundCall], settings: FolderSettings, n_jobs: int) -> Iterator[Outcome]:
    """Do calls in ``n_jobs`` processes and give each outcome as it comes.

    When the iteration is left, also by an exception, the processes are ended; what they had not finished is done
    anew the next time, and files that they had begun are removed.
    """
    waiting = deque(_Task(call) for call in calls)
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.task is not None for worker in workers):
            n_busy = sum(worker.task is not None for worker in workers)
            while len(workers) < min(n_jobs, n_busy + len(waiting)):
                workers.append(_start(settings))
            for worker in workers:
                if worker.task is None and waiting:
                    _give(worker, waiting.popleft())
            ready = wait([worker.connection for worker in workers if worker.task is not None])
            for worker in [worker for worker in workers if worker.connection in ready]:
                outcome = _take(worker, waiting)
                if worker.task is not None:
                    workers.remove(worker)
                    _end(worker)
                if outcome is not None:
                    yield outcome
    finally:
        for worker in workers:
            _end(worker)
        _sweep({page_path(call, settings).parent for call in calls})


def _sweep(folders: Iterable[Path]) -> None:
    """Remove the files that ended processes, now or in a run before, had begun and could not remove themselves."""
    for folder in folders:
        for file in folder.glob(".*.part"):
            if is_part(file):
                file.unlink(missing_ok=True)


def _start(settings: FolderSettings) -> _Worker:
    # Fresh processes: a forked copy of the model's runtime would have locks, but not the threads that hold them.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, settings), daemon=True)
    with interrupts_held_back():
        process.start()
    # Or the end of the worker would not be seen.
    theirs.close()
    return _Worker(process, ours)


def _give(worker: _Worker, task: _Task) -> None:
    worker.task = task
    task.n_tries += 1
    # A worker that is gone is found when its answer is waited for.
    with contextlib.suppress(OSError):
        worker.connection.send(task.call)


def _take(worker: _Worker, waiting: deque[_Task]) -> Outcome | None:
    """Give what a worker has sent; if it has died instead, it keeps its task, which waits again or is given up."""
    task = worker.task
    assert task is not None
    try:
        outcome: Outcome = worker.connection.recv()
    except (EOFError, OSError):
        if task.n_tries < MOST_TRIES:
            waiting.append(task)
            return None
        return Outcome(task.call.name.as_posix(), error=f"{task.call.path}: {_epitaph(worker)}")
    worker.task = None
    return outcome


def _epitaph(worker: _Worker) -> str:
    worker.process.join()
    code = worker.process.exitcode or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return (
        f"the process that analysed it {how}, {MOST_TRIES} times; perhaps memory is short, or the file is harmful"
    )


def _end(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.terminate()
    worker.process.join()
    worker.process.close()


def _work(connection: Connection, settings: FolderSettings) -> None:
    """Do calls until nobody sends any more."""
    recogniser = settings.load()
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(do_call(connection.recv(), settings, recogniser))
