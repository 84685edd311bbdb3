"""Ctrl-C while libsndfile calls back into Python: not lost, and not printed."""

from __future__ import annotations

import io
import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
import soundfile

from emotrace.cli._interrupts import never_lose_interrupts


class InterruptedFile(io.BytesIO):
    """A file during whose first reading somebody presses Ctrl-C."""

    n_interrupts = 0

    def readinto(self, buffer: Any) -> int:
        if not self.n_interrupts:
            self.n_interrupts += 1
            signal.raise_signal(signal.SIGINT)
        return super().readinto(buffer)


@pytest.fixture
def file() -> InterruptedFile:
    file = InterruptedFile()
    soundfile.write(file, np.linspace(-0.5, 0.5, 1000), 16_000, format="WAV")
    file.seek(0)
    return file


def wait() -> None:
    for _ in range(500):
        time.sleep(0.01)


def test_interrupts_come_after_the_callback(file: InterruptedFile, capfd: pytest.CaptureFixture[str]) -> None:
    with never_lose_interrupts():
        samples, _ = soundfile.read(file)
        with pytest.raises(KeyboardInterrupt):
            wait()
    assert file.n_interrupts == 1
    assert samples == pytest.approx(np.linspace(-0.5, 0.5, 1000), abs=1e-3)
    assert capfd.readouterr() == ("", "")


def test_interrupts_come_after_what_is_thrown_away(capfd: pytest.CaptureFixture[str]) -> None:
    class Thrown:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    before = sys.unraisablehook
    with never_lose_interrupts():
        thrown = [Thrown()]
        thrown.clear()
        with pytest.raises(KeyboardInterrupt):
            wait()
    assert sys.unraisablehook is before
    assert capfd.readouterr() == ("", "")


def test_other_failures_of_what_is_thrown_away_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Thrown:
        def __del__(self) -> None:
            raise ValueError("no matter")

    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda ignored: told.append(ignored.exc_type))
    with never_lose_interrupts():
        thrown = [Thrown()]
        thrown.clear()
    assert told == [ValueError]


def test_interrupts_elsewhere_come_at_once() -> None:
    with never_lose_interrupts(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_interrupts_goes_on_doing_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with never_lose_interrupts():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_the_handler_alone() -> None:
    found: list[object] = []

    def look() -> None:
        with never_lose_interrupts():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
