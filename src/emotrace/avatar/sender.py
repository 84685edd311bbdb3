"""When which values are sent: poses in, messages out. No clock, no network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emotrace.avatar.mapping import AvatarMapping, Value
from emotrace.avatar.state import Pose

# Clocks are sums of floats: a packet that is due must not wait a whole tick for a rounding.
_TOLERANCE_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class Message:
    """One OSC message: an address and its arguments."""

    address: str
    arguments: tuple[Value, ...] = ()


class Sender:
    """Turns poses into messages: at most so often, only what has changed, and everything now and then.

    Parameters
    ----------
    mapping
        The parameters, and when they are sent.

    Examples
    --------
    >>> from emotrace.avatar.mapping import Parameter
    >>> from emotrace.avatar.state import AvatarState
    >>> avatar = AvatarState()
    >>> sender = Sender(AvatarMapping("", (Parameter("/mood", "valence"),)))
    >>> [sender.due(avatar.tick(now)) for now in (0.0, 0.5, 2.0)]  # unchanged values are repeated after 2 s
    [[Message(address='/mood', arguments=(0.0,))], [], [Message(address='/mood', arguments=(0.0,))]]
    """

    def __init__(self, mapping: AvatarMapping) -> None:
        self._parameters, self._sending = mapping.parameters, mapping.sending
        self._sent: list[tuple[Value | None, float]] = [(None, -math.inf)] * len(mapping.parameters)
        self._last = -math.inf

    def due(self, pose: Pose, is_last: bool = False) -> list[Message]:
        """Give the messages to send now, none where nothing is due; all of them if ``is_last``."""
        if not is_last and pose.time - self._last < 1.0 / self._sending.rate_hz - _TOLERANCE_SECONDS:
            return []
        values = [parameter.value_of(pose) for parameter in self._parameters]
        chosen = [i for i, value in enumerate(values) if is_last or self._is_due(i, value, pose.time)]
        if chosen and self._sending.together:
            chosen = list(range(len(values)))
        messages = []
        for i in chosen:
            self._sent[i] = (values[i], pose.time)
            name = self._parameters[i].name
            messages.append(Message(self._parameters[i].address, (name, values[i]) if name else (values[i],)))
        if not messages:
            return []
        self._last = pose.time
        return [*messages, Message(self._sending.apply)] if self._sending.apply else messages

    def _is_due(self, i: int, value: Value, now: float) -> bool:
        sent, when = self._sent[i]
        if now - when >= self._sending.keep_alive_seconds - _TOLERANCE_SECONDS:
            return True
        if isinstance(value, float) and isinstance(sent, float):
            # Without a deadband, what is equal is not sent again either.
            return abs(value - sent) >= max(self._sending.deadband, 1e-9)
        return value != sent
