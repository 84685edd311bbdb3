"""``emotrace corpus``: what is printed, what is written, with which exit code."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.cli import main
from emotrace.learn.corpora._measure import measure_file
from emotrace.manifest import read_manifest


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["emotrace", "corpus", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


@pytest.fixture
def savee(tmp_path: Path) -> Path:
    root = tmp_path / "SAVEE"
    for seed, name in enumerate(["DC/a01.wav", "DC/n01.wav", "KL/a01.wav", "KL/n01.wav"]):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(seed).uniform(-0.1, 0.1, 8000), 16_000)
    return root


def test_list(run) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run("list")
    assert (code, err) == (0, "")
    for name in ("crema-d", "emo-db", "emov-db", "ravdess", "ravdess-song", "savee", "tess"):
        assert name in out
    code, out, _ = run("list", "--format", "json")
    counts = {corpus["name"]: (corpus["n_utterances"], corpus["n_speakers"]) for corpus in json.loads(out)}
    assert counts["crema-d"] == (7442, 91)
    assert counts["ravdess-song"] == (1012, 23)


def test_show(run) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = run("show", "crema_d")
    assert code == 0
    for fact in (
        "ODbL 1.0",
        "10.1109/TAFFC.2014.2336244",
        "91 (43 women, 48 men)",
        "1076_mti_sad_xx: digital silence",
    ):
        assert fact in out
    code, out, _ = run("show", "emo-db", "--format", "json")
    assert json.loads(out)["emotions"]["A"] == "fear"


def test_an_unknown_name_is_a_wrong_call(run) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run("show", "ravdes")
    assert (code, out) == (2, "")
    assert err.startswith("emotrace: no corpus named 'ravdes'; did you mean 'ravdess'?")


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_scan_writes_a_manifest(run, savee: Path, tmp_path: Path, name: str) -> None:  # type: ignore[no-untyped-def]
    (savee / "KL" / "notes.txt").touch()
    (savee / "KL" / "x99.wav").touch()
    code, out, err = run("scan", "savee", savee, "-o", tmp_path / name)
    assert code == 0
    assert (
        "SAVEE: 4 of 480 utterances, 2 of 4 speakers (anger 2, neutral 2); 1 problem, 1 file that is not audio"
        in out
    )
    assert (
        err == f"problem: {savee / 'KL' / 'x99.wav'}: not a file name of SAVEE (expected one like "
        "DC/sa04.wav or DC_sa04.wav)\n"
        f"incomplete: {savee} lacks 476 of the 480 utterances of SAVEE: anger 58 of 60, disgust 60 of 60, fear 60 "
        "of 60, happiness 60 of 60, neutral 118 of 120, sadness 60 of 60, surprise 60 of 60\n"
    )
    assert [utterance.speaker for utterance in read_manifest(tmp_path / name)] == [
        "savee:DC",
        "savee:DC",
        "savee:KL",
        "savee:KL",
    ]


def test_scan_lists_all_problems_when_asked(run, savee: Path) -> None:  # type: ignore[no-untyped-def]
    for number in range(9):
        (savee / f"bad{number}\n.wav").touch()
    code, out, err = run("scan", "savee", savee)
    assert (code, err.count("problem: ")) == (0, 6)
    assert "... and 4 more; --verbose lists them all" in err
    assert "wrote" not in out
    _, _, err = run("scan", "savee", savee, "--verbose")
    assert err.count("problem: ") == 9
    assert r"bad8\x0a.wav" in err


def test_scan_of_a_wrong_folder(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run("scan", "tess", tmp_path / "nowhere", "-o", tmp_path / "m.csv")
    assert (code, err.count("\n")) == (1, 1)
    assert "no such folder; give the folder that TESS was unpacked into" in err
    assert not (tmp_path / "m.csv").exists()


def test_check_ends_with_1_on_errors(run, savee: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    manifest = tmp_path / "m.csv"
    run("scan", "savee", savee, "-o", manifest)
    (savee / "KL" / "a01.wav").unlink()
    code, out, err = run("check", manifest)
    assert (code, err.strip()) == (1, "")
    assert f"error: missing (1)\n  {savee / 'KL' / 'a01.wav'}: no such file\n" in out
    lacking = "disgust, fear, happiness, sadness, surprise"
    assert f"note: part (1)\n  4 of savee's 480 clips: a part of the corpus, without {lacking}\n" in out
    assert "1 error, 1 warning, 1 note" in out


def test_a_part_of_a_corpus_can_be_used(run, savee: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    manifest = tmp_path / "m.csv"
    run("scan", "savee", savee, "-o", manifest)
    code, out, err = run("check", manifest)
    assert (code, err.strip()) == (0, "")
    assert "4 of savee's 480 clips: a part of the corpus" in out
    assert "error:" not in out


def test_check_ends_with_0_on_warnings(run, savee: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    manifest = tmp_path / "m.csv"
    manifest.write_text("file,emotion\nSAVEE/DC/a01.wav,anger\nSAVEE/DC/n01.wav,neutral\n", encoding="utf-8")
    code, out, _ = run("check", manifest, "--min-seconds", "0.6", "--format", "json")
    report = json.loads(out)
    assert (code, report["n_errors"]) == (0, 0)
    assert {finding["kind"] for finding in report["findings"]} == {"short", "balance"}


def test_check_of_a_wrong_manifest(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    manifest = tmp_path / "m.csv"
    manifest.write_text("file,emotion\na.wav,angr\n", encoding="utf-8")
    code, out, err = run("check", manifest)
    assert (code, out) == (1, "")
    assert err.startswith(f"emotrace: {manifest}: line 2, column 'emotion': unknown emotion 'angr'; did you mean")
    assert err.count("\n") == 1


def test_ctrl_c_ends_the_check(  # type: ignore[no-untyped-def]
    run, savee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "m.csv"
    run("scan", "savee", savee, "-o", manifest)
    before = signal.getsignal(signal.SIGINT)
    measured: list[str] = []

    def measure_and_interrupt(file: str, segments: list[object]) -> object:
        measured.append(file)
        signal.raise_signal(signal.SIGINT)
        return measure_file(file, segments)  # type: ignore[arg-type]

    monkeypatch.setattr("emotrace.learn.corpora._check.measure_file", measure_and_interrupt)
    code, out, _ = run("check", manifest)
    assert (code, out) == (130, "")
    assert len(measured) == 1
    assert signal.getsignal(signal.SIGINT) is before
