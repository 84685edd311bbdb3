"""The socket of a listening page: its microphone in, readings out.

Gradio's own streaming posts a sound file for every quarter of a second and asks its queue for each answer. This is
one socket with raw samples, within the bounds that all live doors of the server have (`Connection`): when the page
is closed, what it held is given back at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial

import numpy as np
from fastapi import WebSocket
from fastapi.routing import APIWebSocketRoute
from numpy.typing import NDArray

from emotrace.app.desk import PATH
from emotrace.app.live.messages import Avatar, AvatarNotice, Open, Target, Voice, read_control
from emotrace.app.live.puppet import Puppet
from emotrace.errors import EmotraceError
from emotrace.hear.baseline import MOST_SECONDS
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.session import Session, StreamResult
from emotrace.server.live.channel import Heard, LiveChannel, in_thread, push_in_pieces
from emotrace.server.live.connection import NORMAL, Connection, Ended, hold
from emotrace.server.live.protocol import BadMessageError, Close, Closing, Done, Ready, Result

KIND = "app"
"""Under which `emotrace.server.metrics` counts these streams."""

INTERIM_SECONDS = 0.15
"""The page is told what can be said so far no sooner than so long after it was told last: with its blocks of
0.1 s, every 0.2 s. One such reading costs some 2 ms of computing."""

_SAMPLE_BYTES = 2


async def listen(websocket: WebSocket) -> None:
    """Hold one page's conversation."""
    service = websocket.app.state.service
    await hold(websocket, KIND, service.streams, _talk)


ROUTE = APIWebSocketRoute(f"{PATH}/live", listen)


async def _talk(connection: Connection) -> tuple[int, str]:
    message = await connection.receive()
    opened = read_control(message.data) if isinstance(message.data, str) else None
    if not isinstance(opened, Open):
        raise BadMessageError("a conversation begins with the message 'open'")
    if opened.purpose == "voice":
        await _learn(connection, opened)
        return NORMAL, ""
    live = await in_thread(connection, partial(_Listening, connection, opened))
    try:
        return await live.talk(opened.avatar)
    finally:
        await live.drop_puppet()


async def _learn(connection: Connection, opened: Open) -> None:
    """Collect audio until the page closes, and tell what an ordinary voice it is."""
    recogniser = connection.service.recogniser
    most_bytes = round(MOST_SECONDS * opened.sampling_rate) * _SAMPLE_BYTES
    collected = bytearray()
    while True:
        message = await connection.receive()
        if isinstance(message.data, bytes):
            collected += message.data[: most_bytes - len(collected)]
        elif isinstance(read_control(message.data), Close):
            break
    samples = np.frombuffer(collected[: len(collected) // _SAMPLE_BYTES * _SAMPLE_BYTES], dtype="<i2")
    signal = samples.astype(np.float32) / np.float32(32_768)
    adapted = await in_thread(connection, partial(_adapt, recogniser, signal, opened.sampling_rate))
    assert adapted.baseline is not None
    await connection.send(Voice.of(adapted.baseline))


def _adapt(recogniser: Recogniser, signal: NDArray[np.float32], sampling_rate: int) -> Recogniser:
    if not signal.size:
        signal = np.zeros(sampling_rate, dtype=np.float32)
    return recogniser.adapt(signal, sampling_rate=sampling_rate)


class _Listening:
    """One session at one page."""

    def __init__(self, connection: Connection, opened: Open) -> None:
        self._connection = connection
        recogniser = connection.service.recogniser
        baseline = None if opened.voice is None else opened.voice.to_baseline(recogniser.bundle.card)
        self._session = Session(
            recogniser, opened.sampling_rate, interim_seconds=INTERIM_SECONDS, baseline=baseline
        )
        self._channel = LiveChannel(self._session)
        self._piece_bytes = opened.sampling_rate * _SAMPLE_BYTES
        self._n_bytes = 0
        self._puppet: Puppet | None = None
        # A sink that cannot send says so from threads of its own; the page is told with the next audio.
        self._warnings: deque[str] = deque(maxlen=1)

    async def talk(self, target: Target | None) -> tuple[int, str]:
        """Hear until the page closes or the server ends it; give the code and the reason to close with."""
        code, reason = NORMAL, ""
        await self._connection.send(Ready.of(self._connection.id, self._session))
        if target is not None:
            await self._aim(target)
        try:
            while await self._take():
                pass
        except Ended as end:
            code, reason = end.code, end.reason
            await self._connection.send(Closing(code=code, reason=reason))
        await self._tell(await in_thread(self._connection, self._channel.close))
        duration, n_left = round(self._session.duration, 3), self._n_bytes % _SAMPLE_BYTES
        done = Done(duration=duration, n_results=self._channel.n_results, n_bytes_unfinished=n_left)
        await self._connection.send(done)
        return code, reason

    async def drop_puppet(self) -> None:
        """Leave the avatar, if there is one, with a neutral face."""
        puppet, self._puppet = self._puppet, None
        if puppet is not None:
            await puppet.stop()

    async def _take(self) -> bool:
        message = await self._connection.receive()
        if isinstance(message.data, bytes):
            await self._hear(message.data, message.arrived)
            return True
        control = read_control(message.data)
        if isinstance(control, Open):
            raise BadMessageError("the conversation has begun already; open another socket for another one")
        if isinstance(control, Avatar):
            await self._aim(control.target)
        return not isinstance(control, Close)

    async def _hear(self, data: bytes, arrived: float) -> None:
        metrics = self._connection.service.metrics
        before = self._session.duration
        try:
            async for heard in push_in_pieces(self._connection, self._channel, data, self._piece_bytes):
                await self._tell(heard, arrived)
        finally:
            self._n_bytes += len(data)
            metrics.audio_seconds(self._session.duration - before, KIND)
        if self._warnings:
            await self._connection.send(AvatarNotice(is_sending=True, line=self._warnings.pop()))

    async def _tell(self, heard: Heard, arrived: float | None = None) -> None:
        metrics = self._connection.service.metrics
        for result in heard:
            assert isinstance(result, StreamResult)
            if self._puppet is not None:
                self._puppet.push(result.prediction)
            await self._connection.send(Result.of(result))
            metrics.results(1, KIND)
            if result.is_final and arrived is not None:
                metrics.result_latency(asyncio.get_running_loop().time() - arrived)

    async def _aim(self, target: Target | None) -> None:
        """Send to another avatar, or to none; what is wrong with it does not end the conversation."""
        await self.drop_puppet()
        self._warnings.clear()
        if target is None:
            await self._connection.send(AvatarNotice(is_sending=False, line="Nothing is sent."))
            return
        try:
            puppet = await in_thread(self._connection, partial(Puppet, target, self._warnings.append))
        except EmotraceError as error:
            await self._connection.send(AvatarNotice(is_sending=False, line=str(error)))
            return
        self._puppet = puppet
        puppet.start()
        line = f"Sending to {target.host}:{target.port}."
        await self._connection.send(AvatarNotice(is_sending=True, line=line))
