"""A sweep of epochs: both twins, the same after so many epochs as if trained no longer, and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.laboratory.epoch_sweep import find_network, sweep_epochs
from emotrace.learn.laboratory.recipe import read_claim


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def sweep(corpora: Path, cache: Path, kept: Path) -> dict[str, Any]:
    return sweep_epochs("R3", corpora, (2, 1, 2), folder=kept, is_small=True, cache=cache)


def test_both_twins_are_judged_after_the_epochs(sweep: dict[str, Any]) -> None:
    assert (sweep["claim"], sweep["model"], sweep["epochs"]) == ("R3", "cnn2d", [1, 2])
    assert sweep["published"] == {"5": 0.7101, "15": 0.7148, "25": 0.6960}
    variants = sweep["variants"]
    assert {name: found["is_leaky"] for name, found in variants.items()} == {
        "as claimed": True,
        "speaker-independent": False,
    }
    for found in variants.values():
        assert [line["epoch"] for line in found["history"]] == [1, 2]
        assert found["at"] == found["history"]
        right = found["at"][-1]["accuracy"] * found["n_test"]
        assert right == pytest.approx(round(right), abs=1e-4)
        by_epoch = {line["epoch"]: line["accuracy"] for line in found["at"]}
        assert by_epoch[found["best_epoch"]] == max(by_epoch.values())
        assert found["gain_of_choice"] == pytest.approx(max(by_epoch.values()) - by_epoch[2], abs=1e-6)


def test_it_is_what_a_shorter_training_gives(sweep: dict[str, Any], corpora: Path, cache: Path) -> None:
    shorter = sweep_epochs("R3", corpora, (1,), is_small=True, cache=cache)
    for variant, found in shorter["variants"].items():
        assert found["history"] == sweep["variants"][variant]["history"][:1]


def test_what_was_trained_is_not_trained_again(
    sweep: dict[str, Any], corpora: Path, cache: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    again = sweep_epochs(
        "R3",
        corpora,
        (1, 2),
        folder=kept,
        is_small=True,
        cache=cache,
        progress=lambda *done: told.append(done),
    )
    assert again == sweep
    # Nothing but the epochs of a training that goes on is reported.
    assert told == []


@pytest.mark.parametrize("epochs", [(), (0, 5), (-1,)])
def test_epochs_are_checked(epochs: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="epochs must be whole numbers of at least 1, got"):
        sweep_epochs("R3", None, epochs)


def test_networks_are_found_by_name() -> None:
    claim = read_claim("R3")
    assert find_network(claim).name == "cnn m7, 5 epochs"
    assert find_network(claim, "cnn m7, 25 epochs").epochs == 25
    with pytest.raises(UnknownNameError, match="no network of R3 named 'cnn m8'; known: cnn m7, 15 epochs"):
        find_network(claim, "cnn m8")
    with pytest.raises(UsageError, match="claim R6 has no neural network to sweep the epochs of; R3 has"):
        find_network(read_claim("R6"))


def test_a_missing_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="claim R3 needs emov-db"):
        sweep_epochs("R3", tmp_path)
    with pytest.raises(
        UsageError, match=r"claim R3 needs emov-db; set EMOTRACE_CORPORA \(or give --corpora\) to the folder"
    ):
        sweep_epochs("R3", None)
