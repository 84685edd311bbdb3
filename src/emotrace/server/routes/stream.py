"""WebSocket ``/v1/stream``: raw audio in, results out; for the messages see `emotrace.server.live.protocol`."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter, WebSocket

from emotrace.hear.session import Session, StreamResult
from emotrace.hear.smoothing import Smoothing
from emotrace.server.live.channel import Heard, LiveChannel, in_thread, push_in_pieces
from emotrace.server.live.connection import NORMAL, Connection, Ended, Message, hold
from emotrace.server.live.protocol import (
    POLICY,
    BadMessageError,
    Close,
    Closing,
    Done,
    EscalationEvent,
    Ready,
    Result,
    SmoothingSettings,
    Start,
    read_control,
    read_query,
)
from emotrace.server.service import Service

router = APIRouter()

_SAMPLE_BYTES = {"s16le": 2, "f32le": 4, "mulaw": 1, "alaw": 1}


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Hold one live conversation."""
    service: Service = websocket.app.state.service
    await hold(websocket, "stream", service.streams, _talk)


async def _talk(connection: Connection) -> tuple[int, str]:
    code, reason = NORMAL, ""
    live: _Live | None = None
    try:
        start, first = await _begin(connection)
        live = opened = await in_thread(connection, partial(_Live, connection, start))
        await connection.send(opened.ready)
        message = first if first is not None else await connection.receive()
        while await opened.take(message):
            message = await connection.receive()
    except Ended as end:
        code, reason = end.code, end.reason
        await connection.send(Closing(code=code, reason=reason))
    if live is not None:
        await live.finish()
    return code, reason


async def _begin(connection: Connection) -> tuple[Start, Message | None]:
    """Find out how to hear: by the query, else by the first message; audio at once means the defaults."""
    query = read_query(connection.websocket.query_params)
    if query is not None:
        return query, None
    while True:
        message = await connection.receive()
        control = read_control(message.data) if isinstance(message.data, str) else None
        if isinstance(control, Start):
            return control, None
        if control is None or isinstance(control, Close):
            return Start(), message


class _Live:
    """One session at one socket."""

    def __init__(self, connection: Connection, start: Start) -> None:
        self._connection, self._start = connection, start
        service = connection.service
        labels = start.labels if start.labels is None or isinstance(start.labels, str) else ",".join(start.labels)
        self._session = Session(
            service.models.recogniser(start.model, labels),
            start.sampling_rate,
            encoding=start.encoding,
            n_channels=start.channels,
            channel=start.channel,
            window_seconds=start.window_seconds,
            hop_seconds=start.hop_seconds,
            lookahead_seconds=start.lookahead_seconds,
            interim_seconds=start.interim_seconds,
            smoothing=_smoothing_of(start.smoothing),
        )
        self._channel = LiveChannel(self._session, "customer" if start.escalation else None)
        self._frame_bytes = _SAMPLE_BYTES[start.encoding] * start.channels
        self._n_bytes = 0
        self.ready = Ready.of(self._connection.id, self._session, start.escalation)

    async def take(self, message: Message) -> bool:
        """Hear audio, or do what a control message says; False once the client wants to close."""
        if isinstance(message.data, str):
            control = read_control(message.data)
            if isinstance(control, Start):
                raise BadMessageError("the session has started already; open another socket for another one")
            return not isinstance(control, Close)
        await self._hear(message.data, message.arrived)
        return True

    async def finish(self) -> None:
        """Send what is still open, and `Done`."""
        await self._tell(await in_thread(self._connection, self._channel.close))
        n_left = self._n_bytes % self._frame_bytes
        duration = round(self._session.duration, 3)
        done = Done(duration=duration, n_results=self._channel.n_results, n_bytes_unfinished=n_left)
        await self._connection.send(done)

    async def _hear(self, data: bytes, arrived: float) -> None:
        service = self._connection.service
        longest = service.settings.max_stream_seconds
        before = self._session.duration
        try:
            piece_bytes = self._start.sampling_rate * self._frame_bytes
            async for heard in push_in_pieces(self._connection, self._channel, data, piece_bytes):
                await self._tell(heard, arrived)
        finally:
            self._n_bytes += len(data)
            service.metrics.audio_seconds(self._session.duration - before, "stream")
        if self._session.duration > longest:
            raise Ended(POLICY, f"a stream may hold {longest:g} s of audio here; start a new one")

    async def _tell(self, heard: Heard, arrived: float | None = None) -> None:
        metrics = self._connection.service.metrics
        for told in heard:
            if not isinstance(told, StreamResult):
                await self._connection.send(EscalationEvent.of(told))
                continue
            await self._connection.send(Result.of(told))
            metrics.results(1, "stream")
            if told.is_final and arrived is not None:
                metrics.result_latency(asyncio.get_running_loop().time() - arrived)


def _smoothing_of(wanted: bool | SmoothingSettings) -> Smoothing | None:
    if isinstance(wanted, SmoothingSettings):
        return Smoothing(**wanted.model_dump())
    return Smoothing() if wanted else None
