"""Recipes of claims: all shipped ones are sound, and every mistake in one of your own is one clear sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from emotrace.errors import RecipeError, UnknownNameError
from emotrace.learn.laboratory.recipe import claim_names, find_claim, read_claim
from emotrace.learn.models._build import build_model
from emotrace.learn.training.search import search_space

Change = Callable[[str, str], Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """Give a copy of R7 in which one text stands for another."""

    def change(old: str, new: str) -> Path:
        text = find_claim("R7").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "mine.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return change


def test_every_claim_is_shipped() -> None:
    assert claim_names() == [*(f"R{n}" for n in (*range(1, 16), 17)), "W4"]


@pytest.mark.parametrize("name", claim_names())
def test_a_shipped_claim_is_sound(name: str) -> None:
    claim = read_claim(name)
    assert claim.claim == name
    fitted = [model for group in claim.groups for model in claim.models_of(group)]
    assert {model.name for model in fitted} == {model.name for model in claim.models}
    for model in claim.models:
        build_model(model.model, model.preset)
        if model.search is not None:
            assert search_space(model.model, model.search.space)
    for figure in claim.published:
        assert figure.model in {model.name for model in claim.models_of(figure.group)}


def test_published_figures_of_labels_fit_together() -> None:
    """What was copied wrongly would not: F1 follows from the others, and macro F1 is the mean."""
    n_checked = 0
    for figure in (figure for name in claim_names() for figure in read_claim(name).published):
        found = figure.per_class.values()
        for one in found:
            if one.precision is not None and one.recall is not None and one.f1 is not None:
                harmonic = 2 * one.precision * one.recall / (one.precision + one.recall)
                assert one.f1 == pytest.approx(harmonic, abs=0.011), (figure.model, one)
                n_checked += 1
        if figure.macro_f1 is not None:
            scores = [one.f1 for one in found if one.f1 is not None]
            assert figure.macro_f1 == pytest.approx(sum(scores) / len(found), abs=0.006)
    assert n_checked == 5 + 16 + 2 * 7 + 5 * 7
    quoted = read_claim("R14").published[0].per_class
    assert (quoted["happiness"].precision, quoted["fear"].recall) == (0.87, 0.85)
    assert set(quoted) == set(read_claim("R14").classes)


def test_only_two_claims_are_honest_as_published() -> None:
    assert [name for name in claim_names() if not read_claim(name).as_claimed.is_leaky] == ["R10", "R11"]


def test_small_letters_will_do() -> None:
    assert find_claim("r7") == find_claim("R7")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"ravdess7"', '"ravdes7"', "key 'labels': no label preset named 'ravdes7'; did you mean 'ravdess7'"),
        (
            '"ravdess7"',
            '"ravdess16"',
            "key 'labels': 'ravdess16' is sex and emotion together, which only a claim's",
        ),
        ('set = "stats70"', 'set = "stats7"', "[features]: key 'set' names 'stats7'; did you mean 'stats70'"),
        ('"gradient-boosting"', '"boosting"', "key 'model' names 'boosting'; did you mean 'gradient-boosting'"),
        (
            'claim = "R7"',
            'claim = "../../R7"',
            "key 'claim' must be at most 64 letters, digits, '-', '_' and '.', a",
        ),
        ('claim = "R7"', 'claim = "X/../.."', "key 'claim' must be at most 64 letters, digits"),
        ('claim = "R7"', 'claim = ""', "key 'claim' must be at most 64 letters, digits"),
        ("test_share = 0.35", "test_share = 1.35", "[as_claimed]: key 'test_share' must be in (0, 1)"),
        ("test_share = 0.35", "", "key 'test_share' or else 'speakers' must be given, not both"),
        ("n_test = 236", 'n_test = "many"', "key 'n_test' must be a whole number, got 'many'"),
        ("n_test = 236", "n_tests = 236", "unknown key 'n_tests'; did you mean 'n_test'"),
        ('groups = ["male", "female"]', 'groups = ["men"]', "key 'groups' names 'men'"),
        ("speakers = { ravdess = 4 }", "speakers = { tess = 4 }", "key 'speakers' names 'tess'; known: ravdess"),
        ("value = 0.6483", "value = 64.83", "[[published]] 1: key 'value' must be in (0, 1)"),
        ('model = "gradient boosting"', 'model = "gb"', "key 'published.model' names 'gb'"),
        (
            "calm = { precision = 0.74,",
            "calm = { precision = 74,",
            "[[published]] 1: [per_class.calm]: key 'precision' must be in [0, 1]",
        ),
        (
            "calm = { precision = 0.74, recall = 0.88, f1 = 0.81 }",
            "calm = {}",
            "[per_class.calm]: key 'precision' or",
        ),
        (
            "calm = { precision = 0.74, recall = 0.88, f1 = 0.81 }",
            "calm = 0.81",
            "[[published]] 1: key 'per_class'.calm must be a table [per_class.calm], got 0.81",
        ),
        (
            "calm = { precision",
            "clam = { precision",
            "key 'published.per_class' names 'clam'; did you mean 'calm'",
        ),
        ("[published.per_class]", "macro_f1 = 1.5\n[published.per_class]", "key 'macro_f1' must be in [0, 1]"),
        ("[twin]", "[twine]", "unknown key 'twine'; did you mean 'twin'"),
    ],
)
def test_a_mistake_is_told(changed: Change, old: str, new: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as told:
        read_claim(str(changed(old, new)))
    assert sentence in str(told.value)
    assert str(told.value).startswith(str(changed(old, new)))


def test_models_that_would_share_a_folder_are_told(changed: Change) -> None:
    path = changed("[[models]]", '[[models]]\nname = "Gradient-boosting!"\nmodel = "knn"\n\n[[models]]')
    with pytest.raises(RecipeError, match="key 'models' must have names that differ in letters or digits"):
        read_claim(str(path))


def test_unknown_claims_are_told() -> None:
    with pytest.raises(UnknownNameError, match="no claim named 'R16'; known: R1, R10"):
        read_claim("R16")
    with pytest.raises(RecipeError, match=r"no recipe file none\.toml; shipped claims: R1, R2"):
        read_claim("none.toml")


def test_what_is_said_of_a_claim_changes_no_figure() -> None:
    claim = read_claim("R7")
    assert dataclasses.replace(claim, remark="explained", seeds=9).fingerprint == claim.fingerprint
    assert dataclasses.replace(claim, published=()).fingerprint == claim.fingerprint
    assert dataclasses.replace(claim, labels="ravdess8", published=()).fingerprint != claim.fingerprint
    # The same labels by another name are the same claim.
    assert dataclasses.replace(claim, labels="ravdess7-no-neutral") == claim
