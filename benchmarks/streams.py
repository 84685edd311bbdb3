"""How many live conversations can one core follow, how soon do results come, and does memory grow?

N sessions (`emotrace.hear.session.Session`, default settings) get audio in real time on one core: 20-ms blocks of
mu-law at 8 kHz, as a telephone network sends them, or of 16-bit samples at 16 kHz. Each begins at its own moment
(with ``--together`` all at the same, so that all hops end at once: the worst case) and its own place in the
shipped demo call (synthesised speech, both sides mixed, over and over). One thread serves the blocks in the order
of their arrival; where it comes too late, the wait counts.

The latency is counted from the arrival of the block that completed a prediction's window until the prediction is
there; those made at the end of a stream are left out. What a session waits for by design, look-ahead and
resampling, comes on top: "behind" is the time from the end of a prediction's stretch until it is there. Every
prediction is compared with what the same audio gives when it is pushed at once: none may be lost, none may differ.
"""

from __future__ import annotations

import heapq
import io
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from _measure import DEMO_CALL, ONE_THREAD, parser, report

if TYPE_CHECKING:
    from emotrace.hear.recognizer import Recogniser
    from emotrace.hear.session import Session
    from emotrace.types import Prediction

TARGET_MS, TARGET_STREAMS = 50.0, 50
BLOCK_SECONDS = 0.02
SAMPLING_RATES = {"mulaw": 8_000, "s16le": 16_000}
N_PLACES = 8
# By then all buffers have been filled; memory is first looked at here.
SETTLE_SECONDS = 5.0


@dataclass
class Line:
    """What all streams of a run share: the audio from each place on, and in what pieces it comes."""

    recogniser: Recogniser
    encoding: str
    materials: list[bytes]

    @property
    def sampling_rate(self) -> int:
        return SAMPLING_RATES[self.encoding]

    @property
    def block_bytes(self) -> int:
        return round(BLOCK_SECONDS * self.sampling_rate) * (2 if self.encoding == "s16le" else 1)

    def open(self, file: str = "") -> Session:
        from emotrace.hear.session import Session

        return Session(self.recogniser, self.sampling_rate, encoding=self.encoding, file=file)

    def audio(self, place: int, first: int, last: int) -> bytes:
        return self.materials[place][first * self.block_bytes : last * self.block_bytes]


@dataclass
class Stream:
    """One simulated caller: since when the audio comes, from which place in the material, what came back."""

    session: Session
    started: float
    place: int
    n_blocks: int = 0
    finals: list[Prediction] = field(default_factory=list)


@dataclass
class Times:
    """Seconds: from arrival to prediction, from arrival to service, from a stretch's end to its prediction."""

    latency: list[float] = field(default_factory=list)
    wait: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument(
        "-n", "--streams", type=int, nargs="+", default=[1, 10, 25, 35, 50], help="how many at once"
    )
    options.add_argument("--seconds", type=float, default=60.0, help="how long each (default %(default)s)")
    options.add_argument("--encoding", choices=sorted(SAMPLING_RATES), default="mulaw", help="default %(default)s")
    options.add_argument("--together", action="store_true", help="all streams begin at the same moment")
    arguments = options.parse_args()
    # The processes that measure are the children of this one.
    os.environ.update(ONE_THREAD)
    core = _stay_on_one_core()
    rows = [["streams", "p50 ms", "p95 ms", "p99 ms", "CPU", "MB start", "MB end", "lost", "differ", "behind s"]]
    runs = []
    for n_streams in arguments.streams:
        # Each in a new process, so that memory is its own.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            run = pool.submit(
                follow, n_streams, arguments.seconds, arguments.encoding, arguments.together
            ).result()
        runs.append(run)
        latency = run["latency_ms"]
        words = [f"{n_streams}", *(f"{latency[p]:.1f}" for p in ("p50", "p95", "p99")), f"{run['cpu_share']:.0%}"]
        words += [f"{run[name]:.1f}" for name in ("rss_start_mb", "rss_end_mb")]
        rows.append([*words, f"{run['n_lost']}", f"{run['n_different']}", f"{run['behind_seconds']['p95']:.2f}"])
    within = [run["n_streams"] for run in runs if run["latency_ms"]["p95"] <= TARGET_MS and not run["n_lost"]]
    results = {
        "what": "live sessions on one core: from the arrival of the last block needed to the prediction",
        "environment": ONE_THREAD,
        "is_on_one_core": core is not None,
        "begin_together": arguments.together,
        "target": {"n_streams": TARGET_STREAMS, "p95_ms": TARGET_MS},
        "most_streams_within_p95": max(within, default=0),
        "runs": runs,
    }
    report(rows, results, arguments.output, ["psutil"])
    print(f"most streams with p95 <= {TARGET_MS:g} ms: {max(within, default=0)} (target {TARGET_STREAMS})")
    if any(run["n_lost"] or run["n_different"] for run in runs):
        sys.exit("predictions were lost, or are not those of the same audio pushed at once")


