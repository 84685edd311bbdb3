"""One WebSocket, with bounds on everything: what all live doors of the server share.

Incoming audio is bounded by not reading on: a client that sends faster than it can be heard is slowed by TCP.
Outgoing messages are bounded by sending one at a time, each within a time-out. Whatever ends the conversation,
what it held (its place, its tasks, its session) is given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from emotrace.errors import BundleError, EmotraceError
from emotrace.server.auth import check_websocket_key
from emotrace.server.limits import ServiceFull, Slots
from emotrace.server.live.protocol import (
    BAD_PAYLOAD,
    INTERNAL,
    POLICY,
    RESTART,
    TITLES,
    TOO_LARGE,
    TRY_LATER,
    BadMessageError,
    Error,
    Record,
)
from emotrace.server.logs import LOGGER
from emotrace.server.problems import Problem, deny_websocket, problem_of_full, request_id_of
from emotrace.server.service import Service

NORMAL, VANISHED = 1000, 1006
_LEAVING = (NORMAL, 1001, 1002, 1005, BAD_PAYLOAD, TOO_LARGE, RESTART)
_MOST_WAITING = 64
# Small messages that wait are heard together: one run through the threads instead of many.
_JOINED_BYTES = 64 * 1024
_REASON_SECONDS = 0.2
# RFC 6455 leaves 123 bytes for the reason.
_REASON_BYTES = 123


class Gone(Exception):  # noqa: N818 - it tells of a state, not of a mistake
    """The client has left, in order or not; nothing can be sent any more."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the client has left ({code})")
        # A client may close with any code; only these are worth counting one by one.
        self.code = code if code in _LEAVING else VANISHED


