"""What all routes share: the models, the workers, the places, the counters."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from emotrace.errors import EmotraceError
from emotrace.hear.recognizer import Recogniser
from emotrace.server.limits import ServiceFull, Slots
from emotrace.server.metrics import Metrics
from emotrace.server.models import Models
from emotrace.server.settings import Settings
from emotrace.server.uploads.workers import WorkerPool

_POLL_SECONDS = 0.05


class Service:
    """One server's state; made by `emotrace.server.app.create_app`, found at ``app.state.service``.

    Attributes
    ----------
    settings
        What it may do.
    models
        The bundles, by name.
    recogniser
        The default model with the default labels, for live streams.
    metrics
        What is counted.
    workers
        The processes that decode and judge uploads.
    requests, streams
        Places for uploads under way and for live streams.
    strangers
        Places for those who may show their key only after they are let in: they take none from the others.
    is_draining
        Set once the server is to end: nothing new is begun, streams say goodbye.
    executor
        Threads for `emotrace.hear.session.Session.push`, so that the event loop never waits for a model.

    Raises
    ------
    BundleError, LabelError, UsageError
        If a bundle cannot be used, cannot give the labels, or two have the same name.
    EmotraceError
        If this system cannot isolate uploads.
    """

    def __init__(self, settings: Settings) -> None:
        if not hasattr(socket, "send_fds"):
            raise EmotraceError(
                "the server needs Linux or macOS, where an open file can be handed to another process; on Windows "
                "run it in WSL or in a container"
            )
        self.settings = settings
        self.metrics = Metrics()
        self.models = Models(settings)
        self.recogniser: Recogniser = self.models.recogniser()
        self.workers = WorkerPool(settings, self.models.hashes, self.metrics)
        self.requests = Slots("requests", settings.max_requests)
        self.streams = Slots("streams", settings.max_streams)
        self.strangers = Slots("strangers", settings.max_streams, "callers without a key")
        self.is_draining = asyncio.Event()
        self.executor = ThreadPoolExecutor(settings.n_workers, thread_name_prefix="emotrace-stream")
        pool = self.workers
        self.metrics.watch_workers(lambda: pool.n_ready, lambda: pool.n_busy, lambda: pool.n_waiting)

    def start(self) -> None:
        """Start the workers; they are waited for by the first requests, not here."""
        self.workers.start()

    async def stop(self) -> None:
        """End the workers and the threads."""
        self.is_draining.set()
        await self.workers.stop()
        self.executor.shutdown(wait=False, cancel_futures=True)

    def why_not_ready(self) -> str | None:
        """Give the reason why nothing should be sent here now, or None."""
        if self.is_draining.is_set():
            return "the server is shutting down"
        if self.workers.n_ready == 0:
            return "no worker is up yet"
        return None

    def refuse_when_draining(self) -> None:
        """Raise `ServiceFull` once the server is to end."""
        if self.is_draining.is_set():
            raise ServiceFull("draining", "the server is shutting down; ask another one, or again later", 5)

    async def drain(self) -> None:
        """Begin nothing new and wait, at most ``settings.drain_seconds``, until what runs has ended."""
        self.is_draining.set()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.settings.drain_seconds
        while (self.requests.n_taken or self.streams.n_taken) and loop.time() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
