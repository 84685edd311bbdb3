from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.learn.models._space import Choice, Range


@given(low=st.integers(1, 50), width=st.integers(1, 50), log=st.booleans(), seed=st.integers(0, 99))
def test_whole_ranges_give_whole_numbers_within(low, width, log, seed):
    space = Range(low, low + width, log)
    drawn = space.draw(np.random.default_rng(seed))
    assert isinstance(drawn, int)
    assert low <= drawn <= low + width
    grid = space.grid(4)
    assert grid == sorted(set(grid))
    assert {grid[0], grid[-1]} == {low, low + width}


@given(low=st.floats(1e-6, 1.0), factor=st.floats(1.1, 1e6), log=st.booleans(), seed=st.integers(0, 99))
def test_ranges_of_reals_give_reals_within(low, factor, log, seed):
    space = Range(low, low * factor, log)
    for value in (space.draw(np.random.default_rng(seed)), *space.grid(5)):
        assert isinstance(value, float)
        assert low <= value <= low * factor


def test_logarithmic_ranges_are_drawn_by_factors():
    rng = np.random.default_rng(0)
    drawn = [Range(1e-4, 1.0, log=True).draw(rng) for _ in range(2000)]
    assert np.mean(np.array(drawn) < 1e-2) == pytest.approx(0.5, abs=0.05)
    even = [Range(1, 4).draw(rng) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(even)[1:] / 4000, 0.25, atol=0.03)


def test_the_same_generator_draws_the_same():
    space = {"a": Range(1, 100), "b": Choice(("x", "y", None))}
    one, two = ([part.draw(np.random.default_rng(5)) for part in space.values()] for _ in range(2))
    assert one == two


def test_optuna_reads_a_space():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {"c": Range(1e-3, 10.0, log=True), "n": Range(2, 9), "kind": Choice(("rbf", None))}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(
        lambda trial: len([part.suggest(trial, name) for name, part in space.items()]), n_trials=5, n_jobs=1
    )
    distributions = study.trials[0].distributions
    assert distributions["c"].log
    assert (distributions["n"].low, distributions["n"].high) == (2, 9)
    assert distributions["kind"].choices == ("rbf", None)


@pytest.mark.parametrize("wrong", [(3, 3), (5, 1), (0, 1, True), (float("nan"), 1.0)])
def test_ranges_that_hold_nothing(wrong):
    with pytest.raises(ValueError, match="a range needs low < high"):
        Range(*wrong)


def test_choices_of_nothing():
    with pytest.raises(ValueError, match="a choice needs at least one value"):
        Choice(())
