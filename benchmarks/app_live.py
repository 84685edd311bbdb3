"""How soon after a word does the web app's tab *Live* show an emotion, with N people at once?

``emotrace app`` is a process of its own. N clients talk to it as its page does: blocks of 0.1 s at 48 kHz, in
real time, each of another stretch of the shipped demo call (a pause, then the caller). Clients and app share the
machine.

Reading: from sending the block that holds the last sample that a reading speaks of until the reading has come.
Final: the same for results that no longer change; they wait for the look-ahead. First: from the first sample of
speech (as the whole file is judged) until the first reading that names an emotion. Every final is compared with
what a session of its own in this process gives; one of somebody else's voice would be found ("mixed").
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import connect

import emotrace
from _measure import DEMO_CALL, emotrace_command, parser, report
from emotrace.audio.load import load_audio
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.session import Session

RATE = 48_000
BLOCK = RATE // 10
CALLER = 1
# A pause of 4 s and then ten seconds of speech.
LATEST_START = 26.0
STEP_SECONDS = 0.1


@dataclass
class Delays:
    """All that was measured, in seconds."""

    readings: list[float] = field(default_factory=list)
    finals: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    n_mixed: int = 0


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--people", type=int, nargs="+", default=[1, 10])
    options.add_argument("--seconds", type=float, default=12.0, help="how long each of them is there")
    arguments = options.parse_args()
    signal = load_audio(DEMO_CALL, RATE, channel=CALLER)
    recogniser = emotrace.load()
    speech_starts = [segment.start for segment in recogniser.analyze(DEMO_CALL, channel=CALLER).speech]
    results = []
    with _app() as address:
        asyncio.run(_everybody(address, signal, speech_starts, recogniser, 1, 3.0))  # to warm up
        for n_people in arguments.people:
            delays = asyncio.run(
                _everybody(address, signal, speech_starts, recogniser, n_people, arguments.seconds)
            )
            results.append({"people": n_people, **_sum_up(delays)})
    head = ["people", "reading, median", "p95", "final, median", "p95", "first, median", "most", "mixed"]
    rows = [
        [
            str(each["people"]),
            *(f"{each[kind][key]:.3f} s" for kind in ("reading", "final") for key in ("median", "p95")),
            *(f"{each['first'][key]:.2f} s" for key in ("median", "most")),
            str(each["mixed"]),
        ]
        for each in results
    ]
    report(
        [head, *rows], {"seconds": arguments.seconds, "live": results}, arguments.output, ["gradio", "websockets"]
    )


@contextmanager
def _app() -> Iterator[str]:
    command = [*emotrace_command(), "app", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            assert process.stdout is not None
            found = re.search(r"http://(\S+)", process.stdout.readline())
            assert found is not None, "the app did not start"
            yield f"ws://{found[1]}live"
        finally:
            process.terminate()


async def _everybody(
    address: str,
    signal: NDArray[np.float32],
    speech_starts: list[float],
    recogniser: Recogniser,
    n_people: int,
    seconds: float,
) -> Delays:
    delays = Delays()
    starts = [LATEST_START - index * STEP_SECONDS for index in range(n_people)]
    heard = [_cut(signal, start, seconds) for start in starts]

    async def one(index: int) -> list[dict[str, Any]]:
        # Not all at the same moment.
        await asyncio.sleep(index / (10 * n_people))
        onset = min(each for each in speech_starts if each > starts[index]) - starts[index]
        return await _talk(address, heard[index], onset, delays)

    finals = await asyncio.gather(*map(one, range(n_people)))
    # Not before: this process has other things to do meanwhile.
    for found, samples in zip(finals, heard, strict=True):
        session = Session(recogniser, RATE)
        expected = [*session.push(samples.tobytes()), *session.close()]
        delays.n_mixed += found != [result.prediction.to_dict() for result in expected]
    return delays


def _cut(signal: NDArray[np.float32], start: float, seconds: float) -> NDArray[np.int16]:
    first = round(start * RATE)
    return np.round(signal[first : first + round(seconds * RATE)] * 32_767).astype("<i2")


async def _talk(address: str, heard: NDArray[np.int16], onset: float, delays: Delays) -> list[dict[str, Any]]:
    sent: list[float] = []
    finals: list[dict[str, Any]] = []
    async with connect(address) as client:
        await client.send(json.dumps({"type": "open", "sampling_rate": RATE}))
        await client.recv()
        began = time.perf_counter()
        reader = asyncio.create_task(_read(client, sent, finals, began + onset, delays))
        for block in np.split(heard, range(BLOCK, heard.size, BLOCK)):
            await asyncio.sleep(max(0.0, began + 0.1 * (len(sent) + 1) - time.perf_counter()))
            sent.append(time.perf_counter())
            await client.send(block.tobytes())
        await client.send('{"type": "close"}')
        await reader
    return finals


async def _read(
    client: Any, sent: list[float], finals: list[dict[str, Any]], onset: float, delays: Delays
) -> None:
    is_first = True
    async for text in client:
        message = json.loads(text)
        now = time.perf_counter()
        if message.pop("type") != "result":
            continue
        # Times are rounded to milliseconds.
        block = math.ceil(10 * message["end"] - 0.011) - 1
        is_final = message.pop("is_final")
        if is_final:
            finals.append(message)
        (delays.finals if is_final else delays.readings).append(now - sent[block])
        if is_first and message["confidence"] is not None:
            is_first = False
            delays.firsts.append(now - onset)


def _sum_up(delays: Delays) -> dict[str, Any]:
    def both(values: list[float]) -> dict[str, float]:
        cuts = statistics.quantiles(values, n=20)
        return {"n": len(values), "median": round(statistics.median(values), 4), "p95": round(cuts[-1], 4)}

    firsts = delays.firsts
    return {
        "reading": both(delays.readings),
        "final": both(delays.finals),
        "first": {"n": len(firsts), "median": round(statistics.median(firsts), 3), "most": round(max(firsts), 3)},
        "mixed": delays.n_mixed,
    }


if __name__ == "__main__":
    main()
