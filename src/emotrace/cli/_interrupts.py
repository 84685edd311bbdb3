"""Ctrl-C that is never lost."""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_RETRY_SECONDS = 0.01


@contextlib.contextmanager
def never_lose_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` at once, or as soon as it can pass.

    libsndfile reads files by calling back into Python. What is raised there cannot pass through it: cffi prints a
    traceback, and the work goes on. So it is with what is raised while an object is thrown away.
    """
    # Only the main thread may set handlers; and who ignores interrupts (nohup) or has their own way keeps it.
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    before = sys.unraisablehook
    sys.unraisablehook = _make_hook(before)
    try:
        yield
    finally:
        sys.unraisablehook = before
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    if _is_called_back(frame):
        _interrupt_soon()
        return
    raise KeyboardInterrupt


def _make_hook(before: Callable[[Any], Any]) -> Callable[[Any], None]:
    def hook(ignored: Any) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):
            _interrupt_soon()
        else:
            before(ignored)

    return hook


def _interrupt_soon() -> None:
    retry = threading.Timer(_RETRY_SECONDS, _thread.interrupt_main)
    retry.daemon = True
    retry.start()


def _is_called_back(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name.startswith("vio_") and frame.f_globals.get("__name__") == "soundfile":
            return True
        frame = frame.f_back
    return False
