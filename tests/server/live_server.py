"""A real server on a real port for tests of the live doors, and what clients of it need."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import jsonschema
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from emotrace.server.app import create_app
from emotrace.server.asyncapi import DOORS, asyncapi_document
from emotrace.server.listen import make_server, open_socket
from emotrace.server.service import Service
from emotrace.server.settings import Settings
from emotrace.server.websocket import BoundedWebSocketProtocol

DEADLINE_SECONDS = 60.0
DOCUMENT = asyncapi_document("127.0.0.1")

Messages = list[dict[str, Any]]


class LiveServer:
    """The application, listening."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self.app = app
        self.port = port

    @property
    def service(self) -> Service:
        service = self.app.state.service
        assert isinstance(service, Service)
        return service

    def url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=DEADLINE_SECONDS)

    def wait_until_free(self) -> None:
        """Wait until nothing holds a place, and no stream is counted as open."""
        wait_for(lambda: self.service.streams.n_taken == 0)
        wait_for(lambda: all(value == 0 for value in self.metric("emotrace_streams_open").values()))

    def metric(self, name: str) -> dict[str, float]:
        """Give the values of a metric by their labels, as they are written."""
        lines = self.service.metrics.render().decode().splitlines()
        pairs = [
            line.rsplit(" ", 1) for line in lines if line.startswith(name + "{") or line.startswith(name + " ")
        ]
        return {label.removeprefix(name): float(value) for label, value in pairs}

    def drain(self) -> None:
        """Say that the server is to end, from this thread."""
        self.loop.call_soon_threadsafe(self.service.is_draining.set)

    loop: asyncio.AbstractEventLoop
    uvicorn: uvicorn.Server


@contextmanager
def serving(send_buffer_bytes: int | None = None, **settings: Any) -> Iterator[LiveServer]:
    """Serve as `emotrace serve` does, in a thread, on any free port; `send_buffer_bytes` is that of the system."""
    made = Settings(**{"port": 0, "n_workers": 1, "drain_seconds": 5.0, **settings})
    app = create_app(made)
    up = threading.Event()
    with open_socket(made) as listener:
        if send_buffer_bytes is not None:
            # Accepted sockets inherit it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
        live = LiveServer(app, listener.getsockname()[1])
        server = make_server(app, up.set)
        server.config.ws = BoundedWebSocketProtocol
        live.uvicorn = server

        async def serve() -> None:
            live.loop = asyncio.get_running_loop()
            await server.serve(sockets=[listener])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            assert up.wait(DEADLINE_SECONDS)
            yield live
        finally:
            server.should_exit = True
            thread.join(DEADLINE_SECONDS)
            assert not thread.is_alive(), "the server did not end"


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something has become true; fail if it does not."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def run(client: Coroutine[Any, Any, Any]) -> Any:
    """Run a client to its end, within the deadline."""

    async def bounded() -> Any:
        return await asyncio.wait_for(client, DEADLINE_SECONDS)

    return asyncio.run(bounded())


@asynccontextmanager
async def small_socket(url: str) -> AsyncIterator[ClientConnection]:
    """Open a socket that takes little before it is read from; it is torn down at the end."""
    host, _, port = url.removeprefix("ws://").partition("/")[0].partition(":")
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, (host, int(port)))
    async with connect(url, sock=small, max_queue=1, compression=None) as client:
        try:
            yield client
        finally:
            client.transport.abort()


async def until(condition: Callable[[], bool]) -> None:
    """As `wait_for`, without holding up the client's loop."""
    while not condition():
        await asyncio.sleep(0.01)


async def receive_all(
    client: ClientConnection, messages: Messages | None = None
) -> tuple[Messages, int | None, str]:
    """Read until the server closes; give the messages (as they come, in a list), the close code and the reason."""
    messages = [] if messages is None else messages
    while True:
        try:
            messages.append(json.loads(await client.recv()))
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return messages, frame.code if frame else None, frame.reason if frame else ""


async def converse(url: str, *sent: str | bytes, **how: Any) -> tuple[Messages, int | None, str]:
    """Open, send everything, and read until the server closes."""
    async with connect(url, max_size=None, compression=None, **how) as client:
        reading = asyncio.create_task(receive_all(client))
        try:
            for message in sent:
                await client.send(message)
        except ConnectionClosed:
            pass
        return await reading


def check_against_document(messages: Messages, door: str) -> None:
    """Hold what a server has sent against the AsyncAPI document: every message must be one of its door's."""
    records = next(each for each in DOORS if each.name == door).sent
    schemas = DOCUMENT["components"]["schemas"]
    kinds = {schemas[record.__name__]["properties"]["type"]["const"]: record.__name__ for record in records}
    for message in messages:
        reference = {"$ref": f"#/components/schemas/{kinds[message['type']]}", "components": {"schemas": schemas}}
        jsonschema.Draft7Validator(reference).validate(message)


def of_type(messages: Messages, kind: str) -> Messages:
    return [message for message in messages if message["type"] == kind]
