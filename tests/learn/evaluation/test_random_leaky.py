from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import UsageError
from emotrace.learn.evaluation.random_leaky import split_randomly_leaky
from emotrace.learn.evaluation.split import LeakySplit


@given(st.floats(0.05, 0.6), st.floats(0.0, 0.3), st.booleans(), st.integers(0, 99))
def test_every_utterance_once(ravdess_people, test_share, validation_share, is_stratified, seed):
    split = split_randomly_leaky(ravdess_people, test_share, validation_share, is_stratified, seed)
    assert Counter([*split.train, *split.validation, *split.test]) == Counter(ravdess_people)
    assert abs(len(split.test) - test_share * len(ravdess_people)) <= 2
    assert abs(len(split.validation) - validation_share * len(ravdess_people)) <= 2


def test_it_says_that_it_leaks(ravdess_people):
    split = split_randomly_leaky(ravdess_people)
    assert isinstance(split, LeakySplit)
    assert split.name == "random-leaky"
    assert len(split.leaks.speakers) > 10


def test_stratified_draw_keeps_the_emotions_shares(ravdess_people):
    split = split_randomly_leaky(ravdess_people, 0.25)
    assert set(Counter(u.emotion for u in split.test).values()) == {12}


def test_unstratified_draw_differs(ravdess_people):
    assert (
        split_randomly_leaky(ravdess_people).test != split_randomly_leaky(ravdess_people, is_stratified=False).test
    )


def test_seed_decides(ravdess_people):
    assert split_randomly_leaky(ravdess_people, seed=1) == split_randomly_leaky(ravdess_people, seed=1)
    assert split_randomly_leaky(ravdess_people, seed=1) != split_randomly_leaky(ravdess_people, seed=2)


@pytest.mark.parametrize("shares", [(0.0, 0.1), (1.0, 0.0), (0.5, 0.5), (0.2, -0.1), (float("nan"), 0.1)])
def test_shares_out_of_range(ravdess_people, shares):
    with pytest.raises(UsageError, match="random-leaky needs 0 < test_share"):
        split_randomly_leaky(ravdess_people, *shares)


def test_too_few_clips(ravdess_people):
    with pytest.raises(UsageError, match="of 2 utterances leaves train or test empty"):
        split_randomly_leaky(ravdess_people[:2])
