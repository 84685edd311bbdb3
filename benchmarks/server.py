"""What load does ``emotrace serve`` hold, and what does it do beyond that? Requests, live streams, memory.

The server is a process of its own, reached over the loopback interface; clients and server share the machine, so
that what is measured is less than a server of its own would give. All material is cut from the shipped demo call.
Every answer is compared with what the same recogniser gives for the same audio in this process: an answer of
another clip or stream would be found ("mixed"), as would one that is missing ("lost").

Requests: clips of 3 s (WAV, 16 kHz) are posted to /v1/predict by N clients, each of which sends its next clip when
the last one is answered; and by twice as many as the server takes (workers and queue), where it must refuse. A
client that is refused (503) waits 0.1 s and goes on with its next clip.

Streams: N clients send 16 kHz s16le in blocks of 0.1 s in real time for T seconds. The latency of a final result
is taken at the client: from sending the block that holds the last sample it needs (the end of its hop and the
algorithmic latency that the server states) until the result has come. A stream more than --max-streams is refused.

Memory: ten streams and two clients with clips at a time, for some minutes; the resident memory of the server and
of its workers, every 5 s, after half a minute of warming up.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import numpy as np
import psutil
import soundfile
from numpy.typing import NDArray
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import emotrace
from _measure import DEMO_CALL, ONE_THREAD, emotrace_command, parser, report
from emotrace.audio.load import load_audio
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.session import Session

RATE = 16_000
CLIP_SECONDS = 3
BLOCK_SECONDS = 0.1
REFUSED_SECONDS = 0.1
SAMPLE_SECONDS = 5.0
WARM_UP_SECONDS = 30.0

Answer = dict[str, Any]
Clips = list[tuple[bytes, Answer]]
Signal = NDArray[np.float32]


def main() -> None:
    """Measure, print, and write the results."""
    arguments = _arguments()
    os.environ.update(ONE_THREAD)
    call = np.concatenate([load_audio(DEMO_CALL, RATE, channel=channel) for channel in (1, 0)])
    recogniser = emotrace.load()
    clips = _cut_clips(call, recogniser)
    with _server(arguments) as (url, process):
        requests = asyncio.run(_measure_requests(url, clips, arguments))
        streams = asyncio.run(_measure_streams(url, process, call, recogniser, arguments))
        memory = asyncio.run(_measure_memory(url, process, call, recogniser, clips, arguments))
        metrics = _metrics(url)
    results = {
        "what": "emotrace serve over loopback, clients on the same machine; the default model, 16 kHz",
        "environment": ONE_THREAD,
        "settings": {
            "workers": arguments.workers,
            "queue": arguments.queue,
            "max_streams": arguments.max_streams,
            "seconds_each": arguments.seconds,
        },
        "requests_3_s_clips": requests,
        "real_time_streams": streams,
        "memory": memory,
        "counted_by_the_server": metrics,
    }
    packages = ["fastapi", "starlette", "uvicorn", "websockets", "pydantic", "httpx"]
    print("3-s clips:")
    report(_rows(requests), results, arguments.output, packages)
    print("\nreal-time streams:")
    report(_stream_rows(streams["levels"]), {}, None)
    print(f"\ntwice the places for streams: {streams['twice_the_limit']}")
    print(
        f"memory of server and workers: {memory['rss_mb_after_warm_up']} MB after warming up, "
        f"{memory['rss_mb_at_end']} MB after {memory['minutes']:g} min, at most {memory['rss_mb_max']} MB"
    )


def _arguments() -> argparse.Namespace:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=20.0, help="of each level of load (default %(default)s)")
    options.add_argument("--minutes", type=float, default=10.0, help="of steady load (default %(default)s)")
    options.add_argument("--workers", type=int, default=2, help="of the server (default %(default)s)")
    options.add_argument("--queue", type=int, default=8, help="of the server (default %(default)s)")
    options.add_argument("--max-streams", type=int, default=50, help="of the server (default %(default)s)")
    options.add_argument(
        "--streams", type=int, nargs="+", default=[10, 25, 50], metavar="N", help="levels (default 10 25 50)"
    )
    return options.parse_args()


@contextmanager
def _server(arguments: argparse.Namespace) -> Iterator[tuple[str, psutil.Process]]:
    """Run the server as a user does; give its address and its process."""
    command = [*emotrace_command(), "serve", "--port", "0", "--workers", str(arguments.workers)]
    command += ["--queue", str(arguments.queue), "--max-streams", str(arguments.max_streams)]
    with subprocess.Popen(  # noqa: S603 - the benchmark's own command
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().partition(" on ")[2].partition(" ")[0]
            deadline = time.monotonic() + 60
            while httpx.get(url + "/readyz").status_code != 200:
                assert time.monotonic() < deadline, "the server does not get ready"
                time.sleep(0.1)
            yield url, psutil.Process(server.pid)
        finally:
            server.terminate()


def _cut_clips(call: Signal, recogniser: Recogniser) -> Clips:
    """Cut clips that overlap by half, so that there are many, and answer them here."""
    clips = []
    for first in range(0, call.size - CLIP_SECONDS * RATE, CLIP_SECONDS * RATE // 2):
        stream = io.BytesIO()
        soundfile.write(stream, call[first : first + CLIP_SECONDS * RATE], RATE, format="WAV", subtype="PCM_16")
        answer = recogniser.predict(io.BytesIO(stream.getvalue())).to_dict()
        clips.append((stream.getvalue(), _without_name(answer)))
    distinct = {json.dumps(answer) for _, answer in clips if answer["probabilities"]}
    assert len(distinct) > 20, "clips with equal answers could not be told apart"
    return clips


def _without_name(answer: Answer) -> Answer:
    return {key: value for key, value in answer.items() if key != "file"}


async def _measure_requests(url: str, clips: Clips, arguments: argparse.Namespace) -> dict[str, Any]:
    limit = arguments.workers + arguments.queue
    levels = {"1": 1, "2": 2, "8": 8, "twice the limit": 2 * limit}
    found = {}
    for name, n_clients in levels.items():
        counts: Counter[str] = Counter()
        seconds: list[float] = []
        started = time.perf_counter()
        async with _clients(url, n_clients) as client:
            until = started + arguments.seconds
            await asyncio.gather(*(_post(client, clips, k, until, counts, seconds) for k in range(n_clients)))
        wall = time.perf_counter() - started
        found[name] = {
            "n_clients": n_clients,
            "answered_per_second": round(counts["answered"] / wall, 1),
            **{kind: counts[kind] for kind in ("answered", "refused", "lost", "mixed")},
            **_percentiles(seconds),
        }
    return found


@asynccontextmanager
async def _clients(url: str, n_clients: int) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=n_clients, max_keepalive_connections=n_clients)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=120.0) as client:
        yield client


async def _post(
    client: httpx.AsyncClient,
    clips: Clips,
    number: int,
    until: float,
    counts: Counter[str],
    seconds: list[float],
) -> None:
    """Send one clip after the other, each client other ones at a time."""
    while time.perf_counter() < until:
        clip, expected = clips[number % len(clips)]
        number += 7
        started = time.perf_counter()
        try:
            response = await client.post("/v1/predict", content=clip, headers={"Content-Type": "audio/wav"})
        except httpx.HTTPError:
            counts["lost"] += 1
            continue
        if response.status_code == 200:
            seconds.append(time.perf_counter() - started)
            counts["answered"] += 1
            counts["mixed"] += _without_name(response.json()) != expected
        elif response.status_code == 503:
            counts["refused"] += 1
            await asyncio.sleep(REFUSED_SECONDS)
        else:
            counts["lost"] += 1


async def _measure_streams(
    url: str, process: psutil.Process, call: Signal, recogniser: Recogniser, arguments: argparse.Namespace
) -> dict[str, Any]:
    found = {}
    for n_streams in arguments.streams:
        sent = [_excerpt(call, k, arguments.seconds) for k in range(n_streams)]
        cpu = _cpu_seconds(process)
        started = time.perf_counter()
        told = await asyncio.gather(*(_stream(url, data, k * 0.037) for k, data in enumerate(sent)))
        wall = time.perf_counter() - started
        cpu = _cpu_seconds(process) - cpu
        found[str(n_streams)] = {**_compare(told, sent, recogniser), "server_cpu_cores": round(cpu / wall, 2)}
    refused = await _count_refusals(url, arguments.max_streams, _excerpt(call, 0, 1.0))
    return {"levels": found, "twice_the_limit": refused}


def _excerpt(call: Signal, number: int, seconds: float) -> bytes:
    """Give each stream its own part of the call, which goes round."""
    start = number * 17_389 % call.size
    n_samples = round(seconds * RATE)
    taken = np.take(call, np.arange(start, start + n_samples), mode="wrap")
    return np.round(taken * 32767).astype("<i2").tobytes()


async def _stream(
    url: str, data: bytes, delay: float, speed: float = 1.0
) -> tuple[list[Answer], list[float], bool]:
    """Hold one stream in real time; give its final results, their latencies, and whether it ended in order."""
    await asyncio.sleep(delay)
    n_bytes = round(BLOCK_SECONDS * RATE) * 2
    sent_at: list[float] = []
    finals: list[Answer] = []
    latencies: list[float] = []
    address = url.replace("http://", "ws://") + f"/v1/stream?sampling_rate={RATE}"
    is_done = False
    try:
        async with connect(address, compression=None) as socket:
            ready = json.loads(await socket.recv())

            async def speak() -> None:
                begun = time.perf_counter()
                for number, first in enumerate(range(0, len(data), n_bytes), 1):
                    await asyncio.sleep(begun + number * BLOCK_SECONDS / speed - time.perf_counter())
                    await socket.send(data[first : first + n_bytes])
                    sent_at.append(time.perf_counter())
                await socket.send('{"type": "close"}')

            speaking = asyncio.create_task(speak())
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "result" and message["is_final"]:
                    finals.append({key: value for key, value in message.items() if key != "type"})
                    needed = round((message["end"] + ready["latency_seconds"]) * RATE) - 1
                    if needed < len(data) // 2:
                        block = min(needed // (n_bytes // 2), len(sent_at) - 1)
                        latencies.append(time.perf_counter() - sent_at[block])
                is_done = is_done or message["type"] == "done"
            await speaking
    except (OSError, ConnectionClosed, InvalidStatus):
        is_done = False
    return finals, latencies, is_done


def _compare(
    told: list[tuple[list[Answer], list[float], bool]], sent: list[bytes], recogniser: Recogniser
) -> dict[str, Any]:
    n_lost = n_mixed = n_results = 0
    for (finals, _, _), data in zip(told, sent, strict=True):
        session = Session(recogniser, RATE)
        expected = [result.to_dict() for result in [*session.push(data), *session.close()]]
        n_results += len(finals)
        n_lost += max(0, len(expected) - len(finals))
        n_mixed += sum(ours != theirs for ours, theirs in zip(expected, finals, strict=False))
        n_mixed += max(0, len(finals) - len(expected))
    latencies = [latency for _, those, _ in told for latency in those]
    return {
        "n_results": n_results,
        "lost": n_lost,
        "mixed": n_mixed,
        "ended_in_order": sum(is_done for _, _, is_done in told),
        **_percentiles(latencies),
    }


async def _count_refusals(url: str, max_streams: int, data: bytes) -> dict[str, int]:
    """Open twice as many streams as there are places, all at once."""
    counts: Counter[str] = Counter()
    held: list[Any] = []

    async def open_one() -> None:
        try:
            held.append(await connect(url.replace("http://", "ws://") + "/v1/stream", open_timeout=60))
            counts["accepted"] += 1
        except InvalidStatus as refused:
            counts["refused" if refused.response.status_code == 503 else "lost"] += 1
        except (OSError, TimeoutError):
            counts["lost"] += 1

    await asyncio.gather(*(open_one() for _ in range(2 * max_streams)))
    in_order = 0
    for socket in held:
        await socket.send(data)
        await socket.send('{"type": "close"}')
        messages = [json.loads(text) async for text in socket]
        in_order += messages[-1]["type"] == "done"
    return {
        "opened": 2 * max_streams,
        **{kind: counts[kind] for kind in ("accepted", "refused", "lost")},
        "ended_in_order": in_order,
    }


async def _measure_memory(
    url: str,
    process: psutil.Process,
    call: Signal,
    recogniser: Recogniser,
    clips: Clips,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    until = time.perf_counter() + 60 * arguments.minutes
    counts: Counter[str] = Counter()
    told: list[tuple[bytes, tuple[list[Answer], list[float], bool]]] = []

    async def talk_on(number: int) -> None:
        while time.perf_counter() < until:
            data = _excerpt(call, number, min(20.0, 60 * arguments.minutes))
            told.append((data, await _stream(url, data, 0.0)))
            number += 10

    samples: list[tuple[float, float]] = []

    async def watch() -> None:
        started = time.perf_counter()
        while time.perf_counter() < until:
            processes = [process, *process.children(recursive=True)]
            samples.append(
                (time.perf_counter() - started, sum(each.memory_info().rss for each in processes) / 1e6)
            )
            await asyncio.sleep(min(SAMPLE_SECONDS, 3 * arguments.minutes))

    async with _clients(url, 2) as client:
        posts: list[Awaitable[None]] = [_post(client, clips, k, until, counts, []) for k in range(2)]
        await asyncio.gather(watch(), *(talk_on(number) for number in range(10)), *posts)
    warm = [mb for at, mb in samples if at >= min(WARM_UP_SECONDS, 30 * arguments.minutes)] or [samples[-1][1]]
    part = max(1, len(warm) // 10)
    return {
        "minutes": arguments.minutes,
        "rss_mb_after_warm_up": round(statistics.median(warm[:part]), 1),
        "rss_mb_at_end": round(statistics.median(warm[-part:]), 1),
        "rss_mb_max": round(max(mb for _, mb in samples), 1),
        "n_streams": len(told),
        "clips": {kind: counts[kind] for kind in ("answered", "refused", "lost", "mixed")},
        "streams": _compare([answer for _, answer in told], [data for data, _ in told], recogniser),
    }


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _percentiles(seconds: list[float]) -> dict[str, float | None]:
    if not seconds:
        return {"p50_ms": None, "p95_ms": None, "max_ms": None}
    p50, p95 = np.percentile(seconds, [50, 95])
    return {
        "p50_ms": round(float(p50) * 1000, 1),
        "p95_ms": round(float(p95) * 1000, 1),
        "max_ms": round(max(seconds) * 1000, 1),
    }


def _metrics(url: str) -> dict[str, float]:
    """Give what the server itself has counted of refusals and failures."""
    wanted = ("emotrace_refusals_total", "emotrace_worker_restarts_total", "emotrace_streams_closed_total")
    lines = httpx.get(url + "/metrics").text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line.startswith(wanted))
    return {name: float(value) for name, value in pairs}


def _rows(requests: dict[str, Any]) -> list[list[str]]:
    rows = [["clients", "answers/s", "p50 ms", "p95 ms", "answered", "refused", "lost", "mixed"]]
    keys = ("answered_per_second", "p50_ms", "p95_ms", "answered", "refused", "lost", "mixed")
    return rows + [[name, *(str(level[key]) for key in keys)] for name, level in requests.items()]


def _stream_rows(levels: dict[str, Any]) -> list[list[str]]:
    rows = [["streams", "p50 ms", "p95 ms", "max ms", "CPU cores", "results", "lost", "mixed"]]
    keys = ("p50_ms", "p95_ms", "max_ms", "server_cpu_cores", "n_results", "lost", "mixed")
    return rows + [[name, *(str(level[key]) for key in keys)] for name, level in levels.items()]


if __name__ == "__main__":
    main()
