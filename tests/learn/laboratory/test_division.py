"""Who is tested: the claim's own division and whole speakers in the twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from emotrace.errors import TrainingError
from emotrace.learn.augment import find_plan
from emotrace.learn.evaluation.split import LeakySplit, Split
from emotrace.learn.laboratory.division import (
    divide_as_claimed,
    divide_copies_leaky,
    hold_out_speakers,
    training_rows,
)
from emotrace.learn.laboratory.recipe import Augmentation, Claimed
from emotrace.types import Utterance

EMOTIONS = ("anger", "fear", "calm", "sadness")


@pytest.fixture
def utterances() -> list[Utterance]:
    return [
        Utterance(f"{who}-{emotion}-{take}.wav", emotion, f"x:{who}", corpus="x", sex=("female", "male")[who % 2])
        for who in range(12)
        for emotion in EMOTIONS
        for take in range(4)
    ]


def test_the_claim_divides_as_the_published_code_does(utterances: list[Utterance]) -> None:
    split = divide_as_claimed(utterances, Claimed(test_share=0.25, seed=7), 0)
    _, expected = train_test_split([u.file for u in utterances], test_size=0.25, random_state=7)
    assert isinstance(split, LeakySplit)
    assert {u.file for u in split.test} == set(expected)
    assert divide_as_claimed(utterances, Claimed(test_share=0.25, seed=7), 1).test != split.test


def test_strata_have_the_same_share(utterances: list[Utterance]) -> None:
    split = divide_as_claimed(utterances, Claimed(test_share=0.25, is_stratified=True), 0)
    assert {e: sum(u.emotion == e for u in split.test) for e in EMOTIONS} == dict.fromkeys(EMOTIONS, 12)


@pytest.mark.parametrize("seed", range(5))
def test_a_twin_tests_whole_speakers_of_both_sexes(utterances: list[Utterance], seed: int) -> None:
    split = hold_out_speakers(utterances, {"x": 4}, seed)
    assert isinstance(split, Split)
    tested = {u.speaker: u.sex for u in split.test}
    assert sorted(str(sex) for sex in tested.values()) == ["female", "female", "male", "male"]
    assert not tested.keys() & {u.speaker for u in split.train}
    assert len(split.test) == 4 * 16
    assert hold_out_speakers(utterances[::-1], {"x": 4}, seed).test == tuple(
        u for u in utterances[::-1] if u.speaker in tested
    )


def test_other_seeds_test_other_speakers(utterances: list[Utterance]) -> None:
    draws = {frozenset(u.speaker for u in hold_out_speakers(utterances, {"x": 3}, s).test) for s in range(10)}
    assert len(draws) > 5


def test_all_speakers_cannot_be_held_out(utterances: list[Utterance]) -> None:
    with pytest.raises(
        TrainingError, match="corpus 'x' has 12 speakers in these clips, of whom 12 cannot be held"
    ):
        hold_out_speakers(utterances, {"x": 12}, 0)


def test_one_speaker_cannot_be_held_out(utterances: list[Utterance]) -> None:
    with pytest.raises(TrainingError, match="corpus 'x' has 1 speaker in these clips, of whom 1 cannot be held"):
        hold_out_speakers(utterances[:16], {"x": 1}, 0)


@pytest.mark.parametrize(
    ("labels", "claimed", "sentence"),
    [
        ("a", Claimed(test_share=0.5), "1 clip cannot be divided: a test share of 0.5 leaves nothing to learn"),
        ("", Claimed(test_share=0.5), "0 clips cannot be divided"),
        ("ab", Claimed(test_share=0.9), "2 clips cannot be divided: a test share of 0.9 leaves nothing"),
        ("aaaab", Claimed(test_share=0.5, is_stratified=True), "needs 2 clips of every label, of 'b' there is 1"),
        ("aabbcc", Claimed(test_share=0.2, is_stratified=True), "a side of 2 cannot hold all 3 labels"),
    ],
)
def test_too_few_clips_are_told(labels: str, claimed: Claimed, sentence: str) -> None:
    clips = [Utterance(f"{n}.wav", label, f"x:{n}") for n, label in enumerate(labels)]
    with pytest.raises(TrainingError) as told:
        divide_as_claimed(clips, claimed, 0)
    assert sentence in str(told.value)


@given(st.text("abc", max_size=12), st.floats(0.01, 0.99), st.booleans())
def test_any_clips_are_divided_or_refused_in_our_own_words(labels: str, share: float, is_stratified: bool) -> None:
    clips = [Utterance(f"{n}.wav", label, f"x:{n}") for n, label in enumerate(labels)]
    try:
        split = divide_as_claimed(clips, Claimed(test_share=share, is_stratified=is_stratified), 0)
    except TrainingError:
        return
    assert split.train
    assert split.test
    assert sorted(u.file for u in (*split.train, *split.test)) == sorted(u.file for u in clips)


def test_copies_of_one_clip_stand_on_both_sides_only_where_that_is_the_claim(utterances: list[Utterance]) -> None:
    rows = find_plan("capstone").rows_before_split_leaky(utterances, 0)
    leaky, train, test = divide_copies_leaky(rows, Claimed(test_share=0.25), 0)
    assert (len(train), len(test)) == (432, 144)
    assert leaky.leaks.is_leaky
    heard = {row.utterance.file for row in train}
    assert sum(row.utterance.file in heard for row in test) > 100

    split = hold_out_speakers(utterances, {"x": 3}, 0)
    copies = training_rows(split, Augmentation("capstone"))
    assert len(copies) == 3 * len(split.train)
    assert not {row.utterance.speaker for row in copies} & {u.speaker for u in split.test}
