"""The live view of `emotrace listen`: a screen of its own, drawn anew some ten times a second."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from rich.console import Group
from rich.live import Live
from rich.text import Text

from emotrace.cli._live_screen import Frame
from emotrace.cli._live_state import LiveState
from emotrace.hear.session import StreamResult
from emotrace.reports._clock import clock
from emotrace.reports._look import percent, styled

_REDRAW_SECONDS = 0.1
_WAITING_SECONDS = 2.0


class LiveView:
    """Shows a session to a person; when it ends, the terminal is as it was, with one line more.

    The other screen of the terminal is used, as by editors: nothing scrolls or jumps, whatever is resized, and a
    whole picture is written at once, so that nothing flickers.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._state = LiveState()
        self._live = Live(console=frame.look.console, screen=True, auto_refresh=False)
        self._drawn: list[Text] = []
        self._drawn_at = self._came_at = time.monotonic()

    def __enter__(self) -> LiveView:
        self._live.start()
        self._draw(time.monotonic())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if kind is None:
            self._frame.look.print_entries(self._summary())

    def show(self, results: Sequence[StreamResult], signal: NDArray[np.float32] | None, seconds: float) -> None:
        """Take what has come, shape (n_samples,), and draw it if it is time to."""
        now = time.monotonic()
        if signal is not None and signal.size:
            self._came_at = now
        self._state.take(signal, results, seconds)
        if now - self._drawn_at >= _REDRAW_SECONDS:
            self._draw(now)

    def _draw(self, now: float) -> None:
        self._drawn_at = now
        notice = "waiting for sound" if now - self._came_at > _WAITING_SECONDS else ""
        lines = self._frame.draw(self._state, *self._frame.look.console.size, notice)
        if lines != self._drawn:
            self._drawn = lines
            self._live.update(Group(*lines), refresh=True)

    def _summary(self) -> list[Text]:
        look, state = self._frame.look, self._state
        speech = sum(state.shares.values())
        if not speech:
            return [Text(f"heard {clock(state.seconds)}, nobody spoke")]
        entries = [Text(f"heard {clock(state.seconds)}, speech {clock(speech)}")]
        for name, seconds in sorted(state.shares.items(), key=lambda share: -share[1]):
            entries.append(styled(f"{look.name(name)} ", look.style(name)).append(percent(seconds / speech)))
        return entries
