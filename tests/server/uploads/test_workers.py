"""Isolation: whatever happens to a worker, its request gets a clear answer and nobody else notices."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import soundfile
from numpy.typing import NDArray
from tests.server.conftest import RATE, wav_bytes
from tests.server.servers import Running, serving, wait_until
from tests.tiny_bundles import LABELS, make_emotion_bundle

import emotrace
from emotrace.server.problems import Problem
from emotrace.server.uploads.workers import Answer


@pytest.fixture(scope="module")
def one() -> Iterator[Running]:
    """A server with one worker and one place to wait, for tests that leave it with a worker that is up."""
    with serving(queue_length=1) as server:
        yield server


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(30) as pool:
        yield pool


def ask(server: Running, body: bytes, **params: Any) -> httpx.Response:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        return client.post("/v1/predict", content=body, params=params)


def restarts(server: Running, reason: str) -> float:
    name = "emotrace_worker_restarts_total"
    return server.service.metrics.registry.get_sample_value(name, {"reason": reason}) or 0.0


def long_recording() -> bytes:
    """Give ten minutes of noise: seconds of work for a worker."""
    stream = io.BytesIO()
    noise = np.random.default_rng(0).normal(0, 0.1, 590 * 8000)
    soundfile.write(stream, noise, 8000, format="WAV", subtype="PCM_U8")
    return stream.getvalue()


def hard_at_work(idle_seconds: dict[psutil.Process, float]) -> list[psutil.Process]:
    """Give the workers that have taken more time of a processor than receiving a recording takes."""
    return [worker for worker, seconds in idle_seconds.items() if worker.cpu_times().user - seconds > 0.2]


def in_flight(server: Running, threads: ThreadPoolExecutor, body: bytes) -> Future[httpx.Response]:
    """Send a clip to a worker that is stopped in its tracks, and wait until it has it."""
    n_busy = server.service.workers.n_busy
    request = threads.submit(ask, server, body)
    wait_until(lambda: server.service.workers.n_busy == n_busy + 1, "the worker to be asked")
    return request


def test_sigkill_in_the_midst_of_a_request(threads: ThreadPoolExecutor, clip: bytes) -> None:
    with serving(n_workers=2) as server:
        workers = server.workers()
        idle_seconds = {worker: worker.cpu_times().user for worker in workers}
        long = threads.submit(server.client.post, "/v1/analyze", content=long_recording(), params={"hop": "0.1"})
        wait_until(lambda: hard_at_work(idle_seconds), "a worker that is hearing")
        (victim,) = hard_at_work(idle_seconds)
        (other,) = set(workers) - {victim}
        other.send_signal(signal.SIGSTOP)
        short = in_flight(server, threads, clip)
        victim.kill()
        response = long.result()
        assert response.status_code == 500
        problem = response.json()
        assert problem["type"] == "urn:emotrace:problem:worker-died"
        assert problem["detail"].startswith("the process that heard this recording died, perhaps of the recording")
        # The other one is unharmed, and so is whoever comes next.
        other.send_signal(signal.SIGCONT)
        assert short.result().status_code == 200
        assert ask(server, clip).status_code == 200
        wait_until(lambda: server.service.workers.n_ready == 2, "the new worker")
        assert victim.pid not in [worker.pid for worker in server.workers()]
        assert restarts(server, "crashed") == 1
        workers = server.workers()
    # None outlives its server.
    assert not any(worker.is_running() and worker.status() != "zombie" for worker in workers)


def test_sigkill_before_the_recording_was_touched_costs_nobody_anything(
    threads: ThreadPoolExecutor, clip: bytes
) -> None:
    """The job has been sent, and the one that was to do it never looked at it: another one does it."""
    with serving() as server:
        (victim,) = server.workers()
        victim.send_signal(signal.SIGSTOP)
        request = in_flight(server, threads, clip)
        victim.kill()
        assert request.result().status_code == 200
        assert restarts(server, "crashed") == 1
        assert victim.pid not in [worker.pid for worker in server.workers()]


def test_a_worker_that_dies_idle_costs_nobody_anything(one: Running, clip: bytes) -> None:
    (worker,) = one.workers()
    worker.kill()
    # At once, while the server may not even have noticed.
    assert ask(one, clip).status_code == 200


def test_a_worker_that_hangs_or_takes_too_long_is_replaced(threads: ThreadPoolExecutor, clip: bytes) -> None:
    with serving(request_timeout_seconds=0.8) as server:
        (worker,) = server.workers()
        worker.send_signal(signal.SIGSTOP)
        first = in_flight(server, threads, clip)
        waiting = threads.submit(ask, server, clip)
        response = first.result()
        assert response.status_code == 504
        assert response.json()["detail"].startswith("not done within 0.8 s; send a shorter recording")
        # The one that waited in line had its time to wait, too, and is told the same if the new worker is late.
        assert waiting.result().status_code in (200, 504)
        wait_until(lambda: server.service.workers.n_ready == 1, "the new worker")
        assert not worker.is_running()
        assert restarts(server, "too_slow") == 1
        (worker,) = server.workers()
        response = server.client.post("/v1/analyze", content=long_recording(), params={"hop": "0.1"})
        assert response.status_code == 504
        wait_until(lambda: not worker.is_running(), "its death")
        wait_until(lambda: server.service.workers.n_ready == 1, "the new worker")
        assert restarts(server, "too_slow") == 2
        assert ask(server, clip).status_code == 200


def test_a_recording_that_takes_too_much_memory_is_refused(clip: bytes) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(590 * 8000, np.int16), 8000, format="FLAC")
    with serving(worker_memory_bytes=16 * 1024**2) as server:
        (worker,) = server.workers()
        response = server.client.post("/v1/predict", content=stream.getvalue())
        problem = response.json()
        assert (response.status_code, problem["type"]) == (413, "urn:emotrace:problem:too-large")
        assert (
            problem["detail"] == "upload: needs more memory than a recording may; split it or send fewer channels"
        )
        assert worker.is_running()
        assert ask(server, clip).status_code == 200


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="limits of others cannot be asked for here")
def test_workers_cannot_write_files_and_are_polite(one: Running) -> None:
    (worker,) = one.workers()
    assert worker.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert worker.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    soft, hard = worker.rlimit(psutil.RLIMIT_AS)
    assert soft == hard < 4 * 1024**3
    assert worker.nice() > 0


def test_workers_import_nothing_from_the_working_folder(
    one: Running, clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("json", "numpy", "soundfile", "emotrace"):
        (tmp_path / f"{module}.py").write_text("open('was-here', 'w')")
    monkeypatch.chdir(tmp_path)
    (worker,) = one.workers()
    worker.kill()
    assert ask(one, clip).status_code == 200
    assert one.workers()[0].cwd() == str(tmp_path)
    assert not (tmp_path / "was-here").exists()


def test_who_goes_away_leaves_the_line(one: Running, threads: ThreadPoolExecutor, clip: bytes) -> None:
    (worker,) = one.workers()
    worker.send_signal(signal.SIGSTOP)
    first = in_flight(one, threads, clip)
    with httpx.Client(base_url=one.url, timeout=0.5) as client, pytest.raises(httpx.ReadTimeout):
        client.post("/v1/predict", content=clip)
    wait_until(lambda: one.service.workers.n_waiting == 0, "the place in the line")
    second = threads.submit(ask, one, clip)
    wait_until(lambda: one.service.workers.n_waiting == 1, "the line")
    assert ask(one, clip).status_code == 503
    worker.send_signal(signal.SIGCONT)
    assert first.result().status_code == second.result().status_code == 200
    assert restarts(one, "abandoned") == 0


def test_more_than_can_wait_are_refused_at_once_and_the_rest_get_their_own_answers(
    threads: ThreadPoolExecutor, caller: NDArray[np.float32]
) -> None:
    recogniser = emotrace.load()
    clips = [wav_bytes(caller[round(second * RATE) : round((second + 3) * RATE)]) for second in range(10, 34)]
    expected = [{**recogniser.predict(io.BytesIO(each)).to_dict(), "file": "upload"} for each in clips]
    assert len({str(each) for each in expected}) > 15
    with serving(queue_length=8) as server:
        (worker,) = server.workers()
        worker.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        answers = [threads.submit(ask, server, each) for each in clips]
        wait_until(lambda: sum(answer.done() for answer in answers) == 24 - 9, "the refusals")
        assert time.monotonic() - started < 20
        worker.send_signal(signal.SIGCONT)
        accepted = 0
        for answer, right in zip(answers, expected, strict=True):
            response = answer.result()
            if response.status_code == 200:
                accepted += 1
                assert response.json() == right
            else:
                assert response.status_code == 503
                assert response.json()["type"] == "urn:emotrace:problem:full-queue"
                assert response.json()["detail"] == (
                    "all workers are busy and 8 uploads wait for them; try again in a moment"
                )
                assert 1 <= int(response.headers["retry-after"]) <= 60
        assert accepted == 9
        refused = server.service.metrics.registry.get_sample_value("emotrace_refusals_total", {"reason": "queue"})
        assert refused == 15


def test_without_workers_it_is_not_ready(one: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    (worker,) = one.workers()
    with monkeypatch.context() as broken:
        broken.setattr("emotrace.server.uploads.workers._BOOT", "import sys; sys.exit(3)")
        worker.kill()
        wait_until(lambda: restarts(one, "failed_to_start") >= 2, "starts that fail")
        response = one.client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["type"] == "urn:emotrace:problem:not-ready"
        assert response.json()["detail"] == "no worker is up yet"
        assert response.headers["retry-after"] == "1"
        assert one.client.get("/healthz").status_code == 200
    wait_until(lambda: one.client.get("/readyz").status_code == 200, "the new worker")


def test_a_failure_is_told_to_the_log_under_the_name_of_its_request(
    one: Running, clip: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that no worker understands is the server's own fault."""
    job = {"task": "predict", "request_id": "r-7", "name": "x", "model": None, "labels": None, "channel": "mix"}
    n_before = restarts(one, "crashed")
    with tempfile.TemporaryFile() as file:
        file.write(clip)
        file.flush()
        work = asyncio.run_coroutine_threadsafe(one.service.workers.run(job, file.fileno()), one.loop)
        with pytest.raises(Problem, match="the server failed; its log says more under this request_id") as failed:
            work.result(60)
    assert failed.value.status == 500
    (record,) = (each for each in caplog.records if each.message == "worker failed")
    assert (record.request_id, record.kind) == ("r-7", "KeyError")
    assert "worker.py" in record.reason
    # The worker lives on.
    assert ask(one, clip).status_code == 200
    assert restarts(one, "crashed") == n_before


