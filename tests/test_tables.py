"""The tables of README and docs: pooled figures, once committed, take the place of those of one fold."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    module = importlib.import_module("tables")
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def test_remarks_of_recipes_say_what_was_measured() -> None:
    from emotrace.learn.laboratory.recipe import read_claim

    path = ROOT / "benchmarks" / "results" / "other_features.json"
    claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
    for remark, claim, features in (("R7", "R7", "means180"), ("R7", "R8", "means180"), ("R9", "R9", "stats70")):
        words = read_claim(remark).remark
        for sides in claims[claim][features].values():
            assert f" {sides['as_claimed']['mean']:.3f}" in words


def score(mean: float, sd: float | None = None, reach: float | None = None) -> dict[str, Any]:
    return {
        "mean": mean,
        "sd": sd,
        "low": None if reach is None else mean - reach,
        "high": None if reach is None else mean + reach,
        "by_seed": [mean],
    }


def shipped_recipe() -> dict[str, Any]:
    card = json.loads((ROOT / "src/emotrace/assets/default/card.json").read_text(encoding="utf-8"))
    recipe: dict[str, Any] = card["training"]["recipe"]
    return recipe


def benchmark(*, is_partial: bool, among: Any = "each corpus's own labels") -> dict[str, Any]:
    own = {
        "labels": list("abcdefg"),
        "n": 480,
        "n_speakers": 4,
        "folds": [1, 2, 3] if is_partial else [1, 2, 3, 4],
        "of_folds": [1, 2, 3, 4],
        "seeds": [1, 2],
        "unweighted_average_recall": score(0.61, 0.012, 0.05),
        "accuracy": score(0.625, 0.01, 0.05),
        "macro_f1": score(0.6, 0.01),
        "expected_calibration_error": score(0.0412, 0.01),
    }
    training = {"seconds": 1800, "machine": {"gpu": None, "cores": 2, "cpu": "made"}}
    return {
        "told": "folds 1-6 of 6, seeds 1-2",
        "recipe_name": "default",
        "recipe": shipped_recipe(),
        "is_partial": is_partial,
        "protocol": {"name": "joint-6", "judged_among": among},
        "scores": {"pooled": own, "savee": own},
        "seeds": {
            str(seed): {"corpora": {"savee": {"uncertain": {"coverage": share, "accuracy_if_certain": 0.9}}}}
            for seed, share in ((1, 0.5), (2, 0.7))
        },
        "trainings": [training] * 12,
    }


def test_pooled_figures_take_the_place_of_one_fold(tables: ModuleType, tmp_path: Path) -> None:
    assert "One training, judged on fold" in tables.make_accuracy()
    (tmp_path / "joint6.json").write_text(json.dumps(benchmark(is_partial=False)), encoding="utf-8")
    shown = tables.fill("before\n<!-- accuracy -->\nold\n<!-- end -->\nafter")
    assert "| savee | 7 | 480 (4) | **61.0** ± 1.2 [56.0, 66.0] | 62.5 | 60 | 44.9 to 75.8, frozen" in shown
    assert "Folds 1-6 of 6, seeds 1-2, protocol joint-6:" in shown
    assert (
        "Calibration error of all speech together (ECE): 0.041. 12 trainings, 6.0 hours in all on 2 cores of made."
        in shown
    )
    assert "Figures are means over 2 seeds" in shown
    assert "artial" not in shown
    assert "| pooled |" not in shown


def test_partial_figures_say_so(tables: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "joint6.json").write_text(json.dumps(benchmark(is_partial=True)), encoding="utf-8")
    shown = tables.make_accuracy()
    assert "| savee | 7 | 480 (4), 3 of 4 folds | " in shown
    assert "**Partial: not all folds are trained yet.** Folds 1-6" in shown


def test_corpora_that_nobody_heard(tables: ModuleType, tmp_path: Path) -> None:
    facts = benchmark(is_partial=False, among=["neutral", "happiness", "sadness", "anger"])
    (tmp_path / "leave_one_corpus_out.json").write_text(json.dumps(facts), encoding="utf-8")
    shown = tables.make_corpus_out()
    assert "| savee | 480 (4) | **61.0** ± 1.2 [56.0, 66.0] | 62.5 | 60 | 90 |" in shown
    assert "among the 4 labels that all have (neutral, happiness, sadness, anger); chance is 25." in shown


def test_figures_of_an_earlier_recipe_say_so(tables: ModuleType) -> None:
    made = benchmark(is_partial=False)
    assert "earlier recipe" not in tables.tell_pooled(made)
    del made["recipe"]["model"]["ears"]
    made["recipe"]["statistics"]["steps"] = 7
    told = "Measured with an earlier recipe: since then, model.ears, statistics.steps changed."
    assert tables.tell_pooled(made).endswith(told)
    made["recipe_name"] = "quick"
    assert "earlier recipe" not in tables.tell_pooled(made)


def test_errors_among_the_surest_are_means_over_seeds(tables: ModuleType, tmp_path: Path) -> None:
    def judged(*risks: list[float]) -> str:
        seeds = {str(n): {"pooled": {"risk_coverage": {"risk": risk}}} for n, risk in enumerate(risks)}
        return json.dumps({"seeds": seeds})

    rising = [0.01 * n for n in range(1, 21)]
    (tmp_path / "joint6.json").write_text(judged(rising, [0.0] * 20), encoding="utf-8")
    (tmp_path / "leave_one_corpus_out.json").write_text(judged([0.3] * 20), encoding="utf-8")
    _, _, heard, other = tables.make_risk_coverage().splitlines()
    assert heard == "| people never heard | 5 | 6 | 7 | 8 | 9 | 10 |"
    assert other.endswith("| 30 | 30 | 30 | 30 | 30 | 30 |")
