"""How long does a clip of 3 s take in the web app's tab *Analyse*, with N people at once?

``emotrace app`` is a process of its own. N clients do as its page does, again and again: upload a clip, ask for it
to be analysed, and read what comes until the picture is there. Each has stretches of the shipped demo call of its
own, and every picture is compared with the timeline that this process finds in the same clip: its file's name, and
the exact segments. Another person's would be found ("mixed"). Clients and app share the machine.
"""

from __future__ import annotations

import asyncio
import html
import io
import json
import re
import secrets
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import soundfile

import emotrace
from _measure import DEMO_CALL, emotrace_command, parser, report
from emotrace.audio.load import load_audio

RATE = 16_000
CALLER = 1
CLIP_SECONDS = 3.0
_PATIENCE_SECONDS = 60.0


class Clip(NamedTuple):
    """A recording to be uploaded, and the emotions that its picture must name, in order."""

    name: str
    content: bytes
    emotions: list[str]


class Event(NamedTuple):
    """What the page sends to have a recording analysed."""

    number: int
    source: int
    choices: list[Any]


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--people", type=int, nargs="+", default=[1, 10])
    options.add_argument("--clips", type=int, default=10, help="how many each of them has analysed")
    options.add_argument("--pause", type=float, default=2.0, help="mean seconds between one's clips")
    arguments = options.parse_args()
    signal = load_audio(DEMO_CALL, RATE, channel=CALLER)
    clips = _make_clips(signal, max(arguments.people) * arguments.clips)
    results = []
    with _app() as address:
        event = _find_event(address)
        asyncio.run(_everybody(address, event, clips[:2], 1, 0.0))  # to warm up
        for n_people in arguments.people:
            chosen = clips[: n_people * arguments.clips]
            seconds, n_mixed = asyncio.run(_everybody(address, event, chosen, n_people, arguments.pause))
            results.append({"people": n_people, "clips": len(chosen), **_sum_up(seconds), "mixed": n_mixed})
    rows = [
        [str(each["people"]), str(each["clips"]), *(f"{each[key]:.2f} s" for key in ("median", "p95", "most")),
         str(each["mixed"])]
        for each in results
    ]  # fmt: skip
    head = ["people", "clips", "median", "p95", "most", "mixed"]
    results_of = {"clip_seconds": CLIP_SECONDS, "mean_pause_seconds": arguments.pause, "analyse": results}
    report([head, *rows], results_of, arguments.output, ("gradio", "httpx"))


def _make_clips(signal: np.ndarray[Any, Any], n: int) -> list[Clip]:
    """Cut ``n`` clips, each a little later than the one before, and hear them here."""
    recogniser, length = emotrace.load(), round(CLIP_SECONDS * RATE)
    starts = np.linspace(0, len(signal) - length, n).astype(int)
    clips = []
    with tempfile.TemporaryDirectory() as folder:
        for start in starts:
            path = Path(folder) / f"clip-{start}.wav"
            soundfile.write(path, signal[start : start + length], RATE, subtype="PCM_16")
            timeline = recogniser.analyze(path)
            emotions = [run.emotion if run.is_speech else "no speech" for run in timeline.runs()]
            clips.append(Clip(path.name, path.read_bytes(), emotions))
    return clips


@contextmanager
def _app() -> Iterator[str]:
    command = [*emotrace_command(), "app", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the app did not start"
            yield found.group()
        finally:
            process.terminate()


def _find_event(address: str) -> Event:
    """Find, in what the page is told of itself, what a given recording sets going."""
    config = httpx.get(f"{address}config", timeout=_PATIENCE_SECONDS).json()
    parts = {part["id"]: part for part in config["components"]}
    for dependency in config["dependencies"]:
        for source, event in dependency["targets"]:
            if event == "submit" and "emotrace-source" in str(parts[source]["props"].get("value", "")):
                choices = [parts[number]["props"].get("value") for number in dependency["inputs"]]
                return Event(dependency["id"], source, choices)
    raise SystemExit("the app has no place where a recording is given")


async def _everybody(
    address: str, event: Event, clips: list[Clip], n_people: int, pause: float
) -> tuple[list[float], int]:
    work = [_person(address, event, clips[number::n_people], pause, number) for number in range(n_people)]
    heard = await asyncio.gather(*work)
    return [seconds for mine, _ in heard for seconds in mine], sum(n for _, n in heard)


async def _person(
    address: str, event: Event, clips: list[Clip], pause: float, number: int
) -> tuple[list[float], int]:
    rng, seconds, n_mixed = np.random.default_rng(number), [], 0
    async with httpx.AsyncClient(base_url=f"{address}gradio_api/", timeout=_PATIENCE_SECONDS) as client:
        for clip in clips:
            await asyncio.sleep(rng.uniform(0.0, 2.0 * pause))
            began = time.perf_counter()
            picture = await _analyse(client, event, clip)
            seconds.append(time.perf_counter() - began)
            n_mixed += not _is_of(picture, clip)
    return seconds, n_mixed


async def _analyse(client: httpx.AsyncClient, event: Event, clip: Clip) -> str:
    """Upload a clip, have it analysed, and give all HTML that came back."""
    upload = await client.post("upload", files={"files": (clip.name, io.BytesIO(clip.content))})
    upload.raise_for_status()
    session = secrets.token_hex(6)
    question = {
        "data": event.choices,
        "event_data": {"path": upload.json()[0]},
        "fn_index": event.number,
        "trigger_id": event.source,
        "session_hash": session,
    }
    (await client.post("queue/join", json=question)).raise_for_status()
    came = []
    async with client.stream("GET", "queue/data", params={"session_hash": session}) as answer:
        async for line in answer.aiter_lines():
            if not line.startswith("data:"):
                continue
            message = json.loads(line[5:])
            came.append(line)
            if message["msg"] == "process_completed":
                if not message["success"]:
                    raise SystemExit(f"{clip.name}: {message['output']}")
                return "".join(json.dumps(json.loads(each[5:]), ensure_ascii=False) for each in came)
    raise SystemExit(f"{clip.name}: the app hung up")


def _is_of(picture: str, clip: Clip) -> bool:
    text = html.unescape(picture)
    return clip.name in text and all(emotion in text for emotion in clip.emotions)


def _sum_up(seconds: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(seconds), 3),
        "p95": round(float(np.quantile(seconds, 0.95)), 3),
        "most": round(max(seconds), 3),
    }


if __name__ == "__main__":
    main()
