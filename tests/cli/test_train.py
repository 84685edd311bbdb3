"""``emotrace train``: every recipe, folder and corpus that it cannot start with is one clear line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import MOMENT_RECIPE, RATE, Emotrace, Signal, write_wav

import emotrace

RECIPE = """
[data]
corpora = ["savee"]
protocol = "joint-6"

[export]
name = "mine"
"""


@pytest.fixture(autouse=True)
def no_corpora(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have real corpora; these tests must not train on them."""
    monkeypatch.delenv("EMOTRACE_CORPORA", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE)
    return path


# -- recipes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("defualt", "no recipe named 'defualt'; did you mean 'default'? Known: default, open, quick, sex, speech"),
        ("", "recipe"),
        ("[red]", "no recipe named '[red]'; known: default, open, quick, sex, speech"),
    ],
)
def test_unknown_recipe(emotrace_command: Emotrace, name: str, sentence: str) -> None:
    done = emotrace_command("train", name, "-o", "run")
    assert (done.code in (1, 2), done.out) == (True, "")
    assert sentence in done.complaint
    assert not Path("run").exists()


@pytest.mark.parametrize("name", ["none.toml", "folder.toml"])
def test_missing_recipe_file(emotrace_command: Emotrace, name: str) -> None:
    Path("folder.toml").mkdir()
    done = emotrace_command("train", name, "-o", "run")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"no recipe file {name}; shipped recipes: default, open, quick, sex, speech"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (RECIPE, "corpora = [", "is not TOML: "),
        (RECIPE, "\0", "is not TOML: "),
        (RECIPE, "", "key 'data' is missing; it must be a table"),
        (RECIPE, "[data]\ncorpora = ['savee']", "key 'export' is missing; it must be a table"),
        ('"joint-6"', "6", "[data]: key 'protocol' must be text in quotes, got 6"),
        ("protocol", "protocoll", "[data]: unknown key 'protocoll'; did you mean 'protocol'?"),
        (
            '"joint-6"',
            '"joint6"',
            "[data]: key 'protocol' names 'joint6'; did you mean 'joint-6'? Known: assigned, ",
        ),
        ('"joint-6"', '"random-leaky"', "[data]: key 'protocol' names 'random-leaky'; known: assigned, "),
        ('"savee"', '"saveee"', "[data]: key 'corpora' names 'saveee'; did you mean 'savee'? Known: crema-d, "),
        ('["savee"]', '"savee"', "[data]: key 'corpora' must be a list of texts in quotes, got 'savee'"),
        ('["savee"]', "[]", "[data]: key 'corpora' must name a corpus, or key 'manifests' a file"),
        ('["savee"]', "[1]", "[data]: key 'corpora', entry 1 must be text in quotes, got 1"),
        ("[data]", "kind = 'song'\n[data]", "key 'kind' must be one of emotion, speech, sex, got 'song'"),
        ("[export]", "[training]\nepochs = 0\n[export]", "[training]: key 'epochs' must be at least 1"),
        (
            "[export]",
            "[training]\nepochs = true\n[export]",
            "[training]: key 'epochs' must be a whole number, got true",
        ),
        (
            "[export]",
            "[augment]\nspeeds = [0.9]\n[export]",
            "[augment]: key 'speeds' must hold 1.0, the clip as it is",
        ),
        (
            "[export]",
            "[data.weights]\ntess = 1\n[export]",
            "[data]: key 'weights' names tess, which 'corpora' does not",
        ),
        ("[export]", "[modle]\n[export]", "unknown key 'modle'; did you mean 'model'?"),
    ],
)
def test_wrong_recipe(emotrace_command: Emotrace, recipe: Path, before: str, after: str, sentence: str) -> None:
    recipe.write_text(RECIPE.replace(before, after))
    done = emotrace_command("train", recipe, "-o", "run")
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith(f"{recipe}: ")
    assert sentence in done.complaint
    assert not Path("run").exists()


