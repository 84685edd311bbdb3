"""The numbers behind the pictures of judging agree with the report and with a direct count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score
from tests.learn.explore.made_judged import HISTORY, LABELS, make_judged

from emotrace.learn.explore.judged import Judged, read_judged
from emotrace.learn.explore.judged_facts import compare_runs, judged_facts, recalls_by, wrong_answers


@pytest.fixture
def runs(tmp_path: Path) -> list[Judged]:
    return read_judged([make_judged(tmp_path / "one", history=HISTORY), make_judged(tmp_path / "two", seed=1)])


def test_facts_agree_with_the_report(runs: list[Judged]) -> None:
    run = runs[0]
    facts = judged_facts(run)
    pooled = run.report["pooled"]
    assert facts["n"] == facts["n_answers"] == 80
    assert facts["confusion"] == pooled["confusion"]
    assert 1 - facts["n_wrong"] / 80 == pytest.approx(pooled["accuracy"]["value"])
    right = sum(counts[k] for k, counts in enumerate(facts["confusion"]["counts"]))
    assert right == 80 - facts["n_wrong"]
    assert [epoch["train_loss"] for epoch in facts["history"]] == [1.4, 1.0, 0.7]
    json.dumps(facts, allow_nan=False)


def test_curves_are_of_all_answers_with_the_unheard_last(runs: list[Judged]) -> None:
    run = runs[0]
    curves = judged_facts(run)["curves"]
    matrix = run.probability_matrix(run.answers)
    for column, label in enumerate(LABELS):
        expected = roc_auc_score([answer.emotion == label for answer in run.answers], matrix[:, column])
        assert curves["labels"][label]["auc"] == pytest.approx(expected)


def test_reliability_is_of_the_heard(runs: list[Judged]) -> None:
    reliability = judged_facts(runs[0])["reliability"]
    heard = [answer for answer in runs[0].answers if answer.confidence is not None]
    assert reliability["n"] == sum(found["n"] for found in reliability["bins"]) == len(heard) == 78
    assert reliability["accuracy"] == pytest.approx(sum(a.is_right for a in heard) / 78)


def test_recall_by_sex(runs: list[Judged]) -> None:
    answers = runs[0].answers
    recalls = judged_facts(runs[0])["recall_by_sex"]
    women = [a for a in answers if a.sex == "female" and a.emotion == "anger"]
    assert recalls["female"]["anger"] == {"n": len(women), "recall": sum(a.is_right for a in women) / len(women)}
    assert recalls_by(answers[:1], [""], ["anger"]) == {"unknown": {"anger": {"n": 0, "recall": None}}}


def test_mistakes_are_told_the_surest_first(runs: list[Judged]) -> None:
    wrong = wrong_answers(runs[0])
    assert all(not answer.is_right for answer in wrong)
    sure = [answer.confidence or 0.0 for answer in wrong]
    assert sure == sorted(sure, reverse=True)
    assert [answer.predicted for answer in wrong[-2:]] == ["no speech"] * 2


def test_runs_on_the_same_clips_are_compared(runs: list[Judged]) -> None:
    comparison = compare_runs(runs, [judged_facts(run) for run in runs])
    assert comparison["same_clips"]
    assert comparison["n_common"] == 80
    (pair,) = comparison["agreement"]
    first = 1 - judged_facts(runs[0])["n_wrong"] / 80
    assert pair["both_right"] + pair["only_one"] == pytest.approx(first)
    assert sum(pair[key] for key in ("both_right", "only_one", "only_other", "both_wrong")) == pytest.approx(1.0)


def test_copies_of_a_clip_are_all_compared(tmp_path: Path) -> None:
    runs = read_judged([make_judged(tmp_path / str(seed), seed, ["a.wav", "b.wav"]) for seed in (0, 1)])
    comparison = compare_runs(runs, [judged_facts(run) for run in runs])
    assert (comparison["same_clips"], comparison["n_common"]) == (True, 80)
    (pair,) = comparison["agreement"]
    n_both = sum(a.is_right and b.is_right for a, b in zip(runs[0].answers, runs[1].answers, strict=True))
    assert pair["both_right"] == pytest.approx(n_both / 80)


def test_runs_on_other_clips_are_no_comparison(tmp_path: Path) -> None:
    runs = read_judged([make_judged(tmp_path / "one"), make_judged(tmp_path / "two", files=["other.wav"])])
    comparison = compare_runs(runs, [judged_facts(run) for run in runs])
    assert (comparison["same_clips"], comparison["n_common"]) == (False, 0)


def test_songs_are_pooled_only_where_there_is_nothing_else(runs: list[Judged], tmp_path: Path) -> None:
    folder = make_judged(tmp_path / "sung")
    path = folder / "predictions.csv"
    path.write_text(path.read_text().replace(",,s3,", ",ravdess-song,s3,"))
    (run,) = read_judged([folder])
    assert judged_facts(run)["reliability"]["n"] == 60
    path.write_text(path.read_text().replace(",,s", ",ravdess-song,s"))
    (run,) = read_judged([folder])
    assert judged_facts(run)["reliability"]["n"] == 78
