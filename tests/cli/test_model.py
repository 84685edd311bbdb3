from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.tiny_bundles import emotion_card, make_emotion_bundle, make_features_bundle, make_speech_bundle
from typer.testing import CliRunner

from emotrace.bundle.read import shipped_names
from emotrace.cli import model
from emotrace.cli._model_list import allows_commercial_use
from emotrace.errors import BundleError, ReportError, UsageError


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


SCORES = {
    "n": 1440,
    "n_speakers": 24,
    "unweighted_average_recall": interval(0.66),
    "accuracy": [0.7, 0.65, 0.75],
    "macro_f1": {"value": 0.6, "low": None, "high": None},
    "expected_calibration_error": 0.0412,
    "confusion": {"labels": ["anger"], "counts": [[1]]},
}
RAVDESS = {
    "name": "ravdess",
    "licence": "CC BY-NC-SA 4.0 [red]",
    "citation": "Livingstone & Russo 2018",
    "n_utterances": 1440,
    "n_speakers": 24,
}


def run(*arguments: object, expect: int = 0) -> str:
    result = CliRunner().invoke(model.command, [str(a) for a in arguments], env={"COLUMNS": "100"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == expect
    return result.stdout


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_emotion_bundle(
        tmp_path / "model",
        corpora=[RAVDESS],
        metrics={"ravdess": SCORES},
        split={"protocol": "joint-6", "fold": 1, "train_speakers": ["a", "b"]},
        training={"recipe": "default", "seconds": 12.34567},
        default_labels="shared4",
    ).path


def test_show_tells_all_that_a_reader_needs(bundle: Path) -> None:
    shown = " ".join(run("show", bundle).split())
    for words in (
        "model tiny-emotion",
        "licence CC0-1.0: free for any use",
        "labels neutral, happiness, sadness, anger",
        "shown by default shared4: neutral, happiness, sadness, anger",
        "audio 16000 Hz, at least 0.1 s",
        "window 2 s every 0.5 s",
        "calibration temperature 1, uncertain_below 0.4",
        "split protocol joint-6, fold 1, train_speakers (2)",
        "training recipe default, seconds 12.35",
        "made 2025-01-31T12:00:00+00:00 by emotrace 0.1.0",
        "ravdess 1,440 24 CC BY-NC-SA 4.0 [red] Livingstone & Russo 2018",
        "corpus clips UAR accuracy macro-F1 ECE",
        "ravdess 1,440 (24) 66.0 [61–71] 70.0 [65–75] 60.0 4.1",
    ):
        assert words in shown


def test_show_of_a_speech_model(tmp_path: Path) -> None:
    shown = " ".join(run("show", make_speech_bundle(tmp_path / "s.zip").path).split())
    assert "kind speech" in shown
    assert "frames every 0.02 s" in shown
    assert "labels" not in shown
    assert "Scores" not in shown


def test_show_as_json_is_the_card(bundle: Path) -> None:
    assert json.loads(run("show", bundle, "--format", "json")) == json.loads((bundle / "card.json").read_text())


def test_unknown_format_is_wrong_usage(bundle: Path) -> None:
    run("show", bundle, "--format", "xml", expect=2)


def test_verify_says_each_check(bundle: Path) -> None:
    lines = run("verify", bundle).splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", check] for check in ("found", "files", "card", "hash", "self-contained", "graph", "run")
    ]


def test_verify_of_an_edited_model_fails(bundle: Path) -> None:
    with (bundle / "model.onnx").open("r+b") as file:
        file.write(b"\x08\x09")
    lines = run("verify", bundle, expect=1).splitlines()
    assert lines[-1].startswith("FAILED  hash")
    assert "it was edited or damaged; get the bundle anew" in lines[-1]
    assert all(line.startswith("ok ") for line in lines[:-1])


def test_path_is_absolute(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle.parent)
    assert run("path", "./model") == f"{bundle}\n"


def test_path_of_a_bad_bundle_is_not_given(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        run("path", tmp_path / "none")


@pytest.mark.parametrize("command", ["show", "path"])
def test_bad_bundle_is_one_line_on_stderr(tmp_path: Path, command: str) -> None:
    (tmp_path / "m.pt").write_bytes(b"PK\x03\x04")
    done = subprocess.run(
        [sys.executable, "-m", "emotrace", "model", command, str(tmp_path / "m.pt")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"emotrace: bundle '{tmp_path / 'm.pt'}': is a '.pt' file, which emotrace never opens: bundles are "
        "ONNX + JSON and never pickles; export the model to a folder with model.onnx and card.json"
    ]


def test_model_of_features_says_what_stands_before_it_and_is_checked_with_it(tmp_path: Path) -> None:
    bundle = make_features_bundle(tmp_path / "m", trim_db=60.0).path
    shown = " ".join(run("show", bundle).split())
    assert "features mfcc20 (20, 22050 Hz, ends cut 60 dB below the loudest) window 2 s" in shown
    assert json.loads(run("show", bundle, "--format", "json"))["features"]["shape"] == [20]
    assert "ok front end mfcc20 (20, 22050 Hz" in " ".join(run("verify", bundle).split())


def test_model_of_features_that_are_other_ones_here_fails_its_check(tmp_path: Path) -> None:
    bundle = make_features_bundle(tmp_path / "m").path
    card = json.loads((bundle / "card.json").read_text())
    card["features"]["names_sha256"] = "0" * 64
    (bundle / "card.json").write_text(json.dumps(card))
    last = run("verify", bundle, expect=1).splitlines()[-1]
    assert last.startswith("FAILED  front end")
    assert "trained on another feature set 'mfcc20' than this emotrace has" in last


def test_model_of_the_waveform_needs_no_front_end(bundle: Path) -> None:
    assert "front end" not in run("verify", bundle)
    assert "features" not in run("show", bundle)


def test_card_is_a_model_card(bundle: Path, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    text = run("card", bundle)
    assert ModelCard(text).data.to_dict()["license_name"] == "tiny-emotion-weights"
    assert "| ravdess | 1440 (24) | 66.0 [61.0, 71.0] | 70.0 | 60.0 | 4.1 |" in text
    run("card", bundle, "-o", tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == text


def test_card_takes_figures_of_this_model_alone(bundle: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"model_sha256": "0" * 64, "pooled": {}, "corpora": {}, "protocol": {}}))
    with pytest.raises(ReportError, match="is of another model"):
        run("card", bundle, "--evaluation", report, "-o", tmp_path / "README.md")
    assert not (tmp_path / "README.md").exists()


def test_a_bundle_may_hold_its_model_card(bundle: Path) -> None:
    run("card", bundle, "-o", bundle / "README.md")
    assert "FAILED" not in run("verify", bundle)


def corpora(*names: str) -> list[dict[str, object]]:
    return [{**RAVDESS, "name": name, "licence": "as it is"} for name in names]


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with three models of its own."""
    folder = tmp_path / "assets"
    metrics = {"ravdess": SCORES, "pooled": {"unweighted_average_recall": interval(0.7)}}
    make_emotion_bundle(folder / "default", corpora=corpora("ravdess", "crema-d"), metrics=metrics)
    make_emotion_bundle(folder / "open", corpora=corpora("crema-d", "emo-db"), licence="ODbL 1.0,\ncommercial use")
    make_speech_bundle(folder / "speech", corpora=corpora("ravdess"))
    monkeypatch.setattr("emotrace.bundle.read.ASSETS", folder)
    return folder


def listed(*arguments: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("list", "--format", "json", *arguments))
    return found


def test_list_tells_of_every_shipped_model(assets: Path) -> None:
    default, free, speech = listed()
    assert [each["name"] for each in (default, free, speech)] == ["default", "open", "speech"]
    assert [each["kind"] for each in (default, free, speech)] == ["emotion", "emotion", "speech"]
    assert [each["allows_commercial_use"] for each in (default, free, speech)] == [False, True, False]
    assert default == {
        "name": "default",
        "kind": "emotion",
        "is_shipped": True,
        "labels": ["neutral", "happiness", "sadness", "anger"],
        "n_bytes": (assets / "default" / "model.onnx").stat().st_size,
        "allows_commercial_use": False,
        "licence": "CC0-1.0: free for any use",
        "description": "Judges by loudness alone; for tests.",
        "trained_on": ["ravdess", "crema-d"],
        "scores": {"ravdess": 0.66, "pooled": 0.7},
    }
    assert free["licence"] == "ODbL 1.0, commercial use"


def test_list_for_people(assets: Path) -> None:
    shown = run("list").splitlines()
    rows = [" ".join(line.split()) for line in shown]
    assert "name kind size cial use in % UAR by corpus labels" in rows
    assert "default emotion 0.0 MB no 70.0 ravdess 66.0 neutral, happiness, sadness, anger" in rows
    assert "crema-d" in rows
    assert "open emotion 0.0 MB yes - crema-d neutral, happiness, sadness, anger" in rows
    assert "speech speech 0.0 MB no - ravdess -" in rows
    assert "open: ODbL 1.0, commercial use" in rows
    assert rows[-1] == "Emotion is heard behind the model 'speech', which does not permit commercial use."


def test_list_warns_of_the_detector_only_where_it_is_the_narrower_one(assets: Path) -> None:
    make_speech_bundle(assets / "speech", corpora=corpora("crema-d"))
    assert "Emotion is heard behind" not in run("list")
    make_speech_bundle(assets / "speech", corpora=corpora("ravdess"))
    (assets / "open" / "card.json").unlink()
    assert "Emotion is heard behind" not in run("list")


def test_list_is_true_of_what_is_shipped() -> None:
    models = {str(each["name"]): each for each in listed()}
    assert sorted(models) == shipped_names()
    assert models["default"]["allows_commercial_use"] is False
    assert models["default"]["scores"]["pooled"] > 0.5
    assert len(models["default"]["trained_on"]) == 6
    assert models["speech"]["labels"] == ["speech"]


def test_list_finds_the_models_of_a_folder_at_any_depth(assets: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    make_emotion_bundle(runs / "b" / "bundle", name="mine")
    make_emotion_bundle(runs / "a.zip")
    make_features_bundle(runs / "c" / "c.emotrace")
    (runs / "b" / "notes.zip").write_bytes(b"no zip at all")
    (runs / "b" / "card.txt").write_text("{}")
    (runs / "link").symlink_to(assets)
    found = listed("--folder", runs)[3:]
    assert [each["name"] for each in found] == [
        str(runs / part) for part in ("a.zip", Path("b", "bundle"), Path("c", "c.emotrace"))
    ]
    assert not any(each["is_shipped"] for each in found)
    # The names are what --model takes.
    for each in found:
        run("show", each["name"])


def test_a_bundle_that_cannot_be_read_is_told_and_left_out(
    assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = make_emotion_bundle(tmp_path / "runs" / "broken").path
    (broken / "card.json").write_text('{"format_version": 7}')
    result = CliRunner().invoke(model.command, ["list", "-f", "json", "--folder", str(tmp_path / "runs")])
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == 3
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"emotrace: left out: bundle '{broken}': card.json: key 'name' is missing")


def test_a_folder_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"--folder .*none is no folder; give one that holds bundles, such as runs"
    ):
        run("list", "--folder", tmp_path / "none")


def test_neither_a_card_nor_a_folder_drives_the_terminal(assets: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    make_emotion_bundle(runs / "m\x1b[31m", corpora=corpora("[red]mine"), licence="[bold]free[/bold]")
    shown = run("list", "--folder", runs)
    assert "[red]mine" in shown
    assert "[bold]free[/bold]" in shown
    assert "m?[31m: " in shown.replace("\n", "")
    assert "\x1b" not in shown
    # What --model takes is not changed.
    assert listed("--folder", runs)[-1]["name"] == str(runs / "m\x1b[31m")


@pytest.mark.parametrize(
    ("names", "licence", "allowed"),
    [
        (("crema-d", "emo-db"), "ODbL 1.0", True),
        (("crema-d", "ravdess"), "ODbL 1.0", False),
        (("crema-d", "my own speech"), "ODbL 1.0", None),
        (("ravdess", "my own speech"), "free", False),
        ((), "free", None),
        (("emo-db",), "Research and non-commercial use only", False),
        (("emo-db",), "for research only", False),
        (("my own speech",), "CC BY-NC 4.0", False),
        (("emo-db",), "synced", True),
    ],
)
def test_commercial_use_is_what_licence_and_corpora_allow(
    names: tuple[str, ...], licence: str, allowed: bool | None
) -> None:
    assert allows_commercial_use(emotion_card(corpora=corpora(*names), licence=licence)) is allowed
