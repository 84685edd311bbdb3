"""The socket of a listening page, without the page: real sockets to a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.server.servers import Running, serving, wait_until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import emotrace
from emotrace.app.live.door import INTERIM_SECONDS, ROUTE
from emotrace.audio.load import load_audio
from emotrace.hear.session import Session

RATE = 16_000
CLOSE = '{"type": "close"}'
PATIENCE_SECONDS = 60

Signal = NDArray[np.float32]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(is_for_uploads=False) as running:
        # As `add_app` does.
        running.app.router.routes[:0] = [ROUTE]
        yield running


@pytest.fixture(scope="module")
def caller(demo_call) -> Signal:
    return load_audio(demo_call, RATE, channel=1)


def pcm(signal: Signal) -> bytes:
    return np.round(signal * 32_767).astype("<i2").tobytes()


def heard_again(data: bytes) -> Signal:
    return np.frombuffer(data, "<i2").astype(np.float32) / 32_768


def opening(**settings: Any) -> str:
    return json.dumps({"type": "open", "sampling_rate": RATE, **settings})


async def read_all(client: ClientConnection) -> list[dict[str, Any]]:
    messages = []
    try:
        while True:
            messages.append(json.loads(await client.recv()))
    except ConnectionClosed:
        return messages


def converse(server: Running, *said: str | bytes) -> list[dict[str, Any]]:
    """Say all that at once; give the answers until the server closes."""

    async def talk() -> list[dict[str, Any]]:
        async with connect(server.ws("/app/live")) as client:
            answers = asyncio.create_task(read_all(client))
            for each in said:
                await client.send(each)
            return await answers

    return asyncio.run(asyncio.wait_for(talk(), PATIENCE_SECONDS))


def finals(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in message.items() if key not in ("type", "is_final")}
        for message in messages
        if message["type"] == "result" and message["is_final"]
    ]


def test_hears_what_a_session_hears(server, caller):
    data = pcm(caller[14 * RATE : 19 * RATE])
    blocks = [data[first : first + RATE // 5] for first in range(0, len(data), RATE // 5)]
    messages = converse(server, opening(), *blocks, CLOSE)
    session = Session(emotrace.load(), RATE)
    expected = session.push(data) + session.close()
    assert finals(messages) == [result.prediction.to_dict() for result in expected]
    ready, done = messages[0], messages[-1]
    assert (ready["type"], ready["interim_seconds"]) == ("ready", INTERIM_SECONDS)
    assert (done["type"], done["duration"]) == ("done", 5.0)


def test_says_something_every_fifth_of_a_second(server, caller):
    data = pcm(caller[14 * RATE : 15 * RATE])
    size = 2 * RATE // 10

    async def talk() -> list[float]:
        ends = []
        async with connect(server.ws("/app/live")) as client:
            await client.send(opening())
            await client.recv()
            for first in range(0, len(data), 2 * size):
                await client.send(data[first : first + size])
                await client.send(data[first + size : first + 2 * size])
                # If nothing were said of these two blocks, this would wait in vain.
                ends.append(json.loads(await client.recv())["end"])
        return ends

    ends = asyncio.run(asyncio.wait_for(talk(), PATIENCE_SECONDS))
    assert ends == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_an_ordinary_voice_goes_to_the_page_and_is_used_when_it_comes_back(server, caller):
    data = pcm(caller[10 * RATE : 30 * RATE])
    (voice,) = converse(
        server, opening(purpose="voice"), *(data[i : i + 6400] for i in range(0, len(data), 6400)), CLOSE
    )
    adapted = emotrace.load().adapt(heard_again(data), sampling_rate=RATE)
    assert adapted.baseline is not None
    assert voice["type"] == "voice"
    assert tuple(voice["probabilities"]) == pytest.approx(adapted.baseline.probabilities, abs=1e-6)
    speech = pcm(caller[40 * RATE : 46 * RATE])
    session = Session(adapted, RATE)
    expected = session.push(speech) + session.close()
    got = finals(converse(server, opening(voice=voice), speech, CLOSE))
    assert [each["emotion"] for each in got] == [each.prediction.emotion for each in expected]
    shares = [each["probabilities"] for each in got]
    for share, each in zip(shares, expected, strict=True):
        assert share == pytest.approx(dict(each.prediction.probabilities), abs=1e-3)


@pytest.mark.parametrize("seconds", [0, 3])
def test_too_little_of_an_ordinary_voice_is_said_so(server, seconds):
    blocks = [bytes(2 * RATE)] * seconds
    (error,) = converse(server, opening(purpose="voice"), *blocks, CLOSE)
    assert error["type"] == "error"
    assert error["detail"].startswith("a baseline needs 5 s of speech or more, but only 0 s were heard")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ((b"\0\0",), "a conversation begins with the message 'open'"),
        ((CLOSE,), "a conversation begins with the message 'open'"),
        ((opening(), opening()), "the conversation has begun already"),
        ((opening(purpose="nap"),), "open: 'purpose' is 'nap'; it must"),
    ],
)
def test_whoever_says_something_wrong_is_told(server, said, sentence):
    error = converse(server, *said)[-1]
    assert error["type"] == "error"
    assert sentence in error["detail"]


def test_whoever_leaves_leaves_nothing_behind(server, caller):
    async def leave() -> None:
        async with connect(server.ws("/app/live")) as client:
            await client.send(opening())
            await client.recv()
            assert server.metric("emotrace_streams_open")['{kind="app"}'] == 1
            await client.send(pcm(caller[: 2 * RATE]))
            client.transport.abort()

    asyncio.run(asyncio.wait_for(leave(), PATIENCE_SECONDS))
    server.wait_until_free()


@pytest.fixture
def avatar() -> Iterator[socket.socket]:
    """A program that takes OSC."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        yield listener


