"""One channel of a live conversation: a session and, where wanted, the rules of the call desk over its results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from emotrace.calls.rules import Escalation, RuleEngine, check_labels, load_rules
from emotrace.hear.session import Session, StreamResult
from emotrace.server.live.connection import Connection

Heard = list[StreamResult | Escalation]
Found = TypeVar("Found")


class LiveChannel:
    """Pushes audio into a session, and its final results into the rules. Not for two threads at a time.

    Parameters
    ----------
    session
        New, and this channel's own.
    party
        Whose rules to watch by (``customer`` or ``agent``); None for none.

    Raises
    ------
    LabelError
        If rules are wanted, and one can never hold with the session's labels.
    """

    def __init__(self, session: Session, party: str | None = None) -> None:
        self.session = session
        self.n_results = 0
        self._rules: RuleEngine | None = None
        if party is not None:
            self._rules = RuleEngine(load_rules(), party)
            check_labels(self._rules.rules, session.describe()["labels"])

    def push(self, data: bytes) -> Heard:
        """Take the next audio, and give what can now be said of it, in order."""
        return self._watch(self.session.push(data))

    def close(self) -> Heard:
        """End the conversation; give what was still open."""
        told = self._watch(self.session.close())
        return told if self._rules is None else [*told, *self._rules.close()]

    def _watch(self, results: list[StreamResult]) -> Heard:
        heard: Heard = []
        for result in results:
            heard.append(result)
            if result.is_final:
                self.n_results += 1
                if self._rules is not None:
                    heard.extend(self._rules.push(result.prediction))
        return heard


async def in_thread(connection: Connection, work: Callable[[], Found]) -> Found:
    """Do work in the service's threads, so that the event loop never waits for a model."""
    return await asyncio.get_running_loop().run_in_executor(connection.service.executor, work)


async def push_in_pieces(
    connection: Connection, channel: LiveChannel, data: bytes, piece_bytes: int
) -> AsyncIterator[Heard]:
    """Push audio piece by piece, so that one long message does not hold a thread while other streams wait.

    Raises
    ------
    Gone
        Between pieces, if the client has left meanwhile.
    """
    for first in range(0, len(data), piece_bytes):
        connection.check_presence()
        piece = data[first : first + piece_bytes]
        yield await in_thread(connection, lambda piece=piece: channel.push(piece))  # type: ignore[misc]
