"""Tasks in processes: results by their place, crashes outlived."""

from __future__ import annotations

import math
import multiprocessing
import os
import time

import pytest

from emotrace.errors import EmotraceError
from emotrace.learn._processes import Death, run_tasks, usable_cores


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_every_task_is_done_once(n_jobs):
    numbers = list(range(20))
    assert dict(run_tasks(math.factorial, numbers, n_jobs)) == {n: math.factorial(n) for n in numbers}
    assert not multiprocessing.active_children()


def test_more_idle_workers_than_tasks_left():
    done = []
    for place, _ in run_tasks(math.factorial, [1, 2, 3, 4, 5], 3):
        done.append(place)
        # Meanwhile the other two have finished, and only one task is left for them.
        time.sleep(0.5)
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_work_is_done_elsewhere_and_on_one_thread(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    names = ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"]
    found = dict(run_tasks(os.getenv, names, 2))
    assert (found[0], found[1]) == ("1", "3")
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_a_crash_takes_nobody_else_down():
    # Work that any fresh process can import, and that does what each task says.
    tasks = [
        "1 + 1",
        "__import__('os')._exit(7)",
        "abs(-4)",
        "__import__('os').kill(__import__('os').getpid(), 9)",
    ]
    results = dict(run_tasks(eval, [*tasks, "max(3, 9)"], 2))
    assert (results[0], results[2], results[4]) == (2, 4, 9)
    assert results[1] == Death("ended with exit code 7")
    assert results[3] == Death("was killed by signal 9")


def test_a_users_error_stays_one():
    task = "__import__('emotrace.errors').errors.UsageError('n is 0; it must be above 0')"
    with pytest.raises(EmotraceError, match=r"^n is 0; it must be above 0$"):
        list(run_tasks(eval, [f"(_ for _ in ()).throw({task})"] * 2, 2))


def test_errors_come_back():
    with pytest.raises(RuntimeError, match="ValueError: factorial"):
        list(run_tasks(math.factorial, [3, -1, 4], 2))
    with pytest.raises(ValueError, match="factorial"):
        list(run_tasks(math.factorial, [3, -1, 4], 1))
    assert not multiprocessing.active_children()


def test_an_iteration_that_is_left_ends_its_processes():
    results = run_tasks(math.sqrt, [4.0, 9.0, 16.0], 2)
    next(results)
    assert multiprocessing.active_children()
    results.close()
    assert not multiprocessing.active_children()


def test_cores_are_counted():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
