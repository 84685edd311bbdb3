"""``GET /v1/calls`` and WebSocket ``/v1/calls/{call}``: the open calls, and what is found out about them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from fastapi import APIRouter, Depends, Request, WebSocket

from emotrace.server.auth import check_websocket_key, require_key
from emotrace.server.live.connection import NORMAL, Connection, hold
from emotrace.server.live.phone_messages import CallStarted
from emotrace.server.live.protocol import POLICY, BadMessageError, Close, KeepAlive, read_control
from emotrace.server.live.switchboard import Monitor, Switchboard
from emotrace.server.openapi import problem_responses
from emotrace.server.problems import Problem, deny_websocket

router = APIRouter()


@router.get(
    "/v1/calls",
    tags=["live"],
    summary="List the open calls",
    dependencies=[Depends(require_key)],
    responses=problem_responses(401),
)
async def list_calls(request: Request) -> list[CallStarted]:
    """List the telephone streams that are open now, in the order they began.

    Follow one at the WebSocket `/v1/calls/{call}`.
    """
    board: Switchboard = request.app.state.switchboard
    return board.started()


@router.websocket("/v1/calls/{call}")
async def monitor_call(websocket: WebSocket, call: str) -> None:
    """Tell what is found out about an open call, until it ends."""
    board: Switchboard = websocket.app.state.switchboard
    if check_websocket_key(websocket) and call not in board:
        await deny_websocket(
            websocket, Problem(404, "no-such-call", "no call of this name is open; GET /v1/calls lists them")
        )
        return

    async def talk(connection: Connection) -> tuple[int, str]:
        if call in board:
            with board.monitor(call) as monitor:
                await _until_either(_tell(connection, monitor), _listen(connection))
        return NORMAL, "the call has ended"

    await hold(websocket, "monitor", board.places, talk, is_monitor=True)


async def _tell(connection: Connection, monitor: Monitor) -> None:
    while (event := await monitor.next()) is not None:
        await connection.send(event)


async def _listen(connection: Connection) -> None:
    """Notice that a monitor leaves; it has nothing else to say."""
    while True:
        message = await connection.receive()
        control = read_control(message.data) if isinstance(message.data, str) else None
        if isinstance(control, Close):
            return
        if not isinstance(control, KeepAlive):
            raise BadMessageError("a monitor only listens; it may send keepalive and close", POLICY)


async def _until_either(*works: Coroutine[Any, Any, None]) -> None:
    """Run until one has ended, and end the other one; raise what it raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
