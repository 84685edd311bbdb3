"""``emotrace call`` as a user meets it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import Emotrace, write_wav

from emotrace.calls.formats import names
from emotrace.cli.call import command

RATE = 8_000
Process = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def short_call(demo_call: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of the demo call, both channels."""
    signal, rate = soundfile.read(demo_call, frames=10 * RATE)
    return write_wav(tmp_path_factory.mktemp("calls") / "short.wav", signal, rate)


@pytest.fixture(scope="session")
def mono_call(short_call: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on one channel."""
    signal, rate = soundfile.read(short_call)
    return write_wav(tmp_path_factory.mktemp("calls") / "mono.wav", signal.sum(axis=1), rate)


def _turns(path: Path, text: str = "") -> Path:
    lines = ["SPEAKER mono 1 0.8 3.7 <NA> <NA> anna <NA> <NA>", "SPEAKER mono 1 5.2 4.6 <NA> <NA> ben <NA> <NA>"]
    path.write_text(text or "\n".join(lines), encoding="utf-8")
    return path


def test_a_call_in_the_terminal(emotrace_command: Emotrace, short_call: Path) -> None:
    result = emotrace_command("call", short_call, "--customer", "right")
    assert (result.code, result.err) == (0, "")
    assert "not analysed for emotion" in result.out
    assert "Article 5(1)(f)" in result.out


def test_options_may_stand_before_the_file(emotrace_command: Emotrace, short_call: Path) -> None:
    result = emotrace_command("call", "--customer", "right", "-f", "json", short_call)
    assert json.loads(result.out)["parties"][0]["channel"] == "1"


def test_the_help_tells_of_all_formats_and_of_the_notice(emotrace_command: Emotrace) -> None:
    for arguments in ([], ["--help"]):
        result = emotrace_command("call", *arguments)
        assert result.code == 0
        assert "emotrace call notice" in " ".join(result.out.split())
        assert "--agent-consent" in result.out
    (told,) = [o for o in command.registered_commands[0].callback.__annotations__.items() if o[0] == "format"]
    assert f"[{'|'.join(names())}]" in str(told[1])


def test_the_notice(emotrace_command: Emotrace, tmp_path: Path) -> None:
    result = emotrace_command(
        "call", "notice", "--language", "de", "--company", "Muster AG", "--contact", "a@muster.ch"
    )
    assert result.code == 0
    assert result.out.startswith("Willkommen bei Muster AG.\n")
    assert "a@muster.ch" in result.out
    assert "callers must also be told for how long recording and result are kept: --kept" in result.complaint
    kept = emotrace_command("call", "notice", "--kept", "nothing")
    assert (kept.err, "Neither your voice nor the result is stored." in kept.out) == ("", True)
    assert emotrace_command("call", "notice", "-o", tmp_path / "notice.txt").out == ""
    assert "Article 50(3)" in (tmp_path / "notice.txt").read_text(encoding="utf-8")
    assert "--language" in emotrace_command("call", "notice", "--help").out


def test_a_language_that_is_not_there(emotrace_command: Emotrace) -> None:
    result = emotrace_command("call", "notice", "--language", "xx")
    assert (result.code, result.complaint) == (2, "no language of the notice named 'xx'; known: de, en, es, fr")


def test_a_recording_called_notice(
    emotrace_command: Emotrace, short_call: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(short_call, tmp_path / "notice")
    monkeypatch.chdir(tmp_path)
    assert (
        json.loads(emotrace_command("call", "./notice", "--customer", "left", "-f", "json").out)["n_channels"] == 2
    )


@pytest.mark.parametrize(
    "name", ["r.json", "r.csv", "r.rttm", "r.TextGrid", "r.vtt", "r.emotionml", "r.html", "r.txt"]
)
def test_the_output_tells_the_format(
    emotrace_command: Emotrace, short_call: Path, tmp_path: Path, name: str
) -> None:
    result = emotrace_command("call", short_call, "--customer", "right", "-o", tmp_path / name)
    assert (result.code, result.out, result.err) == (0, "", "")
    beginnings = {
        "r.json": "{",
        "r.csv": "file,turn",
        "r.rttm": "SPEAKER short 2",
        "r.TextGrid": "File type",
        "r.vtt": "WEBVTT",
        "r.emotionml": "<?xml",
        "r.html": "<!doctype html>",
        "r.txt": str(short_call),
    }
    assert (tmp_path / name).read_text(encoding="utf-8").lower().startswith(beginnings[name].lower())


def test_a_page_with_and_without_the_recording(
    emotrace_command: Emotrace, short_call: Path, tmp_path: Path
) -> None:
    for name, option in (("with.html", "--audio"), ("without.html", "--no-audio")):
        assert emotrace_command("call", short_call, "--customer", "right", "-o", tmp_path / name, option).code == 0
    sizes = [(tmp_path / name).stat().st_size for name in ("with.html", "without.html")]
    assert sizes[0] > sizes[1] + 20_000


def test_the_agents_emotion_needs_a_stated_ground(emotrace_command: Emotrace, short_call: Path) -> None:
    arguments = ("call", short_call, "--customer", "right", "-f", "json", "--agent-consent")
    result = emotrace_command(*arguments, "fatigue study, agreed on 3 May")
    assert result.code == 0
    assert "EU AI Act, Article 5(1)(f): inferring the emotions of people at work" in result.complaint
    assert "fatigue study, agreed on 3 May" in result.complaint
    agent = json.loads(result.out)["parties"][1]
    assert (agent["is_emotion_analysed"], agent["consent"]) == (True, "fatigue study, agreed on 3 May")
    empty = emotrace_command(*arguments, " ")
    assert (empty.code, empty.out) == (2, "")
    assert "--agent-consent is empty; say on what ground" in empty.complaint


def test_a_rule_for_agents_is_told_of(emotrace_command: Emotrace, short_call: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    keys = 'emotions = ["anger"]\nthreshold = 0.1\nseconds = 1\nwithin_seconds = 9\nmessage = "m"'
    rules.write_text(f'[[rule]]\nname = "tired agent"\nparty = "agent"\n{keys}\n', encoding="utf-8")
    result = emotrace_command("call", short_call, "--customer", "right", "--rules", rules, "-f", "json")
    assert result.code == 0
    assert result.complaint == (
        "rule 'tired agent' is left out: it listens to agents, whose emotion is not analysed"
    )
    assert json.loads(result.out)["escalations"] == []


def test_one_unknown_speaker_is_told_of(emotrace_command: Emotrace, mono_call: Path) -> None:
    result = emotrace_command("call", mono_call, "-f", "json")
    assert result.code == 0
    assert (
        "all speech is taken for one unknown speaker's; if an employee speaks, that is forbidden"
        in result.complaint
    )
    refused = emotrace_command("call", mono_call, "--agent-consent", "a study")
    assert (refused.code, refused.out) == (2, "")
    assert "--agent-consent needs an agent" in refused.err


def test_a_mono_call_with_turns(emotrace_command: Emotrace, mono_call: Path, tmp_path: Path) -> None:
    turns = _turns(tmp_path / "call.rttm")
    result = emotrace_command("call", mono_call, "--turns", turns, "--customer", "ben", "-f", "json")
    assert (result.code, result.err) == (0, "")
    document = json.loads(result.out)
    assert [(turn["party"], turn["start"]) for turn in document["turns"]] == [("agent", 0.8), ("customer", 5.2)]
    assert document["turns_from"] == "call.rttm"


def test_an_empty_call(emotrace_command: Emotrace, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "empty.wav", np.zeros((2 * RATE, 2)), RATE)
    result = emotrace_command("call", path, "--customer", "left")
    assert result.code == 0
    assert result.complaint == f"{path}: nobody speaks in this recording; there is nothing to say of it"
    assert "UNKNOWN   The customer says nothing that could be heard." in result.out


def _wrong(arguments: str, code: int, complaint: str) -> object:
    return pytest.param(arguments, code, complaint, id=arguments[:40])


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        _wrong(
            "short.wav",
            2,
            "short.wav: 2 channels: left (0) and right (1); say whose they are: --customer right or",
        ),
        _wrong(
            "short.wav --customer 2", 2, "short.wav: no channel '2' for --customer; the recording has 2 channels"
        ),
        _wrong("short.wav --customer 1 --agent right", 2, "--customer and --agent are both channel 1"),
        _wrong("short.wav --customer Right!", 2, "--customer is 'Right!'; without --turns it must be a channel"),
        _wrong("short.wav --customer left -f jsn", 2, "no format for calls named 'jsn'; did you mean 'json'"),
        _wrong("short.wav --customer left --rules bad.toml", 1, "bad.toml: "),
        _wrong("short.wav --customer left --rules none.toml", 1, "none.toml"),
        _wrong("short.wav --customer left -o short.wav", 2, "--output short.wav is a recording to be heard"),
        _wrong("short.wav --customer left -o none/out.json", 1, "cannot write none/out.json: No such file"),
        _wrong("short.wav --customer left -o .", 1, "cannot write .: it is a folder"),
        _wrong("short.wav --customer left -l neutral,happiness", 2, "not among the labels in use"),
        _wrong(
            "short.wav --customer left --max-seconds 5", 1, "lasts 10.0 s by its header, above the limit of 5.0 s"
        ),
        _wrong("mono.wav --turns good.rttm", 2, "good.rttm: say which speaker is the customer: --customer anna"),
        _wrong(
            "mono.wav --turns good.rttm --customer bem", 2, "no speaker 'bem' for --customer; did you mean 'ben'?"
        ),
        _wrong("mono.wav --turns broken.rttm --customer ben", 1, "broken.rttm: line 1"),
        _wrong(
            "mono.wav --turns late.rttm --customer ben", 1, "a turn of 'ben' ends at 95.0 s, but mono.wav is only"
        ),
        _wrong("mono.wav --turns none.rttm --customer ben", 1, "none.rttm: no such file"),
        _wrong("mono.wav --turns good.rttm --customer ben -o good.rttm", 2, "--output good.rttm is"),
        _wrong(
            "mono.wav --customer right", 2, "no channel 'right' for --customer; the recording has 1 channel: 0"
        ),
        _wrong("none.wav --customer left", 1, "none.wav: no such file"),
        _wrong("good.rttm --customer left", 1, "good.rttm: not audio"),
        _wrong("folder", 2, "folder is a folder of calls; say where the results go: -o DIR"),
        _wrong("folder -o folder", 2, "--output folder is the folder of the recordings"),
        _wrong("folder -o good.rttm", 1, "cannot write into good.rttm: it is a file"),
        _wrong(
            "folder -o out --turns good.rttm", 2, "--turns is for one call; in a folder, call.rttm or call.json"
        ),
        _wrong(
            "folder -o out -f csv", 2, "--format is for one call; a folder's calls are written as JSON and HTML"
        ),
        _wrong("folder -o out --agent-consent=", 2, "--agent-consent is empty"),
        _wrong("folder -o out --customer left", 1, "folder: no recordings in this folder"),
        _wrong("short.wav --jobs 0", 2, "jobs"),
        _wrong("--costumer left", 2, "--customer"),
    ],
)
def test_what_is_wrong_ends_in_one_line(
    emotrace_command: Emotrace,
    short_call: Path,
    mono_call: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    code: int,
    complaint: str,
) -> None:
    shutil.copy(short_call, tmp_path / "short.wav")
    shutil.copy(mono_call, tmp_path / "mono.wav")
    (tmp_path / "folder").mkdir()
    _turns(tmp_path / "good.rttm")
    _turns(tmp_path / "broken.rttm", "SPEAKER mono 1 0.8\n")
    _turns(tmp_path / "late.rttm", "SPEAKER mono 1 5 90 <NA> <NA> ben <NA> <NA>\n")
    (tmp_path / "bad.toml").write_text("[[rule]]\nname = 3\n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    monkeypatch.chdir(tmp_path)
    result = emotrace_command("call", *arguments.split())
    assert (result.code, result.out) == (code, "")
    assert complaint in result.complaint
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@pytest.fixture
def folder(tmp_path: Path, short_call: Path, mono_call: Path) -> Path:
    """Three calls, one of them with turns beside it, and a broken one."""
    calls = tmp_path / "calls"
    (calls / "May").mkdir(parents=True)
    shutil.copy(short_call, calls / "a.wav")
    shutil.copy(short_call, calls / "May" / "b.wav")
    shutil.copy(mono_call, calls / "mono.wav")
    rttm = _turns(calls / "mono.rttm")
    rttm.write_text(rttm.read_text().replace("ben", "customer"))
    (calls / "broken.wav").write_text("no audio")
    return calls


def test_a_folder_of_calls(emotrace_command: Emotrace, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("call", folder, "-o", out, "--customer", "right", "--jobs", "2")
    result = emotrace_command(*arguments)
    assert result.code == 1
    assert result.out == f"{out / 'index.html'}: 4 calls (3 analysed, 0 kept from before, 1 failed)\n"
    assert re.search(r"broken\.wav: not audio", result.err)
    assert "1 of 4 calls could not be analysed; the index says why" in result.err
    expected = ["May/b.wav", "a.wav", "mono.wav"]
    assert sorted(str(path.relative_to(out))[:-5] for path in out.rglob("*.json")) == expected
    assert sorted(str(path.relative_to(out))[:-5] for path in out.rglob("*.wav.html")) == expected
    assert json.loads((out / "mono.wav.json").read_text(encoding="utf-8"))["turns_from"] == "mono.rttm"
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "May/b.wav.html" in index
    assert "not audio" in index
    assert (out / "index.parquet").is_file()

    (folder / "broken.wav").unlink()
    again = emotrace_command(*arguments[:-1], "1")
    assert (again.code, again.err) == (0, "")
    assert again.out == f"{out / 'index.html'}: 3 calls (0 analysed, 3 kept from before, 0 failed)\n"


def test_unknown_speakers_in_a_folder_are_told_of(
    emotrace_command: Emotrace, mono_call: Path, tmp_path: Path
) -> None:
    (tmp_path / "calls").mkdir()
    shutil.copy(mono_call, tmp_path / "calls" / "mono.wav")
    result = emotrace_command("call", tmp_path / "calls", "-o", tmp_path / "out", "-j", "1")
    assert result.code == 0
    assert "calls whose speech is taken for one unknown speaker's: 1; if an employee speaks" in result.complaint


def test_a_model_that_is_no_use_is_told_of_once(emotrace_command: Emotrace, folder: Path, tmp_path: Path) -> None:
    result = emotrace_command(
        "call", folder, "-o", tmp_path / "out", "--customer", "right", "-m", tmp_path / "none"
    )
    assert result.code == 1
    assert "none" in result.complaint
    assert not (tmp_path / "out").exists()


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(
    emotrace_command: Emotrace, folder: Path, tmp_path: Path, short_call: Path
) -> None:
    for n in range(30):
        shutil.copy(short_call, folder / f"call{n:02}.wav")
    (folder / "broken.wav").unlink()
    out = tmp_path / "out"
    arguments = [
        sys.executable,
        "-m",
        "emotrace",
        "call",
        str(folder),
        "-o",
        str(out),
        "--customer",
        "right",
        "-j",
        "1",
    ]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        deadline = time.monotonic() + 60
        while not list(out.rglob("*.json")) and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        # As a terminal does: to everybody in the foreground.
        os.killpg(running.pid, signal.SIGINT)
        output, errors = running.communicate(timeout=60)
    assert (running.returncode, output, errors) == (130, "", "emotrace: interrupted\n")
    done = sorted(path.name for path in out.rglob("*.json"))
    assert 1 <= len(done) < 33
    assert not (out / "index.html").exists()
    assert not list(out.rglob("*.part"))
    for path in list(folder.glob("call*.wav"))[::-1]:
        if f"{path.name}.json" not in done:
            path.unlink()
    again = emotrace_command(*arguments[3:])
    assert again.code == 0
    assert f"{len(done)} kept from before, 0 failed" in again.out
