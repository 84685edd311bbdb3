"""WebSocket ``/v1/twilio``: calls from a telephone service.

The service takes no messages that its protocol does not know: what is found out is told to the call's monitors.
"""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from emotrace.server.auth import check_websocket_key, is_key
from emotrace.server.live.channel import in_thread
from emotrace.server.live.connection import Connection, Ended, hold
from emotrace.server.live.line import Line, read_message
from emotrace.server.live.phone_messages import CallSettings, PhoneMedia, PhoneStart, PhoneStop, StartFacts
from emotrace.server.live.protocol import POLICY, BadMessageError, explain
from emotrace.server.live.switchboard import Switchboard
from emotrace.server.service import Service

router = APIRouter()

START_SECONDS = 10.0
"""So long a stream may take to begin: until then nobody knows whose it is."""


@router.websocket("/v1/twilio")
async def take_call(websocket: WebSocket) -> None:
    """Take one stream of a telephone service, from its start to its stop."""
    service: Service = websocket.app.state.service
    # The service sends neither headers nor a query of one's own: a key may come with the start. Until then the
    # caller takes no place from those who have shown theirs.
    slots = service.streams if check_websocket_key(websocket) else service.strangers
    await hold(websocket, "twilio", slots, _talk, needs_key=False)


async def _talk(connection: Connection) -> tuple[int, str]:
    connection.is_quiet = True
    seconds = min(START_SECONDS, connection.service.settings.stream_idle_seconds)
    try:
        start = await asyncio.wait_for(_await_start(connection), seconds)
    except asyncio.TimeoutError:
        raise Ended(POLICY, f"no start message came within {seconds:g} s") from None
    _let_in(connection, start.start)
    settings = _read_settings(connection, start.start)
    connection.is_quiet = settings.results != "here"
    line = await in_thread(connection, partial(Line, connection, start, settings))
    board: Switchboard = connection.websocket.app.state.switchboard
    with board.open(line.started) as call:
        return await line.hold(call)


async def _await_start(connection: Connection) -> PhoneStart:
    while True:
        event = read_message(await connection.receive())
        if isinstance(event, PhoneStart):
            return event
        if isinstance(event, PhoneMedia | PhoneStop):
            raise BadMessageError(f"a {event.event} message came before the start message")


def _let_in(connection: Connection, start: StartFacts) -> None:
    """See to it that the caller has a key, and a place among those who have."""
    if check_websocket_key(connection.websocket):
        return
    service = connection.service
    if not is_key(start.custom_parameters.get("api_key"), service.settings.api_keys):
        service.metrics.refused("key")
        raise BadMessageError(
            "no API key that is known here; give it to the stream as its custom parameter api_key", POLICY
        )
    connection.take_place(service.streams)


def _read_settings(connection: Connection, start: StartFacts) -> CallSettings:
    query = {key: value for key, value in connection.websocket.query_params.items() if key != "api_key"}
    own = {key: value for key, value in start.custom_parameters.items() if key in CallSettings.model_fields}
    try:
        return CallSettings.model_validate({**query, **own})
    except ValidationError as error:
        raise BadMessageError(explain(error, CallSettings, "the call's settings")) from None
