from __future__ import annotations

import json
import statistics

import pytest

from emotrace.errors import EmotraceError
from emotrace.learn.benchmark.page import render_benchmark, score_lines, write_benchmark
from emotrace.learn.benchmark.plan import plan_benchmark
from emotrace.learn.benchmark.pool import pool_folds
from emotrace.learn.benchmark.summary import summarise_benchmark


@pytest.fixture(scope="module")
def partial(plan, make_fold):
    return summarise_benchmark(plan, [make_fold(1, 4), make_fold(1, 1), make_fold(1, 2)], "default")


@pytest.fixture(scope="module")
def whole(plan, make_fold):
    return summarise_benchmark(plan, [make_fold(seed, n) for seed in (1, 2) for n in plan.splits], "default")


def test_partial_results_say_what_is_missing(partial):
    assert partial["told"] == "folds 1-2, 4 of 6, seed 1"
    assert (partial["is_partial"], partial["missing"]) == (True, {"1": [3, 5, 6]})
    scores = partial["scores"]
    # SAVEE is tested in the folds 1 to 4, TESS in 1 and 2.
    assert (scores["savee"]["folds"], scores["savee"]["of_folds"]) == ([1, 2, 4], [1, 2, 3, 4])
    assert (scores["tess"]["folds"], scores["tess"]["of_folds"]) == ([1, 2], [1, 2])
    assert "\n**Partial: seed 1 lacks folds 3, 5-6.** Figures are of what is there.\n" in render_benchmark(partial)
    assert score_lines(partial)[0] == "folds 1-2, 4 of 6, seed 1 (partial)"


def test_whole_results_are_not_called_partial(whole):
    assert (whole["told"], whole["is_partial"], whole["missing"]) == ("folds 1-6 of 6, seeds 1-2", False, {})
    assert "artial" not in render_benchmark(whole)
    assert whole["scores"]["pooled"]["n"] == 8 * 8 * 2 + 4 * 7 * 2 + 2 * 7 * 2


def test_figures_of_a_seed_are_those_of_its_pool(partial, make_fold):
    expected = pool_folds([make_fold(1, 1), make_fold(1, 2), make_fold(1, 4)]).score()
    for name, scores in partial["scores"].items():
        own = expected["pooled"] if name == "pooled" else expected["corpora"][name]
        for key in ("unweighted_average_recall", "expected_calibration_error"):
            assert scores[key]["mean"] == pytest.approx(own[key]["value"], abs=1e-5)
            assert scores[key]["low"] == pytest.approx(own[key]["low"], abs=1e-5)
            assert scores[key]["sd"] is None
    assert partial["seeds"]["1"]["corpora"]["savee"]["worst_speaker"]["speaker"].startswith("savee:")


def test_over_seeds_there_are_mean_and_deviation(whole, make_fold, plan):
    uars = [
        pool_folds([make_fold(seed, n) for n in plan.splits]).score()["corpora"]["savee"][
            "unweighted_average_recall"
        ]
        for seed in (1, 2)
    ]
    own = whole["scores"]["savee"]["unweighted_average_recall"]
    assert own["mean"] == pytest.approx(statistics.fmean(u["value"] for u in uars), abs=1e-5)
    assert own["sd"] == pytest.approx(statistics.stdev(u["value"] for u in uars), abs=1e-5)
    assert own["by_seed"] == pytest.approx([u["value"] for u in uars], abs=1e-5)
    assert own["low"] <= own["mean"] <= own["high"]
    # Of all seeds together it is another figure than the mean: no interval is better than a wrong one.
    assert whole["scores"]["savee"]["macro_f1"]["low"] is None


def test_a_seed_with_fewer_folds_has_no_part_in_the_mean(plan, make_fold):
    facts = summarise_benchmark(plan, [make_fold(1, 1), make_fold(1, 3), make_fold(2, 1)], "default")
    assert facts["told"] == "folds 1, 3 of 6, seed 1; fold 1 of 6, seed 2"
    assert facts["scores"]["savee"]["seeds"] == [1]
    # TESS is not tested in fold 3.
    assert facts["scores"]["tess"]["seeds"] == [1, 2]
    assert facts["missing"] == {"1": [2, 4, 5, 6], "2": [2, 3, 4, 5, 6]}


def test_whole_corpora_among_shared_labels(recipe, corpora, make_fold):
    plan = plan_benchmark(recipe, "leave-one-corpus-out", corpora)
    facts = summarise_benchmark(plan, [make_fold(1, n, plan) for n in plan.splits], "default")
    assert facts["protocol"]["judged_among"] == ["neutral", "happiness", "sadness", "anger"]
    for name in ("ravdess", "savee", "tess"):
        assert facts["scores"][name]["labels"] == facts["protocol"]["judged_among"]
        assert len(facts["scores"][name]["folds"]) == 1
    assert "4 labels that all corpora share (neutral, happiness, sadness, anger)" in render_benchmark(facts)


def test_json_and_page_are_written_and_name_no_folder(partial, corpora, tmp_path):
    page = write_benchmark(partial, tmp_path / "new")
    text = (tmp_path / "new/benchmark.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found == json.loads(json.dumps(partial))
    shown = page.read_text(encoding="utf-8")
    assert str(corpora) not in text + shown
    mean = partial["scores"]["savee"]["unweighted_average_recall"]["mean"]
    assert f"| savee | 7 | 42 (3) | 1-2, 4 (of 1-4) | {mean:.3f} [" in shown
    assert "| 1 | 4: joint-6/fold-4 | 1, 1, 1 |" in shown
    assert "emotrace benchmark default --protocol joint-6 --seed 1 -o DIR" in shown


def test_every_row_of_a_table_has_as_many_cells(whole):
    tables = [part.splitlines() for part in render_benchmark(whole).split("\n\n") if part.startswith("|")]
    assert len(tables) == 6
    for table in tables:
        assert len({line.count("|") for line in table}) == 1


def test_a_place_that_cannot_be_written(partial, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmotraceError, match=r"cannot write .*benchmark\.json"):
        write_benchmark(partial, tmp_path / "file")
