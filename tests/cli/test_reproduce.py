"""``emotrace reproduce`` and ``emotrace recipes``: from corpora to the page, and every mistake in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Emotrace
from tests.made_checkpoints import N_LAYERS, write_checkpoint
from tests.made_corpora import make_corpora

from emotrace.learn.laboratory.honest_recipe import honest_names
from emotrace.learn.laboratory.recipe import claim_names, find_claim


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpora(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have real corpora and a cache; neither is touched."""
    monkeypatch.delenv("EMOTRACE_CORPORA", raising=False)
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_claims_are_reproduced(emotrace_command: Emotrace, corpora: Path) -> None:
    done = emotrace_command("reproduce", "r6", "R11", "--fast", "-o", "out", "--corpora", corpora)
    assert (done.code, done.out) == (0, f"{Path('out/reproduction.md')}: 2 of 2 claims measured\n")
    facts = json.loads(Path("out/reproduction.json").read_text(encoding="utf-8"))
    assert [claim["claim"] for claim in facts["claims"]] == claim_names()
    by_name = {claim["claim"]: claim for claim in facts["claims"]}
    assert by_name["R6"]["results"][0]["as_claimed"]["is_leaky"] is True
    assert by_name["R6"]["results"][0]["speaker_independent"]["is_leaky"] is False
    assert by_name["R7"]["not_measured"] == "not run yet"
    page = Path("out/reproduction.md").read_text(encoding="utf-8")
    assert "- **R7** (S3, call-centre escalation): not run yet" in page

    again = emotrace_command("reproduce", "R6", "R11", "--fast", "-o", "out", "--corpora", corpora)
    assert (again.code, again.err) == (0, "")
    assert Path("out/reproduction.md").read_text(encoding="utf-8") == page


EXAMPLE = Path(__file__).parents[2] / "examples" / "weighted_layers.toml"
SOUGHT = """
[[models]]
name = "sought"
model = "weighted-layers"
search = { n_trials = 2, n_folds = 2 }
"""