class Ended(Exception):  # noqa: N818
    """The server ends the conversation though nothing is wrong with it; what is open may still be sent."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SlowReaderError(Exception):
    """The client does not take what is sent to it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What came: text, or audio that may be several messages in one, and when the first of it came."""

    data: str | bytes
    arrived: float


class Connection:
    """An open WebSocket: receive, send, close, each within the bounds of the server's settings.

    Used as an asynchronous context, in which a task of its own reads ahead, by one message of the largest size.

    Attributes
    ----------
    id
        Names the conversation in the log; that of the request.
    is_quiet
        True where the other side speaks a protocol that knows no errors: `fail` then only closes.
    """

    def __init__(self, websocket: WebSocket, service: Service, *, is_monitor: bool = False) -> None:
        self.id = request_id_of(websocket.scope)
        self.websocket = websocket
        self.service = service
        self.is_quiet = False
        self._place = contextlib.ExitStack()
        self._settings = service.settings
        # A monitor has nothing to say, and stays as long as the call it listens to.
        self._idle_seconds = math.inf if is_monitor else self._settings.stream_idle_seconds
        self._longest_seconds = math.inf if is_monitor else self._settings.max_stream_seconds
        self._is_drained = not is_monitor
        self._waiting: deque[Message] = deque()
        self._n_bytes = 0
        self._changed = asyncio.Event()
        self._end: Gone | Ended | BadMessageError | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Connection:
        self._tasks = [asyncio.create_task(self._read())]
        if self._is_drained:
            self._tasks.append(asyncio.create_task(self._watch_drain()))
        if self._longest_seconds < math.inf:
            self._tasks.append(asyncio.create_task(self._watch_age()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()

    def take_place(self, slots: Slots) -> None:
        """Hold a place of ``slots`` instead of the one held so far; raise `ServiceFull` if there is none."""
        place = contextlib.ExitStack()
        place.enter_context(slots.acquire())
        self.give_back()
        self._place = place

    def give_back(self) -> None:
        """Hold no place any more."""
        self._place.close()

    async def receive(self) -> Message:
        """Give the next message; audio that has come in several is joined.

        Raises
        ------
        Gone
            If the client has left; what it sent before is not worth hearing any more.
        Ended
            After all messages that came, if the client is idle or too long here, or the server is to end.
        BadMessageError
            After all messages that came, if one was too large.
        """
        while not self._waiting:
            if self._end is not None:
                raise self._end
            self._changed.clear()
            await self._changed.wait()
        self.check_presence()
        first = self._pop()
        if isinstance(first.data, str):
            return first
        parts = [first.data]
        n_bytes = len(first.data)
        while self._waiting and n_bytes < _JOINED_BYTES and isinstance(self._waiting[0].data, bytes):
            data = self._pop().data
            assert isinstance(data, bytes)
            parts.append(data)
            n_bytes += len(data)
        return Message(b"".join(parts), first.arrived)

    @property
    def n_waiting(self) -> int:
        """How many messages have come and wait to be received."""
        return len(self._waiting)

    def check_presence(self) -> None:
        """Raise `Gone` if the client has left, so that nobody works for it."""
        if isinstance(self._end, Gone):
            raise self._end

    async def send(self, record: Record) -> None:
        """Send a message.

        Raises
        ------
        SlowReaderError
            If it could not be handed over in ``send_timeout_seconds``.
        Gone
            If the client has left.
        """
        try:
            await asyncio.wait_for(self.websocket.send_text(record.to_json()), self._settings.send_timeout_seconds)
        except asyncio.TimeoutError:
            raise SlowReaderError from None
        except (WebSocketDisconnect, RuntimeError, OSError):
            # How it left, the reader knows, if it has not too much to read before.
            await asyncio.wait(self._tasks[:1], timeout=_REASON_SECONDS)
            raise self._end if isinstance(self._end, Gone) else Gone(VANISHED) from None

    async def close(self, code: int, reason: str = "") -> None:
        """Close the socket; if the client takes nothing any more, leave it to the system."""
        short = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        with contextlib.suppress(asyncio.TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            await asyncio.wait_for(self.websocket.close(code, short), self._settings.send_timeout_seconds)

    async def fail(self, code: int, detail: str) -> None:
        """Tell the client what was wrong, and close."""
        if not self.is_quiet:
            with contextlib.suppress(SlowReaderError, Gone):
                await self.send(Error.of(code, detail))
        await self.close(code, f"{TITLES[code]}: {detail}")

    def _pop(self) -> Message:
        message = self._waiting.popleft()
        self._n_bytes -= len(message.data)
        self._changed.set()
        return message

    def _stop(self, end: Gone | Ended | BadMessageError) -> None:
        """Say why nothing more will be read; the first reason counts, unless the client has left."""
        if self._end is None or isinstance(end, Gone):
            self._end = end
        self._tasks[0].cancel()
        self._changed.set()

    async def _read(self) -> None:
        """Read ahead, until one message of the largest size waits; idle time counts only while nothing does."""
        most = self._settings.max_message_bytes
        loop = asyncio.get_running_loop()
        while True:
            try:
                event = await self._next_event()
            except (RuntimeError, OSError):
                self._stop(Gone(VANISHED))
                return
            if event["type"] == "websocket.disconnect":
                self._stop(Gone(event.get("code") or VANISHED))
                return
            data = event["text"] if event.get("bytes") is None else event["bytes"]
            if len(data) > most or (isinstance(data, str) and len(data.encode()) > most):
                detail = f"a message of more than {most:,} bytes came; send audio in smaller ones"
                self._stop(BadMessageError(detail, TOO_LARGE))
                return
            self._waiting.append(Message(data, loop.time()))
            self._n_bytes += len(data)
            self._changed.set()
            while self._n_bytes >= most or len(self._waiting) >= _MOST_WAITING:
                self._changed.clear()
                await self._changed.wait()

    async def _next_event(self) -> MutableMapping[str, Any]:
        if self._idle_seconds == math.inf:
            return await self.websocket.receive()
        end = Ended(POLICY, f"neither audio nor a keepalive came for {self._idle_seconds:g} s")
        alarm = asyncio.get_running_loop().call_later(self._idle_seconds, self._stop, end)
        try:
            return await self.websocket.receive()
        finally:
            alarm.cancel()

    async def _watch_drain(self) -> None:
        await self.service.is_draining.wait()
        self._stop(Ended(RESTART, "the server is shutting down; connect again"))

    async def _watch_age(self) -> None:
        await asyncio.sleep(self._longest_seconds)
        self._stop(Ended(POLICY, f"a stream may last {self._longest_seconds:g} s here; start a new one"))


Talk = Callable[[Connection], Awaitable[tuple[int, str]]]
"""Holds a conversation to its end in order, and gives the code and the reason to close with."""


async def hold(
    websocket: WebSocket, kind: str, slots: Slots, talk: Talk, *, needs_key: bool = True, is_monitor: bool = False
) -> None:
    """Open a WebSocket if it may be, hold the conversation, close; whatever happens, give everything back.

    Refused before the upgrade, with a problem document: 401 without a key, 503 if there is no place or the server
    is shutting down.

    Parameters
    ----------
    websocket
        Not yet accepted.
    kind
        What is counted: ``stream``, ``twilio`` or ``monitor``.
    slots
        Where a place is taken.
    talk
        The conversation.
    needs_key
        False where a key may also come in the first message; ``talk`` sees to it then.
    is_monitor
        True for a client that only listens: it may be silent for as long as the conversation lasts.
    """
    service: Service = websocket.app.state.service
    connection = Connection(websocket, service, is_monitor=is_monitor)
    try:
        _refuse(websocket, service, needs_key)
        connection.take_place(slots)
    except ServiceFull as full:
        service.metrics.refused(full.reason)
        await deny_websocket(websocket, problem_of_full(full))
    except Problem as problem:
        service.metrics.refused(problem.kind)
        await deny_websocket(websocket, problem)
    else:
        try:
            await _converse(connection, kind, talk)
        finally:
            connection.give_back()


async def _converse(connection: Connection, kind: str, talk: Talk) -> None:
    code = VANISHED
    metrics = connection.service.metrics
    metrics.stream_opened(kind)
    try:
        await connection.websocket.accept()
        async with connection:
            code = await _talk_to_end(connection, talk)
    except (WebSocketDisconnect, RuntimeError, OSError):
        # It left before it was let in.
        code = VANISHED
    finally:
        metrics.stream_closed(kind, code)
        LOGGER.info("%s closed", kind, extra={"session": connection.id, "code": code})


async def _talk_to_end(connection: Connection, talk: Talk) -> int:
    """Talk, and end the conversation as befits what happened; give the close code."""
    try:
        code, reason = await talk(connection)
        await connection.close(code, reason)
        return code
    except Gone as gone:
        return gone.code
    except SlowReaderError:
        connection.service.metrics.refused("slow_reader")
        await connection.close(TRY_LATER, "results were not read in time")
        return TRY_LATER
    except Ended as end:
        await connection.close(end.code, end.reason)
        return end.code
    except BadMessageError as error:
        await connection.fail(error.code, str(error))
        return error.code
    except ServiceFull as full:
        connection.service.metrics.refused(full.reason)
        await connection.fail(TRY_LATER, full.detail)
        return TRY_LATER
    except EmotraceError as error:
        if not isinstance(error, BundleError):
            await connection.fail(BAD_PAYLOAD, str(error))
            return BAD_PAYLOAD
        return await _give_up(connection)
    except Exception:
        return await _give_up(connection)


async def _give_up(connection: Connection) -> int:
    LOGGER.exception("a live conversation failed", extra={"session": connection.id})
    await connection.fail(INTERNAL, f"the server failed; its log says more under session {connection.id}")
    return INTERNAL


def _refuse(websocket: WebSocket, service: Service, needs_key: bool) -> None:
    if needs_key and not check_websocket_key(websocket):
        raise Problem(
            401,
            "key",
            "no API key that is known here; send `Authorization: Bearer KEY`, `X-API-Key: KEY` or ?api_key=KEY",
            {"WWW-Authenticate": "Bearer"},
        )
    service.refuse_when_draining()