def follow(n_streams: int, seconds: float, encoding: str, together: bool) -> dict[str, Any]:
    """Serve ``n_streams`` for ``seconds`` of real time, and give what it cost."""
    import numpy as np

    import emotrace

    line = Line(emotrace.load(), encoding, _materials(encoding, seconds))
    _open_models(line.recogniser)
    streams = [Stream(line.open(str(n)), 0.0, n % N_PLACES) for n in range(n_streams)]
    started = time.perf_counter() + 0.1
    draw, hop = np.random.default_rng(0), streams[0].session.describe()["hop_seconds"]
    for stream in streams:
        stream.started = started + (0.0 if together else draw.uniform(0.0, hop))
    cpu_started = time.process_time()
    times, rss_start, rss_end = _serve(line, streams, started, round(seconds / BLOCK_SECONDS))
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    for stream in streams:
        stream.finals += [result.prediction for result in stream.session.close()]
    n_lost, n_different = _compare(line, streams)
    finals = [prediction for stream in streams for prediction in stream.finals]
    return {
        "n_streams": n_streams,
        "session": streams[0].session.describe(),
        "block_seconds": BLOCK_SECONDS,
        "seconds": round(wall, 2),
        "n_predictions_timed": len(times.latency),
        "share_with_emotion": round(sum(prediction.is_speech for prediction in finals) / len(finals), 3),
        "latency_ms": _percentiles(times.latency, 1e3, 2),
        "block_wait_ms": _percentiles(times.wait, 1e3, 2),
        "behind_seconds": _percentiles(times.behind, 1.0, 3),
        "cpu_share": round(cpu / wall, 4),
        "rss_start_mb": round(rss_start / 1e6, 1),
        "rss_end_mb": round(rss_end / 1e6, 1),
        "n_finals": len(finals),
        "n_lost": n_lost,
        "n_different": n_different,
    }


def _serve(line: Line, streams: list[Stream], started: float, n_blocks: int) -> tuple[Times, int, int]:
    """Push every block when it has arrived, or as soon after that as the one thread can."""
    import psutil

    process, times, rss_start = psutil.Process(), Times(), 0
    settled = started + min(SETTLE_SECONDS, n_blocks * BLOCK_SECONDS / 2)
    arrivals = [(stream.started + BLOCK_SECONDS, n) for n, stream in enumerate(streams)]
    heapq.heapify(arrivals)
    while arrivals:
        arrived, n = heapq.heappop(arrivals)
        time.sleep(max(0.0, arrived - time.perf_counter()))
        if not rss_start and arrived >= settled:
            rss_start = process.memory_info().rss
        stream = streams[n]
        block = line.audio(stream.place, stream.n_blocks, stream.n_blocks + 1)
        times.wait.append(time.perf_counter() - arrived)
        heard = [result.prediction for result in stream.session.push(block)]
        now = time.perf_counter()
        times.latency += [now - arrived] * len(heard)
        times.behind += [now - stream.started - prediction.segment.end for prediction in heard]
        stream.finals += heard
        stream.n_blocks += 1
        if stream.n_blocks < n_blocks:
            heapq.heappush(arrivals, (stream.started + (stream.n_blocks + 1) * BLOCK_SECONDS, n))
    return times, rss_start, process.memory_info().rss


def _stay_on_one_core() -> int | None:
    """Bind this process and its children to one core; None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def _materials(encoding: str, seconds: float) -> list[bytes]:
    """Give the demo call, repeated and encoded, from `N_PLACES` places on."""
    import numpy as np
    import soundfile

    from emotrace.audio.load import load_audio

    rate = SAMPLING_RATES[encoding]
    call = load_audio(DEMO_CALL, sampling_rate=rate)
    materials = []
    for n in range(N_PLACES):
        signal = np.resize(np.roll(call, -n * call.size // N_PLACES), round((seconds + 1) * rate))
        file = io.BytesIO()
        subtype = {"mulaw": "ULAW", "s16le": "PCM_16"}[encoding]
        soundfile.write(file, signal, rate, format="RAW", subtype=subtype, endian="LITTLE")
        materials.append(file.getvalue())
    return materials


def _open_models(recogniser: Recogniser) -> None:
    """Do what is done once: a model is opened at its first run."""
    import numpy as np

    recogniser.bundle.predict(np.zeros((1, 48_000), dtype=np.float32))
    recogniser.speech_bundle.predict(np.zeros((1, 48_000), dtype=np.float32))


def _compare(line: Line, streams: list[Stream]) -> tuple[int, int]:
    """Count the predictions that are missing, and those that are not what the same audio gives at once."""
    expected: dict[tuple[int, int], list[Prediction]] = {}
    n_lost = n_different = 0
    for n, stream in enumerate(streams):
        key = stream.place, stream.n_blocks
        if key not in expected:
            session = line.open()
            results = [*session.push(line.audio(stream.place, 0, stream.n_blocks)), *session.close()]
            expected[key] = [result.prediction for result in results]
        wanted = [replace(prediction, file=str(n)) for prediction in expected[key]]
        n_lost += max(0, len(wanted) - len(stream.finals))
        n_different += sum(a != b for a, b in zip(stream.finals, wanted, strict=False))
        n_different += max(0, len(stream.finals) - len(wanted))
    return n_lost, n_different


def _percentiles(values: list[float], factor: float, digits: int) -> dict[str, float]:
    import numpy as np

    names = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return {name: round(float(np.percentile(values, q)) * factor, digits) for name, q in names.items()}


if __name__ == "__main__":
    main()