def target_of(listener: socket.socket, **other: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": listener.getsockname()[1], "preset": "generic", **other}


def drain(listener: socket.socket) -> list[bytes]:
    listener.setblocking(False)
    packets = []
    try:
        while True:
            packets.append(listener.recv(65_536))
    except BlockingIOError:
        return packets


def test_an_avatar_follows_and_is_left_neutral(server, caller, avatar):
    pytest.importorskip("pythonosc", reason="an avatar needs the extra `osc`")

    async def talk() -> list[dict[str, Any]]:
        async with connect(server.ws("/app/live")) as client:
            answers = asyncio.create_task(read_all(client))
            await client.send(opening())
            await client.send(pcm(caller[14 * RATE : 18 * RATE]))
            await asyncio.sleep(0.2)
            assert drain(avatar) == [], "nothing is sent unless it is switched on"
            await client.send(json.dumps({"type": "avatar", "target": target_of(avatar)}))
            await client.send(pcm(caller[18 * RATE : 22 * RATE]))
            await asyncio.sleep(0.8)
            client.transport.abort()
            return await answers

    messages = asyncio.run(asyncio.wait_for(talk(), PATIENCE_SECONDS))
    server.wait_until_free()
    packets = drain(avatar)
    assert len(packets) >= 3
    weights = [neutral_weight(packet) for packet in packets]
    assert min(weights) < 0.9
    assert weights[-1] == 1.0
    (notice,) = [message for message in messages if message["type"] == "notice"]
    assert notice["is_sending"]
    assert notice["line"].startswith("Sending to 127.0.0.1:")


def neutral_weight(packet: bytes) -> float:
    from pythonosc.osc_bundle import OscBundle

    for message in OscBundle(packet):
        if message.address == "/emotrace/weight/neutral":
            return float(message.params[0])
    raise AssertionError(packet)


def test_switched_off_it_is_neutral_and_nothing_more_is_sent(server, caller, avatar):
    pytest.importorskip("pythonosc", reason="an avatar needs the extra `osc`")

    async def talk() -> None:
        async with connect(server.ws("/app/live")) as client:
            await client.send(opening(avatar=target_of(avatar)))
            await client.recv()
            assert json.loads(await client.recv())["is_sending"]
            await client.send('{"type": "avatar", "target": null}')
            while (message := json.loads(await client.recv()))["type"] != "notice":
                pass
            assert (message["is_sending"], message["line"]) == (False, "Nothing is sent.")
            packets = drain(avatar)
            assert neutral_weight(packets[-1]) == 1.0
            await client.send(pcm(caller[14 * RATE : 16 * RATE]))
            await client.recv()
            await asyncio.sleep(0.2)
            assert drain(avatar) == []

    asyncio.run(asyncio.wait_for(talk(), PATIENCE_SECONDS))


def test_a_wrong_avatar_does_not_end_the_conversation(server, caller, avatar):
    target = target_of(avatar, preset="vrcaht")
    messages = converse(server, opening(avatar=target), pcm(caller[14 * RATE : 17 * RATE]), CLOSE)
    (notice,) = [message for message in messages if message["type"] == "notice"]
    assert not notice["is_sending"]
    assert "did you mean 'vrchat'" in notice["line"]
    assert messages[-1]["type"] == "done"
    wait_until(lambda: not server.service.streams.n_taken, "free places")
