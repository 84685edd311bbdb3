"""Clients of the live doors, and the document that what they hear is held against."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import jsonschema
from tests.server.servers import PATIENCE_SECONDS
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from emotrace.server.live.asyncapi import DOORS, asyncapi_document

DOCUMENT = asyncapi_document("127.0.0.1")

Messages = list[dict[str, Any]]


def run(client: Coroutine[Any, Any, Any]) -> Any:
    """Run a client to its end, within the deadline."""

    async def bounded() -> Any:
        return await asyncio.wait_for(client, PATIENCE_SECONDS)

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
    """Wait, without holding up the client's loop."""
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
