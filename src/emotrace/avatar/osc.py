"""OSC over UDP: messages out, nothing in. Nothing that happens to the network ends the run."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emotrace.avatar.sender import Message
from emotrace.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from pythonosc.osc_bundle import OscBundle
    from pythonosc.osc_message import OscMessage
    from pythonosc.udp_client import UDPClient

_RETRY_SECONDS = 10.0


def parse_target(text: str) -> tuple[str, int]:
    """Read ``host:port``, an IPv6 address in brackets.

    Raises
    ------
    UsageError
        If it is none.

    >>> parse_target("127.0.0.1:9000"), parse_target("[::1]:39539")
    (('127.0.0.1', 9000), ('::1', 39539))
    """
    host, _, port = text.rpartition(":")
    is_bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and 1 <= int(port) <= 65535
    if not host or not host.isprintable() or " " in host or is_bare_ipv6 or not is_port:
        raise UsageError(
            f"{text[:80]!r} is no target; give host:port with a port from 1 to 65535, for instance 127.0.0.1:9000 "
            "or [::1]:9000"
        )
    return host, int(port)


class OscSink:
    """Sends messages to one host and port.

    A host whose name cannot be found is looked for again every ten seconds, in the background. What cannot be sent
    is lost, as UDP is; ``warn`` is told once, with one line, until sending works again.

    Parameters
    ----------
    host, port
        Where to.
    warn
        Takes the line.

    Raises
    ------
    MissingExtraError
        Without python-osc.
    """

    def __init__(self, host: str, port: int, warn: Callable[[str], None]) -> None:
        try:
            import pythonosc.udp_client  # noqa: F401
        except ImportError:
            raise MissingExtraError("sending OSC", "osc") from None
        self.host, self.port = host, port
        self._warn = warn
        self._is_warned = False
        self._client: UDPClient | None = None
        self._search: threading.Thread | None = None
        self._search_next = 0.0
        self._connect()

    def send(self, messages: Sequence[Message], together: bool = False) -> bool:
        """Send ``messages``, each in a packet or all in one bundle; say whether all of them went out."""
        if not messages:
            return True
        if self._client is None:
            self._search_again()
            return False
        try:
            if together:
                self._client.send(_bundle(messages))
            else:
                for message in messages:
                    self._client.send(_encode(message))
        except OSError as error:
            self._complain(error)
            return False
        self._is_warned = False
        return True

    def close(self) -> None:
        """Close the socket. May be called twice."""
        if self._client is not None:
            self._client.close()

    def _connect(self) -> None:
        from pythonosc.udp_client import UDPClient

        self._search_next = time.monotonic() + _RETRY_SECONDS
        try:
            # Looked up once: python-osc would ask the name server anew for every packet.
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)
            # Programs that say "localhost" listen on IPv4.
            address = min(found, key=lambda entry: entry[0] != socket.AF_INET)[4][0]
            self._client = UDPClient(str(address), self.port)
        except (OSError, UnicodeError) as error:
            self._complain(error)

    def _search_again(self) -> None:
        is_searching = self._search is not None and self._search.is_alive()
        if not is_searching and time.monotonic() >= self._search_next:
            self._search = threading.Thread(target=self._connect, name="osc-search", daemon=True)
            self._search.start()

    def _complain(self, error: Exception) -> None:
        if not self._is_warned:
            self._is_warned = True
            reason = getattr(error, "strerror", None) or error
            self._warn(f"cannot send OSC to {self.host}:{self.port}: {reason}; going on, and trying again")


def _encode(message: Message) -> OscMessage:
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(message.address)
    for argument in message.arguments:
        builder.add_arg(argument)
    return builder.build()


def _bundle(messages: Sequence[Message]) -> OscBundle:
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder

    builder = OscBundleBuilder(IMMEDIATELY)
    for message in messages:
        builder.add_content(_encode(message))
    return builder.build()
