from __future__ import annotations

from dataclasses import replace

import pytest

from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.evaluation.corpus_out import leave_one_corpus_out
from emotrace.learn.evaluation.protocols import (
    LEAKY_PROTOCOLS,
    PROTOCOLS,
    folds,
    independent_folds,
    number_folds,
)
from emotrace.learn.evaluation.split import LeakySplit, Split

N_FOLDS = {
    "speaker-k-fold": 5,
    "leave-one-speaker-out": 24,
    "emobox-ravdess": 6,
    "luna-jimenez-ravdess": 5,
    "joint-6": 6,
}


def test_every_protocol_is_tried_in_this_file():
    assert set(PROTOCOLS) == {*N_FOLDS, *LEAKY_PROTOCOLS, "savee-loso", "leave-one-corpus-out", "assigned"}


@pytest.mark.parametrize("name", N_FOLDS)
def test_honest_protocols_give_splits_that_test_everybody_once(ravdess_people, name):
    splits = folds(name, ravdess_people)
    assert len(splits) == N_FOLDS[name]
    assert all(isinstance(split, Split) and split.name.startswith(name) for split in splits)
    tested = sorted(s for split in splits for s in {u.speaker for u in split.test})
    assert tested == sorted({u.speaker for u in ravdess_people})


def test_savee_protocol(savee_people):
    assert len(folds("savee-loso", savee_people)) == 4


def test_protocol_of_whole_corpora(joint_people):
    splits = independent_folds("leave-one-corpus-out", joint_people, 3)
    assert splits == leave_one_corpus_out(joint_people, 3)
    assert list(number_folds(splits)) == [1, 2, 3, 4, 5]


def test_folds_are_numbered_by_their_names(make_people):
    # Of the table of joint-6, folds 1, 2 and 4 are here.
    splits = independent_folds("joint-6", make_people(["savee:KL", "tess:OAF", "tess:YAF", "savee:DC"]))
    assert {number: split.name for number, split in number_folds(splits).items()} == {
        n: f"joint-6/fold-{n}" for n in (1, 2, 4)
    }


def test_assigned_protocol(make_people):
    sides = {"x:1": "train", "x:2": "test"}
    people = [replace(u, split=sides[u.speaker]) for u in make_people(sides)]
    assert [split.name for split in folds("assigned", people)] == ["assigned"]


def test_leaky_protocol_gives_leaky_splits(ravdess_people):
    (split,) = folds("random-leaky", ravdess_people, seed=3, test_share=0.5, is_stratified=False)
    assert isinstance(split, LeakySplit)
    assert len(split.test) == len(ravdess_people) // 2


def test_independent_folds_refuse_leaky_protocols(ravdess_people):
    with pytest.raises(UsageError, match="'random-leaky' puts speakers on both sides and cannot be used here"):
        independent_folds("random-leaky", ravdess_people)


def test_options_reach_the_protocol(ravdess_people):
    assert len(folds("speaker-k-fold", ravdess_people, n_folds=3)) == 3


def test_unknown_protocol_suggests(ravdess_people):
    with pytest.raises(UnknownNameError, match="no protocol named 'joint6'; did you mean 'joint-6'"):
        folds("joint6", ravdess_people)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("joint-6", "has no option 'n_folds'; it has no options"),
        (
            "random-leaky",
            "has no option 'n_folds'; its options are test_share, validation_share, is_stratified",
        ),
    ],
)
def test_options_of_other_protocols_are_refused(ravdess_people, name, message):
    with pytest.raises(UsageError, match=message):
        folds(name, ravdess_people, n_folds=3)


@pytest.mark.parametrize("name", ["joint-6", "random-leaky"])
def test_negative_seed(ravdess_people, name):
    with pytest.raises(UsageError, match="whole number from 0, not -1"):
        folds(name, ravdess_people, seed=-1)


@pytest.mark.parametrize("name", sorted(set(PROTOCOLS) - {"random-leaky", "assigned"}))
def test_no_protocol_divides_nothing_or_nameless_people(make_people, name):
    with pytest.raises(UsageError, match="got no utterances"):
        folds(name, [])
    nameless = [replace(u, speaker="") for u in make_people(["x:1"])]
    with pytest.raises(UsageError, match="needs the speaker of every utterance"):
        folds(name, nameless)
