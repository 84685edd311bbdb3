"""What a server may do and how much of it: one frozen record, checked when it is made."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field, fields

from emotrace.errors import UsageError

_MIB = 1024**2
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-f:]+")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]+)?")


def _default_workers() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(4, len(os.sched_getaffinity(0)))
    return min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server; the defaults are safe and suit one machine.

    Attributes
    ----------
    host, port
        Where to listen; port 0 takes any free one.
    api_keys
        SHA-256 of each accepted key, in lower-case hexadecimal. Without any, everybody who reaches the port may
        ask, which is why only the loopback interface may then be bound.
    allowed_hosts
        Names by which clients may call the server (the ``Host`` header), besides the loopback ones.
    allowed_origins
        Web pages' origins (``https://desk.example.org``) that may ask from within a browser.
    model, more_models
        The bundle that is used by default (None: the shipped one), and further ones that a request may name.
    labels
        Preset or labels that are used by default; None for the bundle's own.
    max_body_bytes, max_seconds, max_channels
        The largest upload.
    max_requests
        Most uploads received or worked on at a time.
    upload_idle_seconds, max_upload_seconds
        A client that sends nothing for so long in the midst of its upload is given up, and so is one whose upload
        takes longer than that in all.
    n_workers, queue_length, request_timeout_seconds, worker_memory_bytes
        Processes that decode and judge uploads, how many uploads may wait for one, how long waiting and work
        may take, and how much memory a recording may take (where the system can bound it).
    max_connections, keep_alive_seconds
        Most connections of all kinds, and how long one may be open with nothing asked.
    max_streams, max_message_bytes, max_pending_results, stream_idle_seconds, max_stream_seconds,
    send_timeout_seconds
        Live streams: how many (25 is what one core follows with the default model, see
        ``benchmarks/streams.py``), the largest message, events that may wait for the monitor of a call, the
        longest silence of a client, the longest stream, and how long the reader of a message may take to make room
        for it.
    drain_seconds
        How long running requests and streams are waited for when the server is stopped.

    Raises
    ------
    UsageError
        If a value is out of its range.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    api_keys: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    model: str | None = None
    more_models: tuple[str, ...] = ()
    labels: str | None = None
    max_body_bytes: int = 64 * _MIB
    max_seconds: float = 3600.0
    max_channels: int = 16
    max_requests: int = 64
    upload_idle_seconds: float = 15.0
    max_upload_seconds: float = 600.0
    n_workers: int = field(default_factory=_default_workers)
    queue_length: int = 32
    request_timeout_seconds: float = 120.0
    worker_memory_bytes: int = 1024 * _MIB
    max_connections: int = 1000
    keep_alive_seconds: int = 15
    max_streams: int = 25
    max_message_bytes: int = _MIB
    max_pending_results: int = 64
    stream_idle_seconds: float = 30.0
    max_stream_seconds: float = 4 * 3600.0
    send_timeout_seconds: float = 5.0
    drain_seconds: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"{_name('port')} is {self.port}; it must be 0 (any free one) to 65535")
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in _MAY_BE_ZERO:
                _require(each.name, value, value >= 0, "0 or more")
            elif isinstance(value, int | float):
                _require(each.name, value, value > 0, "above 0")
        if not all(_DIGEST.fullmatch(digest) for digest in self.api_keys):
            raise UsageError("an API key must be given as its SHA-256: 64 lower-case hexadecimal digits")
        for host in self.allowed_hosts:
            if not _HOST.fullmatch(host):
                raise UsageError(f"--allow-host {host!r}: must be a name alone, such as voice.example.org")
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise UsageError(
                    f"--allow-origin {origin!r}: must be as browsers send it, such as https://desk.example.org or "
                    "http://localhost:3000, in lower case and without a path"
                )
        if not self.api_keys and not self.is_loopback:
            raise UsageError(
                f"{self.host} can be reached by others, who would need no key; make one with "
                "`emotrace serve --new-key` and give its hash with --api-key-file, or bind 127.0.0.1"
            )

    @property
    def is_loopback(self) -> bool:
        """True if only this machine can reach the server."""
        return is_loopback_host(self.host)


_OPTIONS = {
    "port": "--port",
    "n_workers": "--workers",
    "queue_length": "--queue",
    "max_streams": "--max-streams",
    "max_body_bytes": "--max-bytes",
    "max_seconds": "--max-seconds",
    "max_channels": "--max-channels",
    "request_timeout_seconds": "--request-timeout",
    "drain_seconds": "--drain-seconds",
}
_MAY_BE_ZERO = ("port", "queue_length", "drain_seconds")


def is_loopback_host(host: str) -> bool:
    """Say whether a host name or address, with or without brackets, is this machine's loopback interface.

    >>> is_loopback_host("localhost"), is_loopback_host("[::1]"), is_loopback_host("0.0.0.0")
    (True, True, False)
    """
    name = host.removeprefix("[").removesuffix("]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _require(name: str, value: object, is_right: bool, what: str) -> None:
    if not is_right:
        raise UsageError(f"{_name(name)} is {value}; it must be {what}")


def _name(field_name: str) -> str:
    """Give a setting as it is typed, where it can be, and as it is called in Python."""
    option = _OPTIONS.get(field_name)
    return f"{option} (Settings.{field_name})" if option else field_name
