"""The open telephone calls, and who listens to what is found out about them.

A monitor that does not keep up is dropped, and nobody else notices: telling never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from emotrace.server.connection import SlowReaderError
from emotrace.server.limits import Slots
from emotrace.server.phone_messages import CallEvent, CallStarted
from emotrace.server.service import Service


class Monitor:
    """One listener's queue of events."""

    def __init__(self, n_pending: int) -> None:
        self._events: asyncio.Queue[CallEvent | None] = asyncio.Queue(n_pending + 1)
        self._is_slow = asyncio.Event()

    def tell(self, event: CallEvent | None) -> bool:
        """Queue an event, None after the last; False if the queue is full, and the monitor lost."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self._is_slow.set()
            return False
        return True

    async def next(self) -> CallEvent | None:
        """Wait for the next event; None when the call is over.

        Raises
        ------
        SlowReaderError
            If events were lost because too many were waiting.
        """
        if self._is_slow.is_set():
            raise SlowReaderError
        return await self._events.get()


@dataclass(eq=False)
class OpenStream:
    """One stream of a call."""

    started: CallStarted
    call: OpenCall

    def tell(self, event: CallEvent) -> None:
        """Tell all monitors of the call."""
        self.call.tell(event)


@dataclass(eq=False)
class OpenCall:
    """A call: its streams, usually one, and its monitors."""

    streams: list[OpenStream] = field(default_factory=list)
    monitors: set[Monitor] = field(default_factory=set)

    def tell(self, event: CallEvent | None) -> None:
        """Tell all monitors; who cannot take it any more is no monitor any more."""
        self.monitors = {monitor for monitor in self.monitors if monitor.tell(event)}


class Switchboard:
    """The open calls of one server, by their names."""

    def __init__(self, service: Service) -> None:
        self._calls: dict[str, OpenCall] = {}
        self._n_pending = service.settings.max_pending_results
        self.places = Slots("monitors", service.settings.max_streams)

    def started(self) -> list[CallStarted]:
        """List the open streams in the order they began."""
        return [stream.started for call in self._calls.values() for stream in call.streams]

    @contextmanager
    def open(self, started: CallStarted) -> Iterator[OpenStream]:
        """Hold a stream of a call open; when the last one ends, its monitors are told."""
        call = self._calls.setdefault(started.call, OpenCall())
        stream = OpenStream(started, call)
        call.streams.append(stream)
        call.tell(started)
        try:
            yield stream
        finally:
            call.streams.remove(stream)
            if not call.streams:
                del self._calls[started.call]
                call.tell(None)

    @contextmanager
    def monitor(self, name: str) -> Iterator[Monitor]:
        """Listen to a call, beginning with what its streams are; raise `KeyError` if no such call is open."""
        call = self._calls[name]
        monitor = Monitor(self._n_pending)
        for stream in call.streams:
            monitor.tell(stream.started)
        call.monitors.add(monitor)
        try:
            yield monitor
        finally:
            call.monitors.discard(monitor)

    def __contains__(self, name: str) -> bool:
        return name in self._calls


def switchboard_of(app: FastAPI) -> Switchboard:
    """Give the application's switchboard; it is made when it is first needed."""
    if not hasattr(app.state, "switchboard"):
        app.state.switchboard = Switchboard(app.state.service)
    board = app.state.switchboard
    assert isinstance(board, Switchboard)
    return board
