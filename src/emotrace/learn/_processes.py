"""Tasks done side by side in processes, none of which can take the others down.

A worker may be killed, run out of memory or crash in a decoder. Its task is tried once more, in a fresh process; a
task that ends its worker twice is given up, and all others go on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from emotrace.errors import EmotraceError
from emotrace.interrupts import interrupts_held_back

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_TRIES = 2
"""How many workers a task may end before it is given up."""

# Processes already use every core; threads of linear algebra on top of them would fight for the cores.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Death:
    """What is given in place of a result when the task ended its process; ``how`` says how it ended."""

    how: str


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    task: int | None = None


@dataclass(frozen=True)
class _Failure:
    """An exception, in a form that every process can read."""

    text: str
    is_users: bool


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_tasks(
    work: Callable[[Task], Result], tasks: Sequence[Task], n_jobs: int
) -> Iterator[tuple[int, Result | Death]]:
    """Do all tasks and give the place of each among ``tasks``, with its result, as they are done.

    With one job they are done here, one after another. Else ``work`` is sent to ``n_jobs`` fresh processes, which
    are ended when the iteration is left, also by an exception.

    Raises
    ------
    EmotraceError
        What ``work`` has raised, with its message.
    RuntimeError
        With the traceback of anything else that it has raised in a process.
    """
    if n_jobs == 1 or len(tasks) < 2:
        yield from ((place, work(task)) for place, task in enumerate(tasks))
        return
    waiting, n_tries = deque(range(len(tasks))), [0] * len(tasks)
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.task is not None for worker in workers):
            n_busy = sum(worker.task is not None for worker in workers)
            while len(workers) < min(n_jobs, n_busy + len(waiting)):
                workers.append(_start(work))
            for worker in [worker for worker in workers if worker.task is None][: len(waiting)]:
                worker.task = waiting.popleft()
                n_tries[worker.task] += 1
                # A worker that is gone is found when its answer is waited for.
                with contextlib.suppress(OSError):
                    worker.connection.send(tasks[worker.task])
            ready = wait([worker.connection for worker in workers if worker.task is not None])
            for worker in [worker for worker in workers if worker.connection in ready]:
                place = worker.task
                assert place is not None
                try:
                    yield place, _receive(worker)
                    worker.task = None
                except (EOFError, ConnectionError):
                    workers.remove(worker)
                    how = _end(worker)
                    if n_tries[place] < MOST_TRIES:
                        waiting.append(place)
                    else:
                        yield place, Death(how)
    finally:
        for worker in workers:
            _end(worker)


def _receive(worker: _Worker) -> Any:
    answer = worker.connection.recv()
    if isinstance(answer, _Failure):
        raise EmotraceError(answer.text) if answer.is_users else RuntimeError(answer.text)
    return answer


def _start(work: Callable[[Task], Result]) -> _Worker:
    # Fresh processes: a forked copy of threaded libraries has their locks, but not the threads holding them.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with _one_thread(), interrupts_held_back():
        process.start()
    # Or the end of the worker would not be seen.
    theirs.close()
    worker = _Worker(process, ours)
    try:
        with contextlib.suppress(OSError):
            ours.send(work)
    except BaseException:
        _end(worker)
        raise
    return worker


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let a process that is started here do linear algebra on one thread, unless the user wants it otherwise."""
    # Only what a process begins with counts: its first imports may already be NumPy.
    added = [name for name in _ONE_THREAD if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _end(worker: _Worker) -> str:
    """End a worker and say how it has ended."""
    worker.connection.close()
    # One that has crashed is told from one that is ended here.
    worker.process.join(0.2 if worker.task is not None else 0.0)
    code = worker.process.exitcode
    worker.process.terminate()
    worker.process.join()
    worker.process.close()
    if code is None:
        return "was lost"
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _serve(connection: Connection) -> None:
    """Do tasks until nobody sends any more."""
    with contextlib.suppress(EOFError, ConnectionError):
        work = connection.recv()
        while True:
            connection.send(_answer(work, connection.recv()))


def _answer(work: Callable[[Task], Result], task: Task) -> Result | _Failure:
    try:
        return work(task)
    except EmotraceError as error:
        return _Failure(str(error), is_users=True)
    except Exception:
        return _Failure(traceback.format_exc(), is_users=False)
