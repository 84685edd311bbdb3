"""Processes side by side, some of which end badly."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest
from tests.calls.conftest import RATE, Signal, WriteCallFile

from emotrace.calls.folder.one_call import FolderSettings, do_call
from emotrace.calls.folder.recordings import FoundCall, find_calls
from emotrace.calls.folder.workers import do_calls
from emotrace.calls.rules import load_rules
from emotrace.hear.recognizer import Recogniser

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signals here")


@pytest.fixture
def settings(tmp_path: Path) -> FolderSettings:
    return FolderSettings(output=tmp_path / "out", rules=load_rules(), customer="right")


@pytest.fixture
def calls(write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], tmp_path: Path) -> list[FoundCall]:
    for n in range(4):
        write_call_file(*(voice[n * RATE : (n + 4) * RATE] for voice in both_voices), name=f"calls/{n}.wav")
    return find_calls(tmp_path / "calls")


def _workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_all_calls_are_done_and_nobody_is_left(calls: list[FoundCall], settings: FolderSettings) -> None:
    settings.output.mkdir()
    begun, foreign = settings.output / ".0.wav.json.0123456789abcdef.part", settings.output / ".mine.part"
    begun.touch()
    foreign.touch()
    outcomes = {outcome.name: outcome for outcome in do_calls(calls, settings, 2)}
    assert sorted(outcomes) == ["0.wav", "1.wav", "2.wav", "3.wav"]
    assert all(outcome.error is None and outcome.document for outcome in outcomes.values())
    assert (begun.exists(), foreign.exists()) == (False, True)
    assert _workers() == []


def test_a_killed_worker_is_survived(calls: list[FoundCall], settings: FolderSettings) -> None:
    coming = do_calls(calls, settings, 1)
    outcomes = [next(coming)]
    (worker,) = _workers()
    worker.kill()
    outcomes += coming
    assert [outcome.error for outcome in outcomes] == [None] * 4
    assert {outcome.name for outcome in outcomes} == {"0.wav", "1.wav", "2.wav", "3.wav"}
    assert _workers() == []


class _Harmful(FoundCall):
    """A call that ends the process that takes it."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        return signal.raise_signal, (signal.SIGKILL,)


def test_a_call_that_ends_every_worker_is_given_up_and_the_others_go_on(
    calls: list[FoundCall], settings: FolderSettings
) -> None:
    harmful = _Harmful(Path("harmful.wav"), Path("harmful.wav"))
    errors = {outcome.name: outcome.error for outcome in do_calls([harmful, *calls], settings, 1)}
    expected = "harmful.wav: the process that analysed it was killed by signal 9, 2 times; perhaps memory is short"
    assert (errors.pop("harmful.wav") or "").startswith(expected)
    assert list(errors.values()) == [None] * 4
    assert _workers() == []


def test_leaving_early_ends_the_workers_and_keeps_what_is_done(
    calls: list[FoundCall], settings: FolderSettings, recogniser: Recogniser
) -> None:
    coming = do_calls(calls, settings, 1)
    first = next(coming)
    coming.close()
    assert _workers() == []
    (done,) = [call for call in calls if call.name.as_posix() == first.name]
    assert not do_call(done, settings, recogniser).is_new
    assert do_call(calls[-1], settings, recogniser).is_new
