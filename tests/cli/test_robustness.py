"""``emotrace robustness``: the same clips altered, leaks refused, runs that go on where they were stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import RATE, Emotrace, Signal, write_wav
from tests.tiny_bundles import make_emotion_bundle

from emotrace.cli import _robustness
from emotrace.learn.robustness import alter

SPLIT = {"protocol": "joint-6", "fold": 1, "train_speakers": ["ann"], "validation_speakers": ["bob"]}
EMOTIONS = ("neutral", "happiness", "sadness", "anger")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle that judges by loudness, and has been trained on ann and bob."""
    return make_emotion_bundle(tmp_path / "model", split=SPLIT).path


@pytest.fixture
def manifest(tmp_path: Path, talk: Signal) -> Path:
    """Two seconds of talk, as loud as the bundle wants each emotion to be, of ann, cleo and dora."""
    rows = ["file,emotion,speaker,corpus"]
    # Shouted into a bad microphone: else nothing is loud enough for anger.
    crushed = np.tanh(60 * talk[: 2 * RATE] / np.abs(talk).max())
    for number, speaker in enumerate(("ann", "cleo", "dora")):
        for emotion, loudness in zip(EMOTIONS, (0.03, 0.2, 0.4, 0.55), strict=True):
            gain = (loudness + number / 200) / np.abs(crushed).mean()
            file = write_wav(tmp_path / f"{speaker}-{emotion}.wav", crushed * min(gain, 0.99))
            rows.append(f"{file.name},{emotion},{speaker},own")
    path = tmp_path / "manifest.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(autouse=True)
def _little_babble(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(alter, "_N_BACKGROUNDS", 1)
    alter._backgrounds.cache_clear()
    yield
    alter._backgrounds.cache_clear()


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        path.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(f"{name} is no JSON")
    )
    return found


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "robustness.json"


def test_every_condition_is_judged_and_compared(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "robustness.png"
    done = emotrace_command(
        *("robustness", bundle, manifest, "-o", output, "--held-out", "-j", 1, "--no-non-speech"),
        *("--picture", picture),
    )
    assert done.code == 0
    report = read(output)
    assert report["bundle"] == "tiny-emotion"
    assert report["protocol"] == {"protocol": "joint-6", "fold": 1}
    assert (report["n_clips"], report["n_speakers"], report["limit_per_speaker"]) == (8, 2, {})
    assert report["corpora"]["own"]["n"] == 8
    assert report["non_speech"] is None
    by_name = {entry["name"]: entry for entry in report["conditions"]}
    assert len(by_name) == 20
    assert all(entry["n"] == 8 for entry in by_name.values())
    # This bundle hears loudness alone, which all others are proud not to.
    assert by_name["clean"]["unweighted_average_recall"]["value"] == 1.0
    for name, change in (("clean", 0.0), ("gain-30", -0.75), ("crop-2", 0.0)):
        assert by_name[name]["change"] == {"value": change, "low": change, "high": change}
    assert by_name["white-5"]["parameters"] == {"snr_db": 5.0}
    assert by_name["telephone"]["augmentation"] == "telephone"
    louder = by_name["gain+10"]
    assert louder["uncut"]["n"] == round(8 * (1 - louder["share_clipped"])) == 2
    assert louder["uncut"]["change"]["value"] != louder["change"]["value"]
    assert by_name["opus"]["kbit_per_second"] < 40
    assert [target["is_met"] for target in report["targets"]][1] is False
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "gain -30 dB" in done.out
    assert "MISSED gain-30 dB moves UAR by at most 1 point" in done.out
    assert not list(tmp_path.glob("*.parts"))


def test_clean_is_what_evaluate_says(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path, tmp_path: Path
) -> None:
    emotrace_command("evaluate", bundle, manifest, "--held-out", "-o", tmp_path / "judged")
    emotrace_command(
        "robustness",
        bundle,
        manifest,
        "--held-out",
        "-o",
        output,
        "-c",
        "room",
        "--no-non-speech",
        "-j",
        1,
        "--seed",
        0,
    )
    evaluated = read(tmp_path / "judged" / "report.json")["pooled"]
    clean, room = read(output)["conditions"]
    assert (clean["name"], room["name"]) == ("clean", "room")
    for key in ("n", "n_no_speech", "unweighted_average_recall", "accuracy"):
        assert clean[key] == pytest.approx(evaluated[key])


def test_emotions_in_no_speech_are_counted(
    emotrace_command: Emotrace, manifest: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_robustness, "SOUND_SECONDS", 3.0)
    done = emotrace_command(
        *("robustness", "default", manifest, "-o", output, "-c", "gain-10", "--sounds", 1, "-j", 1),
        *("--limit-per-speaker", 1, "--limit-per-speaker", "own=2"),
    )
    assert done.code == 0
    report = read(output)
    assert report["limit_per_speaker"] == {"every corpus": 1, "own": 2}
    assert report["n_clips"] == 6
    sounds = report["non_speech"]
    assert sounds["n_sounds"] == len(sounds["kinds"]) == 24
    assert sounds["n_windows"] == 48
    assert sounds["kinds_not_taught"]["n_windows"] == 26
    assert sounds["share_with_certain_emotion"] <= sounds["share_with_emotion"] <= 0.05
    assert "kinds the detector was not taught" in done.out


def test_known_speakers_are_refused(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path
) -> None:
    done = emotrace_command("robustness", bundle, manifest, "-o", output)
    assert done.code == 1
    assert done.complaint.startswith("bundle 'tiny-emotion' knows speakers of this manifest (train: ann)")
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-c", "phone"], "no condition named 'phone'; did you mean 'telephone'"),
        (["--limit-per-speaker", "few"], "--limit-per-speaker is 'few'; give a number from 1 on"),
        (
            ["--limit-per-speaker", "owl=2"],
            "no corpus in the manifest named 'owl'; did you mean 'own'? Known: own",
        ),
        (["--picture", "table.gif"], "--picture table.gif must end with .png, .svg, .pdf"),
    ],
)
def test_wrong_usage_is_one_line(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path, arguments: list[str], complaint: str
) -> None:
    done = emotrace_command("robustness", bundle, manifest, "--held-out", "-o", output, *arguments)
    assert done.code == 2
    assert done.complaint.startswith(complaint)


