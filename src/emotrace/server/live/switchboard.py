"""The open telephone calls, and who listens to what is found out about them.

A monitor that does not keep up is dropped, and nobody else notices: telling never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from emotrace.server.limits import Slots
from emotrace.server.live.connection import SlowReaderError
from emotrace.server.live.phone_messages import CallEvent, CallStarted
from emotrace.server.settings import Settings


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
class OpenCall:
    """A call: its streams, usually one, and its monitors."""

    streams: list[CallStarted] = field(default_factory=list)
    monitors: set[Monitor] = field(default_factory=set)

    def tell(self, event: CallEvent | None) -> None:
        """Tell all monitors; who cannot take it any more is no monitor any more."""
        self.monitors = {monitor for monitor in self.monitors if monitor.tell(event)}


class Switchboard:
    """The open calls of one server, by their names."""

    def __init__(self, settings: Settings) -> None:
        self._calls: dict[str, OpenCall] = {}
        self._n_pending = settings.max_pending_results
        self.places = Slots("monitors", settings.max_streams)

    def started(self) -> list[CallStarted]:
        """List the open streams in the order they began."""
        return [stream for call in self._calls.values() for stream in call.streams]

    @contextmanager
    def open(self, started: CallStarted) -> Iterator[OpenCall]:
        """Hold a stream of a call open; when the last one ends, the call's monitors are told."""
        call = self._calls.setdefault(started.call, OpenCall())
        call.streams.append(started)
        call.tell(started)
        try:
            yield call
        finally:
            call.streams.remove(started)
            if not call.streams:
                del self._calls[started.call]
                call.tell(None)

    @contextmanager
    def monitor(self, name: str) -> Iterator[Monitor]:
        """Listen to a call, beginning with what its streams are; raise `KeyError` if no such call is open."""
        call = self._calls[name]
        monitor = Monitor(self._n_pending)
        for stream in call.streams:
            monitor.tell(stream)
        call.monitors.add(monitor)
        try:
            yield monitor
        finally:
            call.monitors.discard(monitor)

    def __contains__(self, name: str) -> bool:
        return name in self._calls
