"""Search: honest folds, all three methods, kept and resumed."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from emotrace.errors import EmotraceError, TrainingError, UsageError
from emotrace.learn.models._space import Choice, Range
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.search import (
    METHODS,
    Found,
    search,
    search_space,
)
from emotrace.types import Utterance

SPACE = {"n_neighbors": Range(1, 9), "weights": Choice(("uniform", "distance"))}
EMOTIONS = ("anger", "calm", "fear")
Table = tuple[NDArray[np.float32], list[Utterance]]


@pytest.fixture
def table() -> Table:
    """Clips of six speakers whose voices say more than their emotions."""
    rng = np.random.default_rng(0)
    utterances = [
        Utterance(f"{who}{emotion}{take}.wav", emotion, f"x:{who}", corpus="x", sex=("female", "male")[who % 2])
        for who in range(6)
        for emotion in EMOTIONS
        for take in range(6)
    ]
    voices = {f"x:{who}": 4 * rng.standard_normal((len(EMOTIONS), 5)) for who in range(6)}
    rows = [voices[u.speaker][EMOTIONS.index(u.emotion)] + 0.3 * rng.standard_normal(5) for u in utterances]
    return np.array(rows, dtype=np.float32), utterances


def test_a_known_clip_promises_what_its_recording_does_not_keep() -> None:
    """Copies of one clip in several folds are recognised: the label is chance, the score is not."""
    rng = np.random.default_rng(1)
    clips = [Utterance(f"{n}.wav", str(rng.choice(["anger", "calm"])), f"x:{n % 4}") for n in range(80)]
    rows = [copy for clip in clips for copy in (clip, replace(clip, twin_of=clip.file), clip)]
    features = np.repeat(rng.standard_normal((80, 6)), 3, axis=0).astype(np.float32)
    leaky = search("knn", features, rows, {"n_neighbors": Choice((1,))}, n_trials=1, folds="clips-leaky")
    whole = search("knn", features, rows, {"n_neighbors": Choice((1,))}, n_trials=1, folds="recordings-leaky")
    assert leaky.value > 0.9
    assert whole.value < 0.7


def test_leaky_folds_promise_what_speakers_do_not_keep(table: Table) -> None:
    features, utterances = table
    leaky = search("knn", features, utterances, SPACE, method="random", n_trials=3, folds="clips-leaky")
    honest = search("knn", features, utterances, SPACE, method="random", n_trials=3)
    assert (leaky.folds, honest.folds) == ("clips-leaky", "speakers")
    assert leaky.value > 0.95
    assert honest.value < 0.7


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_the_best_of_its_trials(method: str, table: Table) -> None:
    found = search("knn", *table, SPACE, method=method, n_trials=6)
    assert len(found.trials) == 6
    values = [trial.value for trial in found.trials if trial.value is not None]
    assert found.value == max(values)
    assert found.params in [trial.params for trial in found.trials if trial.value == found.value]
    assert all(1 <= trial.params["n_neighbors"] <= 9 for trial in found.trials)  # type: ignore[operator]


def test_a_grid_ends_when_all_was_tried(table: Table) -> None:
    found = search("knn", *table, SPACE, method="grid", n_trials=50)
    tried = {(trial.params["n_neighbors"], trial.params["weights"]) for trial in found.trials}
    assert tried == {(n, weights) for n in (1, 5, 9) for weights in ("uniform", "distance")}
    assert len(found.trials) == 6


@pytest.mark.parametrize("method", METHODS)
def test_a_search_goes_on_where_it_was_interrupted(method: str, table: Table, tmp_path: Path) -> None:
    kept = tmp_path / "deep" / "study.db"

    def stop(n_done: int, _n: int) -> None:
        if n_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search("knn", *table, SPACE, method=method, n_trials=5, storage=kept, progress=stop)
    seen: list[int] = []
    found = search(
        "knn", *table, SPACE, method=method, n_trials=5, storage=kept, progress=lambda n, _: seen.append(n)
    )
    assert seen == [3, 4, 5]
    again = search("knn", *table, SPACE, method=method, n_trials=5, storage=kept, progress=stop)
    assert again == found


def test_ctrl_c_while_a_trial_is_noted_down_is_ctrl_c(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("optuna.study._optimize._tell_with_warning", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search("knn", *table, SPACE, n_trials=2)


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_grid_that_was_cut_short_is_tried_once_and_whole(
    is_killed: bool, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, fitted = tmp_path / "study.db", []

    def cut_short(*asked: Any, **settings: Any) -> Any:
        fitted.append(settings)
        if len(fitted) == 8:
            raise KeyboardInterrupt
        return fit_classic(*asked, **settings)

    def find() -> Found:
        return search("knn", *table, SPACE, method="grid", n_trials=50, storage=kept)

    monkeypatch.setattr("emotrace.learn.training.search.fit_classic", cut_short)
    with pytest.raises(KeyboardInterrupt):
        find()
    if is_killed:
        # Whoever is killed cannot write that its trial has failed.
        with sqlite3.connect(kept) as database:
            database.execute("UPDATE trials SET state = 'RUNNING' WHERE state = 'FAIL'")
    found = find()
    tried = [(trial.params["n_neighbors"], trial.params["weights"]) for trial in found.trials]
    assert sorted(tried) == sorted((n, weights) for n in (1, 5, 9) for weights in ("uniform", "distance"))  # type: ignore[type-var]
    n_fitted = len(fitted)
    assert find() == found
    assert find() == found
    assert len(fitted) == n_fitted


def test_no_more_trials_count_than_were_asked_for(table: Table, tmp_path: Path) -> None:
    kept = tmp_path / "study.db"
    first = search("knn", *table, SPACE, method="random", n_trials=3, storage=kept)
    # What another process has finished beyond them changes nothing.
    more = search("knn", *table, SPACE, method="random", n_trials=9, storage=kept)
    assert len(more.trials) == 9
    assert search("knn", *table, SPACE, method="random", n_trials=3, storage=kept) == first


@pytest.mark.parametrize("method", ["grid", "optuna"])
def test_processes_side_by_side_do_what_one_would(table: Table, tmp_path: Path, method: str) -> None:
    kept, told = tmp_path / "study.db", list[tuple[int, int]]()

    def find(n_trials: int, n_jobs: int) -> Found:
        return search(
            "knn", *table, SPACE, method=method, n_trials=n_trials, storage=kept, is_pruned=False, n_jobs=n_jobs,
            progress=lambda *how_far: told.append(how_far),
        )  # fmt: skip

    # An earlier run has done one of them.
    find(1, 1)
    found = find(6, 2)
    assert len(found.trials) == 6
    assert told == [(1, 1), *((n, 6) for n in range(2, 7))]
    settings = [tuple(trial.params.items()) for trial in found.trials]
    if method == "grid":
        # It holds six, and each is tried once.
        assert len(set(settings)) == 6
    for trial in found.trials:
        # Judged in another process as it would be here.
        alone = {name: Choice((value,)) for name, value in trial.params.items()}
        assert search("knn", *table, alone, method="grid", n_trials=1).value == trial.value
    assert find(6, 2) == found


def test_processes_side_by_side_need_no_storage_of_ones_own(table: Table) -> None:
    found = search("knn", *table, SPACE, method="random", n_trials=2, n_jobs=2)
    assert len(found.trials) == 2


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_setting_that_cannot_be_judged_is_told(table: Table, n_jobs: int) -> None:
    space = {"n_neighbors": Choice((500,))}
    with pytest.raises(EmotraceError, match="the model 'knn' cannot judge with n_neighbors 500: Expected n_neigh"):
        search("knn", *table, space, n_trials=2, n_jobs=n_jobs)


def test_two_that_share_a_search_look_at_no_trial_too_many(table: Table, tmp_path: Path) -> None:
    kept, told = tmp_path / "study.db", list[int]()

    def find(_nth: int) -> Found:
        return search(
            "knn",
            *table,
            SPACE,
            method="random",
            n_trials=6,
            storage=kept,
            is_pruned=False,
            progress=lambda n, _: told.append(n),
        )

    search("knn", *table, SPACE, method="random", n_trials=1, storage=kept, is_pruned=False)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(find, range(2))
    assert len(one.trials) == len(other.trials) == max(told) == 6
    assert find(2) == find(3)


def test_what_was_sought_is_told(table: Table) -> None:
    found = search("knn", *table, SPACE, method="random", n_trials=1)
    assert found.method == "random"
    assert found.space == {
        "n_neighbors": "Range(low=1, high=9, log=False)",
        "weights": "Choice(values=('uniform', 'distance'))",
    }


def test_other_clips_are_another_search(table: Table, tmp_path: Path) -> None:
    features, utterances = table
    first = search("knn", features, utterances, SPACE, n_trials=2, storage=tmp_path / "s.db")
    other = search("knn", features + 1, utterances, SPACE, n_trials=2, storage=tmp_path / "s.db")
    assert len(first.trials) == len(other.trials) == 2


def test_hopeless_trials_are_given_up(table: Table) -> None:
    space = {"n_neighbors": Range(1, 70)}
    found: Found = search("knn", *table, space, method="random", n_trials=25)
    assert any(trial.value is None for trial in found.trials)
    whole = search("knn", *table, space, method="random", n_trials=25, is_pruned=False)
    assert all(trial.value is not None for trial in whole.trials)


def test_mistakes_are_told(table: Table, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no method, metric or kind of folds 'gird'; did you mean 'grid'"):
        search("knn", *table, SPACE, method="gird")
    with pytest.raises(UsageError, match="no search space 's3'; known: s4"):
        search_space("mlp", "s3")
    with pytest.raises(UsageError, match="the model 'soft-voting' has nothing to seek"):
        search_space("soft-voting")
    with pytest.raises(UsageError, match="7 folds"):
        search("knn", *table, SPACE, n_folds=7)
    damaged = tmp_path / "study.db"
    damaged.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(TrainingError, match=r"study\.db: the search cannot be kept there"):
        search("knn", *table, SPACE, n_trials=1, storage=damaged)


def test_a_setting_that_is_drawn_again_is_not_fitted_again(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []

    def count(*asked: Any, **settings: Any) -> Any:
        fitted.append(settings["n_neighbors"])
        return fit_classic(*asked, **settings)

    monkeypatch.setattr("emotrace.learn.training.search.fit_classic", count)
    found = search("knn", *table, {"n_neighbors": Choice((1, 3))}, n_trials=8, n_folds=3)
    assert len(found.trials) == 8
    assert sorted(fitted) == [1, 1, 1, 3, 3, 3]
    values = {trial.params["n_neighbors"]: trial.value for trial in found.trials}
    assert all(trial.value == values[trial.params["n_neighbors"]] for trial in found.trials)