def test_a_recipe_that_is_no_text(emotrace_command: Emotrace, recipe: Path) -> None:
    recipe.write_bytes(b"\xff\xfe\x00")
    done = emotrace_command("train", recipe, "-o", "run")
    assert done.code == 1
    assert "mine.toml: is not UTF-8 text" in done.complaint


def test_a_folder_of_the_same_name_does_not_hide_a_recipe(emotrace_command: Emotrace) -> None:
    Path("default").mkdir()
    done = emotrace_command("train", "default", "-o", "default")
    assert done.code == 1
    assert done.complaint.startswith("no corpora: set EMOTRACE_CORPORA")


# -- corpora ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["default", "speech"])
def test_no_corpora(emotrace_command: Emotrace, name: str) -> None:
    done = emotrace_command("train", name, "-o", "run")
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith(
        "no corpora: set EMOTRACE_CORPORA (or give --corpora) to a folder with one sub-folder per corpus: ravdess"
    )
    assert not Path("run").exists()


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_corpus_that_is_missing(
    emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    for name in ("ravdess", "ravdess-song", "crema-d", "savee"):
        (Path("corpora") / name).mkdir(parents=True)
    (Path("corpora") / "tess").touch()
    if by_variable:
        monkeypatch.setenv("EMOTRACE_CORPORA", "corpora")
    done = emotrace_command("train", "default", "-o", "run", *([] if by_variable else ["--corpora", "corpora"]))
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith("corpora: has no sub-folder tess, emo-db; the recipe wants ravdess, ")
    assert not Path("run").exists()


def test_a_folder_of_corpora_that_is_missing(emotrace_command: Emotrace, recipe: Path) -> None:
    done = emotrace_command("train", recipe, "-o", "run", "--corpora", "nowhere")
    assert (done.code, done.complaint) == (1, "nowhere: has no sub-folder savee; the recipe wants savee")


def test_a_corpus_that_holds_nothing_of_it(emotrace_command: Emotrace, recipe: Path) -> None:
    (Path("corpora") / "savee").mkdir(parents=True)
    write_wav(Path("corpora") / "savee" / "holiday.wav", np.zeros(RATE))
    done = emotrace_command("train", recipe, "-o", "run", "--corpora", "corpora")
    assert (done.code, done.out) == (1, "")
    assert str(Path("corpora") / "savee") in done.complaint
    assert not Path("run").exists()


def make_savee(root: Path) -> None:
    """Write a corpus with the names of SAVEE: four speakers, one clip of each of two emotions."""
    for seed, speaker in enumerate(("DC", "JE", "JK", "KL")):
        for emotion in ("a", "n"):
            path = root / "savee" / speaker / f"{emotion}01.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, np.random.default_rng(seed).uniform(-0.1, 0.1, RATE // 4))


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (
            'protocol = "joint-6"\nfold = 99',
            "key 'data.fold' is 99, but with these speakers protocol 'joint-6' has",
        ),
        ('protocol = "emobox-ravdess"', "emobox-ravdess"),
        (
            'protocol = "joint-6"\nexclude = ["DC/a02"]',
            "key 'data.exclude' names DC/a02, which is not there; give file names without ending",
        ),
    ],
)
def test_a_split_that_cannot_be(emotrace_command: Emotrace, recipe: Path, after: str, sentence: str) -> None:
    make_savee(Path("corpora"))
    recipe.write_text(RECIPE.replace('protocol = "joint-6"', after))
    done = emotrace_command("train", recipe, "-o", "run", "--corpora", "corpora")
    assert (done.code in (1, 2), done.out) == (True, ""), done.err
    # What comes before it is the progress of reading the corpora.
    *_, complaint = done.err.splitlines()
    assert complaint.startswith("emotrace: ")
    assert sentence in complaint
    assert not Path("run").exists()


