"""``emotrace honest``: from corpora to the page, and every mistake in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Emotrace
from tests.made_corpora import make_corpora

from emotrace.learn.laboratory.honest_recipe import honest_names

RECIPE = """
honest = "X2"
title = "a made task"
corpora = ["ravdess"]
labels = "call4"
groups = ["male"]
n_folds = 2

[tested]
protocol = "speakers"
speakers = 1
draws = 1

[[candidates]]
name = "few"
set = "mfcc20"
model = "linear-discriminant"
n_components = 4
"""


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpora(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have real corpora and a cache; neither is touched."""
    monkeypatch.delenv("EMOTRACE_CORPORA", raising=False)
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(RECIPE, encoding="utf-8")


def test_a_recipe_is_measured_and_not_done_again(emotrace_command: Emotrace, corpora: Path) -> None:
    done = emotrace_command("honest", "mine.toml", "-o", "out", "--corpora", corpora)
    assert (done.code, done.out) == (0, f"{Path('out/honest.md')}: 1 of 1 recipes measured\n")
    assert "X2, male / own group / as measured / 0: UAR " in done.err
    facts = json.loads(Path("out/honest.json").read_text(encoding="utf-8"))
    assert [recipe["honest"] for recipe in facts["recipes"]] == [*honest_names(), "X2"]
    assert [result["per_speaker"] for result in facts["recipes"][-1]["results"]] == [False, True]
    page = Path("out/honest.md").read_text(encoding="utf-8")
    assert "## X2: a made task" in page
    assert "- **H10**: not run yet" in page

    again = emotrace_command("honest", "mine.toml", "-o", "out", "--corpora", corpora)
    assert (again.code, again.err) == (0, "")
    assert Path("out/honest.md").read_text(encoding="utf-8") == page


def test_a_missing_corpus_is_no_failure(emotrace_command: Emotrace) -> None:
    done = emotrace_command("honest", "h1", "-o", "out")
    assert done.code == 0
    where = "set EMOTRACE_CORPORA (or give --corpora) to the folder that has it"
    assert done.err == f"emotrace: H1 is not measured: needs ravdess; {where}\n"


def test_too_few_actors_are_a_failure(emotrace_command: Emotrace, corpora: Path) -> None:
    Path("mine.toml").write_text(RECIPE.replace("speakers = 1", "speakers = 4"), encoding="utf-8")
    done = emotrace_command("honest", "mine.toml", "-o", "out", "--corpora", corpora)
    assert done.code == 1
    assert "X2 is not measured: corpus 'ravdess' has 4 speakers in these clips, of whom 4 cannot" in done.complaint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name the recipes to measure, for instance H1 H10, or give --all, not both"),
        (("H1", "--all"), "name the recipes to measure, for instance H1 H10, or give --all, not both"),
        (("H2",), "no honest recipe named 'H2'"),
        (("H1", "--corpora", "nowhere"), "--corpora nowhere: no such folder"),
        (("H1", "--no-cache", "--jobs", "2"), "--no-cache cannot be had with --jobs"),
    ],
)
def test_mistakes_are_told_in_one_line(emotrace_command: Emotrace, arguments: tuple[str, ...], says: str) -> None:
    done = emotrace_command("honest", *arguments, "-o", "out")
    assert done.code == 2
    assert says in done.complaint


def test_a_missing_recipe_is_told(emotrace_command: Emotrace) -> None:
    done = emotrace_command("honest", "gone.toml", "-o", "out")
    assert done.code == 1
    assert "no recipe file gone.toml; shipped recipes: H1, H10, H11" in done.complaint
