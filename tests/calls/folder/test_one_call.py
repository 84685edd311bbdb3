"""One call of a folder: done once, and done anew when anything has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.calls.conftest import RATE, Signal, WriteCallFile

import emotrace
from emotrace.calls.folder.one_call import FolderSettings, Outcome, do_call, json_path, page_path
from emotrace.calls.folder.recordings import FoundCall, find_calls
from emotrace.calls.rules import load_rules
from emotrace.hear.recognizer import Recogniser

SCHEMA = json.loads(files("emotrace.assets").joinpath("call.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def settings(tmp_path: Path) -> FolderSettings:
    return FolderSettings(output=tmp_path / "out", rules=load_rules(), customer="right")


@pytest.fixture
def call(write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], tmp_path: Path) -> FoundCall:
    write_call_file(*(voice[: 6 * RATE] for voice in both_voices), name="calls/a/call.wav")
    return find_calls(tmp_path / "calls")[0]


def test_writes_json_and_page(call: FoundCall, settings: FolderSettings, recogniser: Recogniser) -> None:
    outcome = do_call(call, settings, recogniser)
    assert (outcome.name, outcome.error, outcome.is_new) == ("a/call.wav", None, True)
    document = json.loads(json_path(call, settings).read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(document)
    assert document == outcome.document
    assert "audio/" in page_path(call, settings).read_text(encoding="utf-8")
    assert sorted(p.name for p in json_path(call, settings).parent.iterdir()) == ["call.wav.html", "call.wav.json"]


def test_what_is_done_is_kept(call: FoundCall, settings: FolderSettings, recogniser: Recogniser) -> None:
    first = do_call(call, settings, recogniser)
    written = json_path(call, settings).stat().st_mtime_ns
    second = do_call(call, settings, recogniser)
    assert not second.is_new
    assert second.document == first.document
    assert json_path(call, settings).stat().st_mtime_ns == written


def test_what_has_changed_is_done_anew(call: FoundCall, settings: FolderSettings, recogniser: Recogniser) -> None:
    def is_new(**changes: object) -> bool:
        return do_call(call, replace(settings, **changes), recogniser).is_new  # type: ignore[arg-type]

    changes: dict[str, object] = {"has_audio": False}
    assert is_new(**changes)
    assert not is_new(**changes)
    for change in ({"customer": "left"}, {"rules": settings.rules[:1]}, {"agent_consent": "a study"}):
        changes |= change
        assert is_new(**changes), change
    last = replace(settings, **changes)  # type: ignore[arg-type]
    assert not do_call(call, last, recogniser).is_new
    assert do_call(call, replace(last, has_audio=True), recogniser).is_new
    assert do_call(call, last, emotrace.load(labels="shared4")).is_new
    assert do_call(call, last, recogniser).is_new
    page_path(call, settings).unlink()
    assert do_call(call, last, recogniser).is_new
    json_path(call, settings).write_text("{cut off", encoding="utf-8")
    assert do_call(call, last, recogniser).is_new
    with call.path.open("ab") as file:
        file.write(b"\0\0")
    assert do_call(call, last, recogniser).is_new


def test_a_failure_is_an_outcome(call: FoundCall, settings: FolderSettings, recogniser: Recogniser) -> None:
    call.path.write_bytes(b"no audio")
    outcome = do_call(call, settings, recogniser)
    assert outcome.document is None
    assert "not audio" in (outcome.error or "")
    assert not settings.output.exists()


def test_a_place_that_cannot_be_written_to(
    call: FoundCall, settings: FolderSettings, recogniser: Recogniser
) -> None:
    settings.output.mkdir()
    (settings.output / "a").write_text("a file where a folder should be")
    outcome = do_call(call, settings, recogniser)
    assert "out/a" in (outcome.error or "")


def _do_with_turns(
    write: WriteCallFile, voices: list[Signal], speakers: str, settings: FolderSettings, recogniser: Recogniser
) -> Outcome:
    path = write(*voices, name="calls/call.wav")
    lines = [
        f"SPEAKER call 1 {n * 4 + 0.5} 3.5 <NA> <NA> {name} <NA> <NA>\n" for n, name in enumerate(speakers.split())
    ]
    path.with_suffix(".rttm").write_text("".join(lines))
    return do_call(find_calls(path.parent)[0], settings, recogniser)


def test_turns_beside_a_recording_are_used_where_channels_do_not_tell(
    write_call_file: WriteCallFile,
    both_voices: tuple[Signal, Signal],
    settings: FolderSettings,
    recogniser: Recogniser,
) -> None:
    voices = [voice[: 10 * RATE] for voice in both_voices]
    mono = [voices[0] + voices[1]]
    for channels, speakers, customer, turns_from in (
        (mono, "agent customer", "right", "call.rttm"),
        (mono, "A B", "B", "call.rttm"),
        (voices, "agent customer", None, "call.rttm"),
        (voices, "agent customer", "right", "channels"),
        (voices, "A B", "B", "call.rttm"),
    ):
        chosen = replace(settings, customer=customer)
        outcome = _do_with_turns(write_call_file, channels, speakers, chosen, recogniser)
        assert outcome.document is not None, outcome.error
        assert outcome.document["turns_from"] == turns_from
    outcome = _do_with_turns(write_call_file, mono, "A B", settings, recogniser)
    assert "say which speaker is the customer: --customer A" in (outcome.error or "")
