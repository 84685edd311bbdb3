"""Speaker sex on the command line: trained, judged, and told by ``predict`` when it is asked for."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import MOMENT_RECIPE, Emotrace
from tests.cli.test_benchmark import savee as savee  # the made corpus
from tests.tiny_bundles import make_sex_bundle

import emotrace
from emotrace.bundle import read

RECIPE = 'kind = "sex"\n' + MOMENT_RECIPE.format(corpus="savee").replace(
    "[model]", '[model]\nname = "statistics-mlp"'
)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with a bundle of sex of a moment: loud voices sound male to it."""
    assets = tmp_path / "assets"
    for name in ("default", "speech"):
        shutil.copytree(read.ASSETS / name, assets / name)
    make_sex_bundle(assets / "sex")
    monkeypatch.setattr(read, "ASSETS", assets)
    return assets


def test_predict_tells_it_when_asked(emotrace_command: Emotrace, shipped: Path, clip: Path, silence: Path) -> None:
    schema = json.loads((Path(emotrace.__file__).parent / "assets" / "prediction.schema.json").read_text())
    plain = json.loads(emotrace_command("predict", clip, "-f", "json").out)
    asked = json.loads(emotrace_command("predict", clip, silence, "-f", "json", "--speaker-sex").out)
    heard, silent = asked
    for record in asked:
        Draft202012Validator(schema).validate(record)
    assert set(heard["speaker_sex"]) == {"female", "male"}
    assert silent["speaker_sex"] == {}
    assert plain == [{key: value for key, value in heard.items() if key != "speaker_sex"}]


def test_every_format_of_clips_takes_it(
    emotrace_command: Emotrace, shipped: Path, clip: Path, silence: Path
) -> None:
    rows = list(csv.DictReader(io.StringIO(emotrace_command("predict", clip, "-f", "csv", "--speaker-sex").out)))
    shares = [float(rows[0][f"speaker_sex_{sex}"]) for sex in ("female", "male")]
    assert sum(shares) == pytest.approx(1.0, abs=1e-3)
    sounds = f"sounds {'female' if shares[0] > shares[1] else 'male'} {100 * max(shares):.0f} %"
    _, spoken, silent = emotrace_command("predict", clip, silence, "--speaker-sex").out.splitlines()
    assert spoken.endswith(f"{clip}  {sounds}")
    assert silent.endswith(str(silence))
    assert "sounds" not in emotrace_command("predict", clip).out


def test_an_installation_without_the_bundle_says_so(emotrace_command: Emotrace, shipped: Path, clip: Path) -> None:
    shutil.rmtree(shipped / "sex")
    done = emotrace_command("predict", clip, "--speaker-sex")
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith("no model named 'sex' is shipped with emotrace, and no folder or zip")
    assert emotrace_command("predict", clip).code == 0


def test_it_is_no_model_of_emotions(emotrace_command: Emotrace, shipped: Path, clip: Path) -> None:
    done = emotrace_command("predict", clip, "--model", "sex")
    assert (done.code, done.complaint) == (2, "bundle 'tiny-sex' is of kind 'sex', not 'emotion'")


def test_a_bundle_is_trained_and_judged_by_the_sex_of_its_speakers(
    emotrace_command: Emotrace, savee: Path
) -> None:
    Path("sex.toml").write_text(RECIPE, encoding="utf-8")
    done = emotrace_command("train", "sex.toml", "-o", "run", "--corpora", "corpora")
    assert done.code == 0, done.err
    card = json.loads(Path("run/bundle/card.json").read_text())
    assert (card["kind"], card["labels"]) == ("sex", ["female", "male"])
    assert set(card["metrics"]) == {"savee", "pooled"}
    scores = card["metrics"]["savee"]
    assert (scores["n"], scores["n_speakers"]) == (2, 1)
    assert set(scores["accuracy"]) == {"value", "low", "high"}
    assert "n_no_speech" in scores
    report = json.loads(Path("run/evaluation/report.json").read_text())
    assert report["pooled"]["labels"] == ["female", "male"]

    # Once more by hand: the same held-out speakers, the same figures.
    assert emotrace_command("corpus", "scan", "savee", savee, "-o", "all.csv").code == 0
    again = emotrace_command("evaluate", "run/bundle", "all.csv", "--held-out", "-o", "judged")
    assert again.code == 0, again.err
    judged = json.loads(Path("judged/report.json").read_text())
    assert judged["pooled"]["accuracy"] == report["pooled"]["accuracy"]


def test_with_pack_and_corpora_it_is_judged_too(emotrace_command: Emotrace, savee: Path) -> None:
    Path("sex.toml").write_text(RECIPE, encoding="utf-8")
    assert emotrace_command("features", "pack", "sex.toml", "-o", "packed", "--corpora", "corpora").code == 0
    done = emotrace_command("train", "sex.toml", "-o", "run", "--pack", "packed", "--corpora", "corpora")
    assert done.code == 0, done.err
    assert "not judged" not in done.err
    assert "savee" in json.loads(Path("run/bundle/card.json").read_text())["metrics"]


def test_a_manifest_without_sexes_cannot_judge_it(
    emotrace_command: Emotrace, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_sex_bundle(tmp_path / "sex", split={"protocol": "p", "train_speakers": ["yan"]})
    Path("m.csv").write_text(f"file,emotion,speaker\n{clip.name},neutral,ann\n", encoding="utf-8")
    done = emotrace_command("evaluate", "./sex", "m.csv", "-o", "judged")
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "emotrace: the manifest does not say the sex of any speaker; fill in the column 'sex' with female or male"
    )