@pytest.fixture
def own_recipe(tmp_path: Path) -> Callable[[str], Path]:
    """Write the example's recipe, and a search, for an encoder made here and a choice of its layers."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    checkpoint = write_checkpoint("wav2vec2", tmp_path / "encoder")

    def write(layer: str) -> Path:
        example = EXAMPLE.read_text(encoding="utf-8")
        shipped = "ssl:facebook/wav2vec2-base@layer=all"
        assert shipped in example
        path = tmp_path / "own.toml"
        own = example.replace(shipped, f"ssl:{checkpoint.as_posix()}@layer={layer}")
        path.write_text(own + SOUGHT, encoding="utf-8")
        return path

    return write


def test_layers_of_an_encoder_are_weighed(
    emotrace_command: Emotrace, corpora: Path, own_recipe: Callable[[str], Path]
) -> None:
    recipe = own_recipe("all,pool=mean+std")
    done = emotrace_command("reproduce", recipe, "--fast", "-o", "out", "--corpora", corpora)
    assert (done.code, done.out) == (0, f"{Path('out/reproduction.md')}: 1 of 1 claims measured\n")
    runs = json.loads(Path("out/runs/OWN.json").read_text(encoding="utf-8"))["runs"]
    assert {(run["variant"], run["model"]) for run in runs.values()} == {
        (variant, model)
        for variant in ("as claimed", "speaker-independent")
        for model in ("linear head", "hidden layer", "sought")
    }
    for run in runs.values():
        assert len(run["layer_weights"]) == N_LAYERS + 1
        assert sum(run["layer_weights"]) == pytest.approx(1.0, abs=1e-3)
    assert "| OWN | hidden layer | all |" in Path("out/reproduction.md").read_text(encoding="utf-8")
    swept = emotrace_command("sweep", recipe, "--fast", "-o", "swept", "--corpora", corpora)
    assert swept.code == 0


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("2", "weighted-layers has one layer only, and nothing to weigh: take the features of ssl:CHECKPOINT@"),
        ("weighted", "layer is 'weighted'; weights of layers are learned by a model: take layer=all, and the"),
    ],
)
def test_layers_that_cannot_be_weighed_are_told(
    emotrace_command: Emotrace, corpora: Path, own_recipe: Callable[[str], Path], layer: str, words: str
) -> None:
    done = emotrace_command("reproduce", own_recipe(layer), "--fast", "-o", "out", "--corpora", corpora)
    assert done.code == 1
    assert words in done.err


def test_runs_can_be_drawn(emotrace_command: Emotrace, corpora: Path) -> None:
    text = find_claim("R6").read_text(encoding="utf-8").replace('"R6"', '"mine"')
    Path("mine.toml").write_text(f'{text}\n[[models]]\nname = "3 neighbours"\nmodel = "knn"\n', encoding="utf-8")
    assert emotrace_command("reproduce", "mine.toml", "--fast", "-o", "out", "--corpora", corpora).code == 0
    record = json.loads(Path("out/runs/mine.json").read_text(encoding="utf-8"))["runs"]
    honest = Path("out/runs/mine/speaker-independent-3-neighbours-all-0")
    done = emotrace_command("report", honest, "-o", "one")
    (facts,) = json.loads(Path("one/facts.json").read_text(encoding="utf-8"))["runs"]
    run = record["speaker-independent / 3 neighbours / all / 0"]
    n_wrong = sum(a != b for a, b in zip(run["truth"], run["prediction"], strict=True))
    assert done.out == f"{Path('one/report.html')}: 1 run, {n_wrong} of {run['n_test']} answers wrong\n"
    assert facts["scores"]["accuracy"]["value"] == pytest.approx(run["accuracy"], abs=1e-5)
    counts = facts["confusion"]["counts"]
    assert sum(row[i] for i, row in enumerate(counts)) == run["n_test"] - n_wrong
    drawn = {path.stem for path in Path("one/pictures").iterdir()}
    assert drawn >= {"confusion", "roc", "precision-recall", "reliability", "recall-by-speaker", "recall-by-sex"}
    page = Path("one/report.html").read_text("ascii")
    assert page.count("<tr data-true=") == n_wrong > 0
    assert "data:audio/mpeg" in page
    assert "(leaky)" not in page

    models = [Path("out/runs/mine") / f"as-claimed-{name}-all-0" for name in ("mlp", "3-neighbours")]
    assert emotrace_command("report", *models, "-o", "all").code == 0
    found = json.loads(Path("all/facts.json").read_text(encoding="utf-8"))
    assert found["comparison"]["same_clips"] is True
    assert [run["name"] for run in found["runs"]] == [f"{folder.name} (leaky)" for folder in models]
    assert [run["scores"]["accuracy"]["value"] for run in found["runs"]] == pytest.approx(
        [record[f"as claimed / {name} / all / 0"]["accuracy"] for name in ("mlp", "3 neighbours")], abs=1e-5
    )
    assert Path("all/pictures/comparison.png").is_file()
    page = Path("all/report.html").read_text("ascii")
    assert "It has heard these speakers in training: this says nothing of voices that are new to it." in page
    assert "With other speakers it might be" not in page


def test_figures_stay_when_their_runs_are_gone(emotrace_command: Emotrace, corpora: Path) -> None:
    emotrace_command("reproduce", "R6", "--fast", "-o", "out", "--corpora", corpora)
    path = Path("out/reproduction.json")
    before = json.loads(path.read_text(encoding="utf-8"))
    shutil.rmtree("out/runs")

    def figures_after() -> dict[str, Any]:
        done = emotrace_command("reproduce", "R11", "--fast", "-o", "out", "--corpora", corpora)
        assert done.code == 0
        return {claim["claim"]: claim for claim in json.loads(path.read_text(encoding="utf-8"))["claims"]}

    (r6,) = (claim for claim in before["claims"] if claim["claim"] == "R6")
    after = figures_after()
    assert after["R6"] == r6
    assert after["R11"]["results"]
    # What was not measured is told as it is now.
    assert after["R1"]["not_measured"] == "not run yet"
    emotrace_command("reproduce", "R1", "--fast", "-o", "out")
    assert "- **R1** (S0, avatars): needs emov-db" in Path("out/reproduction.md").read_text(encoding="utf-8")
    # What another recipe has measured does not count, and neither does a file that is none of ours.
    r6["fingerprint"] = "another"
    path.write_text(json.dumps(before), encoding="utf-8")
    assert figures_after()["R6"]["not_measured"] == "not run yet"
    path.write_text("[]", encoding="utf-8")
    done = emotrace_command("reproduce", "R11", "--fast", "-o", "out", "--corpora", corpora)
    assert done.code == 1
    assert "reproduction.json: cannot be read (TypeError); remove it, or name another folder" in done.complaint


def test_a_trial_takes_the_place_of_no_figure(emotrace_command: Emotrace, corpora: Path) -> None:
    mine = (
        find_claim("R6")
        .read_text(encoding="utf-8")
        .replace("n_test = 192\n", "")
        .replace("ravdess = 6", "ravdess = 2")
    )
    Path("mine.toml").write_text(mine, encoding="utf-8")
    assert emotrace_command("reproduce", "mine.toml", "--seeds", "1", "-o", "out", "--corpora", corpora).code == 0
    before = {path: path.read_bytes() for path in Path("out").rglob("*.*")}
    sentence = "holds real figures, which a trial with --fast must not replace; name another folder"
    for claim in ("mine.toml", "R11"):
        done = emotrace_command("reproduce", claim, "--fast", "-o", "out", "--corpora", corpora)
        assert (done.code, done.out) == (2, "")
        assert sentence in done.complaint
    assert {path: path.read_bytes() for path in Path("out").rglob("*.*")} == before
    shutil.rmtree("out/runs")
    done = emotrace_command("reproduce", "R11", "--fast", "-o", "out", "--corpora", corpora)
    assert done.code == 2
    assert f"{Path('out/reproduction.json')} {sentence}" in done.complaint


def test_a_missing_corpus_is_no_failure(emotrace_command: Emotrace, corpora: Path) -> None:
    done = emotrace_command("reproduce", "R1", "R6", "-o", "out")
    assert done.code == 0
    where = "set EMOTRACE_CORPORA (or give --corpora) to the folder that has it"
    assert done.err.splitlines() == [
        f"emotrace: R1 is not measured: needs emov-db; {where}",
        f"emotrace: R6 is not measured: needs ravdess; {where}",
    ]
    page = Path("out/reproduction.md").read_text(encoding="utf-8")
    assert "- **R1** (S0, avatars): needs emov-db; set EMOTRACE_CORPORA" in page


def test_an_incomplete_corpus_is_a_failure(emotrace_command: Emotrace, corpora: Path) -> None:
    done = emotrace_command("reproduce", "R6", "-o", "out", "--corpora", corpora)
    assert done.code == 1
    assert "R6 is not measured: claim R6 was tested on 192 clips, here it would be 16" in done.complaint
    assert done.out == f"{Path('out/reproduction.md')}: 0 of 1 claims measured\n"


def test_half_a_claim_is_not_counted_as_measured(emotrace_command: Emotrace, corpora: Path) -> None:
    shutil.copytree(corpora / "ravdess" / "Actor_01", Path("one/ravdess/Actor_01"))
    done = emotrace_command("reproduce", "R6", "--fast", "-o", "out", "--corpora", "one")
    assert (done.code, done.out) == (1, f"{Path('out/reproduction.md')}: 0 of 1 claims measured\n")
    assert done.err.splitlines()[-1].startswith(
        "emotrace: R6 is not measured: corpus 'ravdess' has 1 speaker in these clips"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 2, "name the claims to reproduce, for instance R6 R10, or give --all, not both"),
        (("R6", "--all"), 2, "name the claims to reproduce"),
        (("R16",), 2, "no claim named 'R16'; known: R1, R10"),
        (("none.toml",), 1, "no recipe file none.toml"),
        (("R6", "--corpora", "nowhere"), 2, "--corpora nowhere: no such folder"),
        (("R6", "mine.toml"), 1, "mine.toml: [features]: key 'set': no openSMILE feature set named 'foo'"),
        (("R6", "--seeds", "0"), 2, "--seeds"),
        (("R6", "--fast", "--seeds", "3"), 2, "--fast makes one division, not 3; leave out --seeds, or --fast"),
        (("R6", "--no-cache", "-j", "2"), 2, "--no-cache cannot be had with --jobs"),
    ],
)
def test_mistakes_are_told(
    emotrace_command: Emotrace, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    mine = find_claim("R6").read_text(encoding="utf-8").replace('"means180"', '"smile:foo"')
    Path("mine.toml").write_text(mine, encoding="utf-8")
    done = emotrace_command("reproduce", *arguments, "-o", "out")
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint
    assert not Path("out").exists()


def test_recipes_are_listed_and_shown(emotrace_command: Emotrace) -> None:
    listed = json.loads(emotrace_command("recipes", "list", "-f", "json").out)
    names = [recipe["name"] for recipe in listed]
    assert names == ["default", "open", "quick", "sex", "speech", *claim_names(), *honest_names()]
    commands = {recipe["name"]: recipe["command"] for recipe in listed}
    assert [commands[name] for name in ("speech", "R6", "H1", "H10", "H11")] == [
        "train",
        "reproduce",
        *["honest"] * 3,
    ]
    assert all(recipe["what"] and recipe["corpora"] for recipe in listed)
    told = emotrace_command("recipes", "list").out
    assert "R17" in told
    assert "emotrace honest" in told
    assert 'labels = "ravdess4"' in emotrace_command("recipes", "show", "r6").out
    assert "[data]" in emotrace_command("recipes", "show", "default").out
    assert 'honest = "H11"' in emotrace_command("recipes", "show", "h11").out


def test_a_recipe_of_ones_own_is_shown(emotrace_command: Emotrace, tmp_path: Path) -> None:
    shipped = emotrace_command("recipes", "show", "R6").out
    mine = tmp_path / "my.toml"
    mine.write_text(f"# Mine, für alle.\n{shipped}", encoding="utf-8")
    done = emotrace_command("recipes", "show", mine)
    assert (done.code, done.err, done.out) == (0, "", mine.read_text("utf-8"))
    lost = emotrace_command("recipes", "show", tmp_path / "lost.toml")
    assert lost.code == 1
    assert lost.complaint.startswith(f"no recipe file {tmp_path / 'lost.toml'}; shipped recipes: default, ")
    mine.write_bytes(b"RIFF\x00\xff")
    wrong = emotrace_command("recipes", "show", mine)
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.complaint == f"{mine}: is not UTF-8 text; save it with UTF-8 encoding"


def test_an_unknown_recipe_is_told(emotrace_command: Emotrace) -> None:
    done = emotrace_command("recipes", "show", "defualt")
    assert (done.code, done.out) == (2, "")
    assert "no recipe named 'defualt'; did you mean 'default'?" in done.complaint
    assert "H10" in emotrace_command("recipes", "show", "zzz").complaint