def test_a_worker_loads_nothing_of_the_web() -> None:
    code = (
        "import sys, emotrace.server.uploads.worker; "
        "print([m for m in ('fastapi', 'starlette', 'pydantic', 'uvicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_bundle_that_was_exchanged_is_not_served(tmp_path: Path, clip: bytes) -> None:
    bundle = make_emotion_bundle(tmp_path / "tiny")
    with serving(model=str(bundle.path)) as server:
        assert ask(server, clip).status_code == 200
        shutil.rmtree(bundle.path)
        make_emotion_bundle(bundle.path, LABELS[:3])
        server.workers()[0].kill()
        wait_until(lambda: restarts(server, "failed_to_start") >= 1, "a start that fails")
        assert server.client.get("/readyz").status_code == 503


def run_job(server: Running, task: str, body: bytes, on_read: Any = None, name: str = "x.flac") -> Answer:
    """Give a worker a job as the web app does."""
    job = {"task": task, "format": "json", "model": None, "labels": None, "channel": "mix", "window": None}
    job |= {"hop": None, "name": name, "request_id": "r"}
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.flush()
        work = server.service.workers.run(job, file.fileno(), on_read)
        return asyncio.run_coroutine_threadsafe(work, server.loop).result(60)


def test_a_player_is_the_small_recording_and_the_peaks_of_every_channel(one: Running) -> None:
    signal = np.zeros((2 * RATE, 2), np.float32)
    signal[RATE:, 1] = 0.5 * np.sin(np.arange(RATE) * 2 * np.pi * 300 / RATE)
    stream = io.BytesIO()
    soundfile.write(stream, signal, RATE, format="FLAC")
    answer = run_job(one, "player", stream.getvalue())
    line, _, audio = answer.body.partition(b"\n")
    head = json.loads(line)
    assert (head["n_channels"], answer.audio_seconds, answer.n_predictions) == (2, 2.0, 0)
    assert head["media_type"].startswith("audio/")
    heard, rate = soundfile.read(io.BytesIO(audio))
    assert len(heard) / rate == pytest.approx(2.0, abs=0.05)
    assert np.abs(heard[: rate // 2]).max() < 0.01 < 0.2 < np.abs(heard[3 * rate // 2 :]).max()
    peaks = head["peaks"]
    assert set(peaks) == {"mix", "0", "1"}
    half = len(peaks["1"]) // 2
    assert max(peaks["0"]) == max(peaks["1"][: half - 1]) == 0.0
    assert max(peaks["1"]) == 1.0
    assert max(peaks["mix"]) == pytest.approx(0.5, abs=0.01)


def test_what_is_no_recording_has_no_player_and_the_worker_lives_on(one: Running, clip: bytes) -> None:
    (before,) = one.workers()
    with pytest.raises(Problem, match=r"notes\.txt: not audio") as refused:
        run_job(one, "player", b"only words, again and again" * 40, name="notes.txt")
    assert refused.value.status == 422
    assert ask(one, clip).status_code == 200
    assert one.workers() == [before]


def test_the_share_that_has_been_read_is_told_and_grows(one: Running, caller: NDArray[np.float32]) -> None:
    shares: list[float] = []
    answer = run_job(one, "analyze", wav_bytes(np.tile(caller, 12)), shares.append)
    assert answer.n_predictions > 100
    assert shares == sorted(shares)
    assert len(shares) >= 2
    assert 0.0 < shares[0] < 0.9
    assert shares[-1] <= 1.0
