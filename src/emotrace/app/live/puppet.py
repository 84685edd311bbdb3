"""An avatar that follows one listening page, over OSC."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from emotrace.app.live.messages import Target
from emotrace.avatar.mapping_file import load_preset
from emotrace.avatar.osc import OscSink
from emotrace.avatar.sender import Sender
from emotrace.avatar.state import AvatarState
from emotrace.types import Prediction


class Puppet:
    """Sends an avatar's parameters, as often as its preset says, from `start` until `stop`.

    Made in a thread (the name of the host is looked up); used in the event loop.

    Parameters
    ----------
    target
        Where to send, and which parameters.
    warn
        Takes the one line that says why nothing goes out; from any thread.

    Raises
    ------
    UnknownNameError
        If there is no such preset.
    MissingExtraError
        Without python-osc.
    """

    def __init__(self, target: Target, warn: Callable[[str], None]) -> None:
        mapping = load_preset(target.preset)
        self._avatar, self._sender = AvatarState(mapping.motion), Sender(mapping)
        self._sending = mapping.sending
        self._sink = OscSink(target.host, target.port, warn)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run())

    def push(self, prediction: Prediction) -> None:
        """Follow a prediction, final or interim."""
        self._avatar.push(prediction, time.monotonic())

    async def stop(self) -> None:
        """Bring the avatar back to neutral, and send no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        # Nobody is to be left with an angry face.
        rest = AvatarState().tick(time.monotonic())
        self._sink.send(self._sender.due(rest, is_last=True), self._sending.together)
        self._sink.close()

    async def _run(self) -> None:
        while True:
            pose = self._avatar.tick(time.monotonic())
            self._sink.send(self._sender.due(pose), self._sending.together)
            await asyncio.sleep(1.0 / self._sending.rate_hz)
