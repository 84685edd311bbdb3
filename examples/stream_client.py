"""Send a recording to a running ``emotrace serve`` as if it were being spoken now, and print what comes back.

It needs ``websockets`` and ``soundfile``, and nothing of emotrace::

    emotrace serve &
    python examples/stream_client.py call.wav
    python examples/stream_client.py call.wav --channel 1 --interim 0.25 --escalation
    EMOTRACE_API_KEY=... python examples/stream_client.py call.wav --url wss://desk.example.org/v1/stream

Final results tile the time; with ``--interim`` a line is first written as what can be said so far.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import soundfile
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

BLOCK_SECONDS = 0.1


def main() -> None:
    """Read the command line, talk, and leave with 0 if the conversation ended in order."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    options.add_argument("file", type=Path, help="WAV, FLAC, OGG or MP3")
    options.add_argument("--url", default="ws://127.0.0.1:8765/v1/stream")
    options.add_argument("--channel", type=channel, default="mix", help="counted from 0, or mix (default)")
    options.add_argument("--labels", help="a preset such as call4, or emotions joined by commas")
    options.add_argument("--interim", type=float, metavar="S", help="results so far, at most every S seconds")
    options.add_argument("--escalation", action="store_true", help="watch by the rules of the call desk")
    options.add_argument("--speed", type=float, default=1.0, help="1 is real time (default); 0 as fast as it goes")
    arguments = options.parse_args()
    key = os.environ.get("EMOTRACE_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        code = asyncio.run(talk(arguments, headers))
    except KeyboardInterrupt:
        sys.exit(130)
    except InvalidStatus as refused:
        sys.exit(f"stream_client: {reason(refused)}")
    except (OSError, InvalidHandshake, InvalidURI, soundfile.LibsndfileError) as error:
        sys.exit(f"stream_client: {error}")
    sys.exit(0 if code == 1000 else 1)


def channel(text: str) -> str | int:
    """Read a channel as the server wants it."""
    return text if text == "mix" else int(text)


def reason(refused: InvalidStatus) -> str:
    """Give the server's own words, if it is emotrace that refuses."""
    try:
        return str(json.loads(refused.response.body or b"")["detail"])
    except (ValueError, KeyError, TypeError):
        return str(refused)


async def talk(arguments: argparse.Namespace, headers: dict[str, str]) -> int:
    """Hold one conversation; give the code the server closed with."""
    with soundfile.SoundFile(arguments.file) as recording:
        start = {
            "type": "start",
            "sampling_rate": recording.samplerate,
            "encoding": "s16le",
            "channels": recording.channels,
            "channel": arguments.channel,
            "labels": arguments.labels,
            "interim_seconds": arguments.interim,
            "escalation": arguments.escalation,
        }
        async with connect(arguments.url, additional_headers=headers) as server:
            await server.send(json.dumps(start))
            code, _ = await asyncio.gather(listen(server), speak(server, recording, arguments.speed))
            return code


async def speak(server: ClientConnection, recording: soundfile.SoundFile, speed: float) -> None:
    """Send the recording block by block, each when it would have been spoken, and say that it has ended."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        for number, block in enumerate(blocks(recording), 1):
            if speed > 0:
                await asyncio.sleep(begun + number * BLOCK_SECONDS / speed - loop.time())
            await server.send(block)
        await server.send('{"type": "close"}')
    except ConnectionClosed:
        # `listen` tells why.
        return


def blocks(recording: soundfile.SoundFile) -> Iterator[bytes]:
    """Read a recording as 16-bit samples, interleaved."""
    n_samples = round(recording.samplerate * BLOCK_SECONDS)
    while len(block := recording.read(n_samples, dtype="int16")):
        yield block.tobytes()


async def listen(server: ClientConnection) -> int:
    """Print messages until the server closes."""
    while True:
        try:
            show(json.loads(await server.recv()))
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                print("the connection was lost", file=sys.stderr)
                return 1006
            if closed.rcvd.code != 1000:
                print(f"closed with {closed.rcvd.code}: {closed.rcvd.reason}", file=sys.stderr)
            return closed.rcvd.code


def show(message: dict[str, Any]) -> None:
    """Print one message as a line; an interim result is written over by what follows it."""
    kind = message["type"]
    if kind == "ready":
        print(f"{message['model']}: {', '.join(message['labels'])}; latency {message['latency_seconds']:.2f} s")
    elif kind == "result":
        sure = "" if message["confidence"] is None else f"{message['confidence']:4.0%}"
        doubt = " ?" if message["uncertain"] else ""
        line = f"{message['start']:8.2f} {message['end']:8.2f}  {message['emotion']:<10} {sure}{doubt}"
        print(f"{line:<50}", end="\n" if message["is_final"] else "\r", flush=True)
    elif kind == "escalation":
        state = "over" if message["is_over"] else message["severity"]
        print(f"{message['start']:8.2f} {message['end']:8.2f}  *** {state}: {message['message']}")
    elif kind == "done":
        print(f"{message['n_results']} results of {message['duration']:.2f} s")
    elif kind == "closing":
        print(f"the server ends the stream: {message['reason']}")
    else:
        print(f"{message['title']}: {message['detail']}", file=sys.stderr)


if __name__ == "__main__":
    main()
