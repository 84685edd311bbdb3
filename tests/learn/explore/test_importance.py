"""Importance of features: what is made to matter is found to, on speakers who are in no part of the choice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.learn.explore.made_features import NAMES, make_features
from tests.learn.explore.made_importance import few_trees, small_forests

from emotrace.errors import MissingExtraError, TrainingError, UnknownNameError, UsageError
from emotrace.learn.evaluation.metrics import unweighted_average_recall
from emotrace.learn.explore import importance as room
from emotrace.learn.explore import importance_facts, importance_fold
from emotrace.learn.explore.importance import MODELS, Settings, measure_importance
from emotrace.learn.explore.importance_facts import kept, summarise
from emotrace.learn.explore.importance_fold import Fold, FoldWork, built_in_importance
from emotrace.learn.models._build import build_model
from emotrace.learn.training.fit_classic import fit_classic

SETTINGS = Settings("extra-trees", by_sex=True, k=2, n_folds=4, n_inner_folds=2, n_repeats=3)


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    with small_forests():
        return measure_importance(make_features(), SETTINGS)


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    with small_forests():
        yield


def ranked(facts: dict[str, Any], group: str, kind: str = "permutation") -> list[str]:
    return [row["name"] for row in sorted(facts["groups"][group]["features"], key=lambda row: row[kind]["rank"])]


def test_what_tells_is_found_for_whom_it_tells(facts: dict[str, Any]) -> None:
    assert list(facts["groups"]) == ["all", "female", "male"]
    assert set(ranked(facts, "female")[:2]) == {"telling_mean", "women_std"}
    assert ranked(facts, "male")[0] == "telling_mean"
    lost = {row["name"]: row["permutation"]["mean"] for row in facts["groups"]["male"]["features"]}
    assert lost["telling_mean"] > 0.15 > abs(lost["women_std"])
    chosen = {row["name"]: row["n_chosen"] for row in facts["groups"]["female"]["features"]}
    assert (chosen["telling_mean"], chosen["women_std"]) == (4, 4)
    assert sum(chosen.values()) == 4 * 2


def test_features_of_the_speaker_are_leaned_on_and_do_not_hold(facts: dict[str, Any]) -> None:
    # The model's own word is of training speakers; shuffling is asked of others.
    everybody = facts["groups"]["all"]
    row = next(row for row in everybody["features"] if row["name"] == "speaker_mean")
    assert row["built_in"]["rank"] <= 3
    assert row["permutation"]["mean"] < 0.05


def test_figures_are_consistent(facts: dict[str, Any]) -> None:
    for group in facts["groups"].values():
        assert group["uar"]["low"] <= group["uar"]["pooled"] <= group["uar"]["high"]
        assert sum(row["built_in"]["mean"] for row in group["features"]) == pytest.approx(1.0, abs=1e-4)
        assert sum(group["statistics"].values()) == pytest.approx(1.0, abs=1e-3)
        assert sum(group["families"].values()) == pytest.approx(1.0, abs=1e-3)
        assert [row["permutation"]["rank"] for row in group["features"]] == list(range(1, len(NAMES) + 1))
        means = [row["permutation"]["mean"] for row in group["features"]]
        assert means == sorted(means, reverse=True)
        for entry in group["selection"]:
            assert entry["lost"]["mean"] == pytest.approx(group["uar"]["mean"] - entry["uar"]["mean"], abs=2e-6)
            assert entry["lost"]["pooled"] == pytest.approx(
                group["uar"]["pooled"] - entry["uar"]["pooled"], abs=2e-6
            )
            assert entry["lost"]["low"] <= entry["lost"]["pooled"] <= entry["lost"]["high"]
        assert [(e["by"], e["n_features"]) for e in group["selection"]] == [
            ("permutation", 1),
            ("permutation", 2),
            ("permutation", 4),
            ("built-in", 2),
            ("random", 2),
        ]
    json.dumps(facts, allow_nan=False)
    assert summarise(facts).startswith("all UAR 0.")
    # Two features that hold for women are nearly as good as all eight.
    assert kept(facts["groups"]["female"], 2)["uar"]["mean"] > 0.6


def test_every_speaker_is_tested_once_and_never_learnt_from(facts: dict[str, Any]) -> None:
    for name, group in facts["groups"].items():
        tested = [speaker for fold in group["test_speakers"] for speaker in fold]
        wanted = [f"x:{s}" for s in range(8) if name == "all" or ("female", "male")[s % 2] == name]
        assert sorted(tested) == wanted


def test_tested_speakers_have_no_part_in_the_choice() -> None:
    table = make_features()
    rows = range(len(table.utterances))
    test = tuple(row for row in rows if table.utterances[row].speaker in ("x:0", "x:1"))
    fold = Fold("all", 0, tuple(row for row in rows if row not in test), test)
    # The same, but for the tested speakers all is different.
    other = table.matrix.copy()
    other[list(test)] = np.random.default_rng(1).standard_normal((len(test), len(NAMES)))
    relabelled = tuple(replace(u, emotion="calm") if row in test else u for row, u in enumerate(table.utterances))
    one, two = (
        FoldWork(t, "extra-trees", 2, 2, 2, 0)(fold)
        for t in (table, replace(table, matrix=other, utterances=relabelled))
    )
    assert one["orders"] == two["orders"]
    assert one["built_in"] == two["built_in"]
    assert one["permutation"] != two["permutation"]


def test_the_score_is_of_the_answers_of_the_fold() -> None:
    table = make_features(n_speakers=4)
    rows = range(len(table.utterances))
    test = tuple(row for row in rows if table.utterances[row].speaker == "x:3")
    train = tuple(row for row in rows if row not in test)
    result = FoldWork(table, "extra-trees", 2, 2, 1, 0)(Fold("all", 0, train, test))
    group = importance_facts.group_facts(table, [(Fold("all", 0, train, test), result)], 2)
    truth = [table.utterances[row].emotion for row in test]
    by_hand = unweighted_average_recall(truth, result["answers"]["all"])
    assert group["uar"]["mean"] == pytest.approx(by_hand, abs=1e-6)
    # One speaker says nothing of others, one fold nothing of others.
    assert (group["uar"]["sd"], group["uar"]["low"], group["uar"]["high"]) == (None, None, None)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_gives_its_own_word(model: str) -> None:
    table = make_features(n_speakers=4)
    estimator = build_model(model, **few_trees(model, 20)).fit(table.matrix, [u.emotion for u in table.utterances])
    own = built_in_importance(estimator)
    assert own.shape == (len(NAMES),)
    assert own.sum() == pytest.approx(1.0)
    assert "telling_mean" in [NAMES[column] for column in np.argsort(-own)[:3]]


def test_an_interrupted_measurement_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_features(n_speakers=4, n_clips=2)
    settings = replace(SETTINGS, by_sex=False, n_repeats=1)
    monkeypatch.setattr(FoldWork, "__call__", _nothing)
    whole = measure_importance(table, settings)
    told: list[tuple[int, int]] = []

    def interrupt(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_importance(table, settings, folder=tmp_path, progress=interrupt)
    assert told == [(0, 4), (1, 4), (2, 4)]
    told.clear()
    again = measure_importance(table, settings, folder=tmp_path, progress=lambda *done: told.append(done))
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert again == whole
    monkeypatch.setattr(
        room, "run_tasks", lambda work, tasks, n_jobs: iter([]) if not tasks else pytest.fail("computed again")
    )
    assert measure_importance(table, settings, folder=tmp_path) == whole


def test_what_was_kept_of_something_else_does_not_count_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_features(n_speakers=3, n_clips=2)
    settings = replace(SETTINGS, by_sex=False, n_repeats=1)
    others = {
        "matrix": (replace(table, matrix=table.matrix[:, ::-1].copy()), settings),
        "labels": (replace(table, utterances=table.utterances[::-1]), settings),
        "settings": (table, replace(settings, seed=1)),
    }
    computed: list[str] = []
    monkeypatch.setattr(FoldWork, "__call__", lambda work, fold: computed.append(fold.key) or _nothing(work, fold))
    measure_importance(table, settings, folder=tmp_path)
    (first,) = tmp_path.iterdir()
    before = first.read_bytes()
    for number, (other, others_settings) in enumerate(others.values(), start=2):
        computed.clear()
        measure_importance(other, others_settings, folder=tmp_path)
        assert len(computed) == 3
        assert len(list(tmp_path.iterdir())) == number
    assert first.read_bytes() == before
    computed.clear()
    measure_importance(table, settings, folder=tmp_path)
    assert computed == []


@pytest.mark.parametrize("damage", ['{"folds": ', "[]", '{"folds": [1]}', '{"folds": {"all / 0": 3}}'])
def test_what_is_damaged_is_computed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    table = make_features(n_speakers=3, n_clips=2)
    settings = replace(SETTINGS, by_sex=False, n_repeats=1)
    monkeypatch.setattr(FoldWork, "__call__", _nothing)
    whole = measure_importance(table, settings, folder=tmp_path)
    (kept_file,) = tmp_path.iterdir()
    kept_file.write_text(damage)
    told: list[int] = []
    assert measure_importance(table, settings, folder=tmp_path, progress=lambda n, _: told.append(n)) == whole
    assert told == [0, 1, 2, 3]


def _nothing(work: FoldWork, fold: Fold) -> dict[str, Any]:
    """Answer as a fold without fitting anything: of the files that are kept only the keys matter."""
    n_features, everything = len(work.table.names), list(range(len(work.table.names)))
    ways = ["all", *(f"permutation/{n}" for n in importance_fold.curve_sizes(work.k, n_features))]
    answers = ["calm"] * len(fold.test)
    return {
        "built_in": [1 / n_features] * n_features,
        "permutation": [[0.0] * n_features] * work.n_repeats,
        "orders": {"permutation": everything, "built-in": everything, "random": everything},
        "answers": dict.fromkeys([*ways, f"built-in/{work.k}", f"random/{work.k}"], answers),
    }


def test_several_processes_give_the_same() -> None:
    # Boosted by its own number of trees in every process: fresh ones know nothing of small forests.
    table = make_features(n_speakers=3, n_clips=8)
    settings = Settings("light-gbm", k=1, n_folds=3, n_inner_folds=2, n_repeats=1)
    measure = partial(measure_importance, table, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importance_fold, "fit_classic", fit_classic)
        one = measure()
    assert one["groups"]["all"]["features"][0]["permutation"]["mean"] > 0.0
    assert measure(n_jobs=2) == one


def with_first(**changes: Any) -> Any:
    table = make_features(n_speakers=4, n_clips=2)
    return replace(table, utterances=(replace(table.utterances[0], **changes), *table.utterances[1:]))


@pytest.mark.parametrize(
    ("table", "settings", "sentence"),
    [
        (with_first(speaker=""), {}, "1 of 24 clips has no speaker, first 0-anger-0.wav; fill in the column"),
        (with_first(speaker="unknown"), {}, "1 of 24 clips has no speaker"),
        (
            with_first(sex=None),
            {"by_sex": True},
            "needs the sex of every speaker; 1 clip does not say it, first 0-",
        ),
        (make_features(2, 2), {}, "group 'all' has 2 speakers .* needs at least 3"),
        (make_features(5, 2), {"by_sex": True}, "group 'male' has 2 speakers"),
        (
            make_features(4, 2),
            {"k": 8},
            r"8 features are to be kept \(--keep\), but there are 8; keep fewer, for instance 2",
        ),
    ],
)
def test_tables_that_cannot_be_measured(table: Any, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        measure_importance(table, replace(SETTINGS, **{"by_sex": False, **settings}))


def test_one_sex_and_one_emotion() -> None:
    table = make_features(n_speakers=4, n_clips=2)
    women = replace(table, utterances=tuple(replace(u, sex="female") for u in table.utterances))
    with pytest.raises(UsageError, match="no clip is of a male speaker; ask for all together"):
        measure_importance(women, SETTINGS)
    calm = replace(table, utterances=tuple(replace(u, emotion="calm") for u in table.utterances))
    with pytest.raises(UsageError, match="group 'all' has only the emotion calm"):
        measure_importance(calm, SETTINGS)


def test_features_that_are_not_finite_are_named() -> None:
    table = make_features(n_speakers=4, n_clips=2)
    table.matrix[5, 1] = np.nan
    with pytest.raises(TrainingError, match="feature women_std is nan"):
        measure_importance(table, replace(SETTINGS, by_sex=False))


def test_settings_are_checked() -> None:
    with pytest.raises(
        UnknownNameError, match="no model with importances of its own named 'random-forst'; did you"
    ):
        Settings("random-forst")
    with pytest.raises(UnknownNameError, match="'svm'"):
        Settings("svm")
    with pytest.raises(UsageError, match="n_folds must be at least 2, not 1"):
        Settings("light-gbm", n_folds=1)


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emotrace\[train\]'"):
        measure_importance(make_features(3, 2), Settings("light-gbm", k=2))