def test_a_run_that_is_a_file(emotrace_command: Emotrace, recipe: Path) -> None:
    make_savee(Path("corpora"))
    Path("run").write_text("precious")
    done = emotrace_command("train", recipe, "-o", "run", "--corpora", "corpora")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"cannot write into run: {Path.cwd() / 'run'} is not a folder; give another one"
    assert Path("run").read_text() == "precious"


# -- from recipe to judged bundle -------------------------------------------------------------------------

TINY = MOMENT_RECIPE.format(corpus="ravdess")


@pytest.fixture
def ravdess(talk: Signal) -> Path:
    """A corpus with the names of RAVDESS: five actors, two emotions; actor 1 is tested."""
    Path("tiny.toml").write_text(TINY)
    for number, actor in enumerate((1, 3, 4, 5, 6)):
        for emotion in ("01", "05"):
            start = (2 * number + (emotion == "05")) * RATE // 4
            path = Path(f"corpora/ravdess/Actor_{actor:02d}/03-01-{emotion}-01-01-01-{actor:02d}.wav")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, talk[start : start + RATE])
    return Path("corpora/ravdess")


def test_train_judges_what_it_made(emotrace_command: Emotrace, ravdess: Path) -> None:
    (ravdess / "holiday.wav").touch()
    done = emotrace_command("train", "tiny.toml", "-o", "run", "--corpora", "corpora")
    assert done.code == 0, done.err
    # What is said of uncertain answers depends on what was learnt in two steps.
    assert [line.split()[:2] for line in done.out.splitlines()[1:3]] == [["ravdess", "2"], ["pooled", "2"]]
    told = done.err.splitlines()
    assert told[0].startswith(f"left out: file {ravdess / 'holiday.wav'}, reason ")
    assert told[-1] == f"Bundle: {Path('run/bundle')}"
    card = emotrace.load_bundle("run/bundle").card
    assert (card.metrics["ravdess"]["n"], card.metrics["ravdess"]["n_speakers"]) == (2, 1)
    assert card.split["test_speakers"] == ["ravdess:01"]
    report = json.loads(Path("run/evaluation/report.json").read_text())
    assert report["n_unusable"] == 0
    assert card.metrics["pooled"]["accuracy"]["value"] == pytest.approx(
        report["pooled"]["accuracy"]["value"], abs=1e-4
    )
    assert Path("run/recipe.json").exists()
    # The report finds beside the answers how the training went.
    lines = [json.loads(line) for line in Path("run/log.jsonl").read_text().splitlines()]
    history = json.loads(Path("run/evaluation/history.json").read_text())
    assert [line["loss"] for line in history] == [line["loss"] for line in lines]
    assert history == json.loads(Path("run/history.json").read_text())


OF_FEATURES = """
[data]
corpora = ["ravdess"]

[features]
set = "means184"
trim_db = 60.0

[model]
name = "random-forest"
params = { n_estimators = 20 }

[export]
name = "forest"
licence = "CC0-1.0"
"""


def test_a_forest_on_features_becomes_a_bundle_like_any_other(
    emotrace_command: Emotrace, ravdess: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))
    Path("forest.toml").write_text(OF_FEATURES)
    done = emotrace_command("train", "forest.toml", "-o", "run", "--corpora", "corpora")
    assert done.code == 0, done.err
    assert [line.split()[:2] for line in done.out.splitlines()[1:3]] == [["ravdess", "2"], ["pooled", "2"]]
    clip = next(ravdess.rglob("*-06.wav"))
    heard = emotrace_command("predict", clip, "--model", "run/bundle", "--labels", "all", "--format", "json")
    assert heard.code == 0, heard.err
    assert set(json.loads(heard.out)[0]["probabilities"]) == {"neutral", "anger"}
    pooled = emotrace_command(
        "benchmark", "forest.toml", "-o", "bench", "--protocol", "speaker-k-fold", "--corpora", "corpora"
    )
    assert pooled.code == 0, pooled.err
    assert json.loads(Path("bench/benchmark.json").read_text())["recipe"]
    packed = emotrace_command("train", "forest.toml", "-o", "other", "--pack", "bench", "--corpora", "corpora")
    assert packed.code == 2
    assert packed.complaint.startswith("--pack: a model of features is trained on audio")