def test_a_folder_is_no_file(emotrace_command: Emotrace, bundle: Path, manifest: Path, tmp_path: Path) -> None:
    done = emotrace_command("robustness", bundle, manifest, "-o", tmp_path)
    assert (done.code, done.complaint) == (
        1,
        f"cannot write {tmp_path}: it is a folder; give a file name such as robustness.json",
    )


def test_unusable_clips_are_told_once_and_left_out_everywhere(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path
) -> None:
    (manifest.parent / "dora-anger.wav").write_bytes(b"no audio")
    done = emotrace_command(
        "robustness", bundle, manifest, "--held-out", "-o", output, "-c", "room", "-j", 1, "--no-non-speech"
    )
    assert done.code == 1
    assert done.err.count("dora-anger.wav") == 1
    report = read(output)
    assert [entry["n"] for entry in report["conditions"]] == [7, 7]
    assert [Path(clip["file"]).name for clip in report["unusable"]] == ["dora-anger.wav"]


def test_a_missing_encoder_is_said_and_not_skipped(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundfile, "check_format", lambda container, _coding: container != "OGG")
    done = emotrace_command(
        "robustness", bundle, manifest, "--held-out", "-o", output, "-c", "opus", "-j", 1, "--no-non-speech"
    )
    assert done.code == 0
    (entry,) = read(output)["not_measured"]
    assert entry["name"] == "opus"
    assert "cannot write OGG/OPUS" in entry["reason"]
    assert "not measured: opus: libsndfile" in done.out


def test_what_has_been_heard_is_not_heard_again(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("robustness", bundle, manifest, "--held-out", "-o", output, "-j", 1, "--no-non-speech")
    heard: list[str] = []
    hear_clip = _robustness._hear_clip

    def stopped_in_the_third(recogniser: Any, clip: Any, condition: Any, seed: int) -> Any:
        heard.append(condition.name)
        if len(heard) == 20:
            raise KeyboardInterrupt
        return hear_clip(recogniser, clip, condition, seed)

    monkeypatch.setattr(_robustness, "_hear_clip", stopped_in_the_third)
    done = emotrace_command(*arguments, "-c", "room", "-c", "hall")
    assert done.code == 130
    parts = output.with_name("robustness.json.parts")
    assert done.err.splitlines()[0] == (
        f"emotrace: what has been heard is kept in {parts}; the same command goes on from there"
    )
    assert sorted(file.name for file in parts.iterdir()) == ["clean.json", "room.json"]
    assert not output.exists()
    done = emotrace_command(*arguments, "-c", "room", "-c", "hall")
    assert done.code == 0
    assert heard[20:] == ["hall"] * 8
    assert not parts.exists()

    again = output.with_name("again.json")
    monkeypatch.setattr(_robustness, "_hear_clip", hear_clip)
    emotrace_command(*arguments[:4], "-o", again, *arguments[6:], "-c", "hall", "-c", "room")
    assert read(again) == read(output)


def test_parts_of_another_run_are_not_taken(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path
) -> None:
    parts = output.with_name("robustness.json.parts")
    parts.mkdir()
    (parts / "clean.json").write_text('{"key": "another", "rows": [{"predicted": "fear"}]}')
    (parts / "room.json").write_text("damaged")
    done = emotrace_command(
        "robustness", bundle, manifest, "--held-out", "-o", output, "-c", "room", "-j", 1, "--no-non-speech"
    )
    assert done.code == 0
    assert read(output)["conditions"][0]["unweighted_average_recall"]["value"] > 0.5


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_processes_give_what_one_gives_and_end_with_it(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, output: Path
) -> None:
    arguments = ["robustness", bundle, manifest, "--held-out", "-c", "white-5", "--no-non-speech"]
    emotrace_command(*arguments, "-o", output, "-j", 1)
    many = output.with_name("many.json")
    emotrace_command(*arguments, "-o", many, "-j", 2)
    assert read(many) == read(output)

    command = [sys.executable, "-m", "emotrace", *map(str, arguments), "-o", str(output), "-j", "2", "--seed", "9"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "80"})
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    # It may have been done already.
    assert process.returncode in (0, 130)
    assert "Traceback" not in err
