from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_bundles import make_emotion_bundle, make_features_bundle, make_speech_bundle
from typer.testing import CliRunner

from emotrace.cli import model
from emotrace.errors import BundleError, ReportError


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


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        ({}, []),
        ({"ravdess": SCORES, "tess": SCORES}, ["ravdess", "tess"]),
        (
            {"test": {"ravdess": SCORES}, "validation": {"ravdess": SCORES}},
            ["test / ravdess", "validation / ravdess"],
        ),
        (SCORES, ["all"]),
        ({**SCORES, "per_corpus": {"tess": SCORES}}, ["all", "tess"]),
        ({"test": {**SCORES, "per_corpus": {"tess": SCORES}}}, ["test", "test / tess"]),
        ({"note": "words", "loss": 0.5, "curve": [1, 2]}, []),
    ],
)
def test_scores_are_found_wherever_the_card_keeps_them(metrics: dict[str, Any], names: list[str]) -> None:
    assert [name for name, _ in model._score_rows(metrics)] == names


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (0.5, "50.0"),
        (1, "100.0"),
        ([0.5, 0.25, 0.75], "50.0 [25–75]"),
        ({"value": 0.5, "low": None, "high": None}, "50.0"),
        ({"value": None, "low": None, "high": None}, "-"),
        ([], "-"),
        ("half", "-"),
        (True, "-"),
        (None, "-"),
        ({"median": 3}, "-"),
    ],
)
def test_odd_scores_are_told_or_left_out(score: object, told: str) -> None:
    assert model._tell_score(score) == told


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