def test_unusable_test_clips_are_an_error_at_the_end(emotrace_command: Emotrace, ravdess: Path) -> None:
    short = ravdess / "Actor_01" / "03-01-05-01-01-01-01.wav"
    write_wav(short, np.full(RATE // 50, 0.1))
    done = emotrace_command("train", "tiny.toml", "-o", "run", "--corpora", "corpora")
    assert done.code == 1
    *_, complaint, place = done.err.splitlines()
    assert complaint == f"emotrace: {short}: only 0.02 s long; at least 0.05 s are needed"
    assert place == f"Bundle: {Path('run/bundle')}"
    # The bundle is there nevertheless, with the scores of the clips that could be used.
    assert emotrace.load_bundle("run/bundle").card.metrics["pooled"]["n"] == 1
    assert json.loads(Path("run/evaluation/report.json").read_text())["n_unusable"] == 1


def test_other_speech_does_not_go_on_in_the_same_folder(emotrace_command: Emotrace, ravdess: Path) -> None:
    assert emotrace_command("train", "tiny.toml", "-o", "run", "--corpora", "corpora").code == 0
    shutil.rmtree(ravdess / "Actor_05")
    done = emotrace_command("train", "tiny.toml", "-o", "run", "--corpora", "corpora")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1] == (
        f"emotrace: {Path('run/checkpoint.pt')} was begun with another recipe or other speech; "
        "choose another output folder or delete this one"
    )


def test_ones_own_speech_needs_its_speakers(emotrace_command: Emotrace, clip: Path) -> None:
    Path("mine.csv").write_text(f"file,emotion\n{clip.name},anger\n")
    Path("own.toml").write_text(TINY.replace('corpora = ["ravdess"]', 'manifests = ["mine.csv"]'))
    done = emotrace_command("train", "own.toml", "-o", "run")
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith(
        "mine.csv: 1 clip without a speaker, first clip.wav; fill in the column 'speaker'"
    )
    assert not Path("run").exists()


def test_processes_that_would_have_nothing_to_seek(emotrace_command: Emotrace, ravdess: Path) -> None:
    done = emotrace_command("train", "default", "-o", "run", "--corpora", ravdess.parent, "--jobs", 4)
    assert (done.code, done.out) == (2, "")
    assert done.complaint == (
        "4 processes are to seek parameters, but the recipe has no [search]; leave --jobs out"
    )
    assert not Path("run").exists()


# -- the call itself --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'RECIPE'"),
        (["default"], "Missing option '--output' / '-o'"),
        (["default", "-o", "run", "--epochs", "3"], "No such option: --epochs"),
    ],
)
def test_wrong_usage_is_one_line_and_2(emotrace_command: Emotrace, arguments: list[str], sentence: str) -> None:
    done = emotrace_command("train", *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.complaint
    assert done.complaint.endswith("; see 'emotrace train --help'")


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
from emotrace.cli import main
main()
"""


def test_without_the_extra(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, "train", "default", "-o", "run", "--corpora", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "emotrace: training (no module 'torch') needs the extra 'train': pip install 'emotrace[train]'\n"
    )


def test_as_a_process(emotrace_process: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "EMOTRACE_CORPORA"}
    done = emotrace_process("train", "nope", "-o", "run", env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    known = "Known: default, open, quick, sex, speech"
    assert done.stderr == f"emotrace: no recipe named 'nope'; did you mean 'open'? {known}\n"
    assert files("emotrace.learn.recipes").joinpath("default.toml").is_file()
