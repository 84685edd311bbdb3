"""What is counted, for Prometheus: one method per event."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The counters of one server.

    Parameters
    ----------
    registry
        Where they are kept; by default one of their own, so that two servers in one process do not mix.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self._requests = Counter(
            "emotrace_requests", "HTTP requests answered.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "emotrace_request_seconds",
            "From the head of a request to the end of its answer.",
            ["route"],
            buckets=_DURATIONS,
            registry=registry,
        )
        self._received = Counter(
            "emotrace_received_bytes", "Bytes of request bodies.", ["route"], registry=registry
        )
        self._audio = Counter("emotrace_audio_seconds", "Seconds of audio heard.", ["kind"], registry=registry)
        self._streams = Gauge("emotrace_streams_open", "Live streams open now.", ["kind"], registry=registry)
        self._opened = Counter("emotrace_streams_opened", "Live streams begun.", ["kind"], registry=registry)
        self._closed = Counter(
            "emotrace_streams_closed", "Live streams ended, by close code.", ["kind", "code"], registry=registry
        )
        self._results = Counter("emotrace_results", "Predictions given.", ["kind"], registry=registry)
        self._latency = Histogram(
            "emotrace_result_latency_seconds",
            "From the last sample that a live result needs until it is sent.",
            buckets=_LATENCIES,
            registry=registry,
        )
        self._refusals = Counter(
            "emotrace_refusals", "Requests and streams refused.", ["reason"], registry=registry
        )
        self._restarts = Counter("emotrace_worker_restarts", "Workers replaced.", ["reason"], registry=registry)
        self._workers = Gauge("emotrace_workers_ready", "Workers that are up.", registry=registry)
        self._busy = Gauge("emotrace_workers_busy", "Uploads being heard.", registry=registry)
        self._waiting = Gauge("emotrace_queue_waiting", "Uploads that wait for a worker.", registry=registry)

    def request(self, method: str, route: str, status: int, seconds: float, n_bytes: int = 0) -> None:
        """An HTTP request was answered. ``route`` is its path with parameters unfilled, never what was asked."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
        self._received.labels(route).inc(n_bytes)

    def audio_seconds(self, seconds: float, kind: str = "upload") -> None:
        """So much audio was heard; kind is ``upload``, ``stream`` or ``twilio``."""
        self._audio.labels(kind).inc(max(0.0, seconds))

    def stream_opened(self, kind: str) -> None:
        """A live stream begins."""
        self._streams.labels(kind).inc()
        self._opened.labels(kind).inc()

    def stream_closed(self, kind: str, code: int) -> None:
        """A live stream has ended with a WebSocket close code."""
        self._streams.labels(kind).dec()
        self._closed.labels(kind, str(code)).inc()

    def results(self, n_results: int, kind: str = "upload") -> None:
        """So many predictions were given."""
        self._results.labels(kind).inc(n_results)

    def result_latency(self, seconds: float) -> None:
        """A live result was sent so long after the last sample that it needed had come."""
        self._latency.observe(seconds)

    def refused(self, reason: str) -> None:
        """Something was refused, for instance ``queue``, ``key``, ``too_large``, ``origin``, ``draining``."""
        self._refusals.labels(reason).inc()

    def worker_restarted(self, reason: str) -> None:
        """A worker is replaced: it ``crashed``, was ``too_slow``, was ``abandoned`` or ``failed_to_start``."""
        self._restarts.labels(reason).inc()

    def watch_workers(
        self, n_ready: Callable[[], int], n_busy: Callable[[], int], n_waiting: Callable[[], int]
    ) -> None:
        """Read these whenever somebody asks."""
        self._workers.set_function(n_ready)
        self._busy.set_function(n_busy)
        self._waiting.set_function(n_waiting)

    def render(self) -> bytes:
        """Give everything in the Prometheus text format."""
        return generate_latest(self.registry)
