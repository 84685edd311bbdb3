"""Ctrl-C that is never lost."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_RETRY_SECONDS = 0.01


@contextlib.contextmanager
def never_lose_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` at once, or as soon as libsndfile has what it reads.

    libsndfile reads files by calling back into Python. What is raised there cannot pass through it: cffi prints a
    traceback, and the work goes on.
    """
    # Only the main thread may set handlers; and who ignores interrupts (nohup) or has their own way keeps it.
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    if _is_called_back(frame):
        retry = threading.Timer(_RETRY_SECONDS, _thread.interrupt_main)
        retry.daemon = True
        retry.start()
        return
    raise KeyboardInterrupt


def _is_called_back(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name.startswith("vio_") and frame.f_globals.get("__name__") == "soundfile":
            return True
        frame = frame.f_back
    return False
