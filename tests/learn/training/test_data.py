from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from emotrace.errors import CorpusError, RecipeError, TrainingError, UnknownNameError, UsageError
from emotrace.learn.training.data import corpus_facts, divide, gather
from emotrace.learn.training.recipe import Data

BOTH = Data(corpora=("ravdess", "emo-db"))


def test_gathers_each_corpus_from_the_folder_of_its_name(corpora):
    utterances = gather(BOTH, corpora)
    assert {u.corpus for u in utterances} == {"ravdess", "emo-db"}
    assert len(utterances) == 8 * 3 * 2 + 5 * 3 * 2
    assert {u.corpus for u in gather(Data(corpora=("emo-db",)), corpora)} == {"emo-db"}


def test_leaves_out_what_the_recipe_excludes(corpora):
    names = ("03-01-01-01-01-01-03", "03a01Na")
    left = gather(replace(BOTH, exclude=names), corpora)
    assert len(left) == len(gather(BOTH, corpora)) - 2
    assert not {Path(u.file).stem for u in left} & set(names)


def test_no_folder_says_how_to_name_one():
    with pytest.raises(
        TrainingError,
        match=re.escape(
            "no corpora: set EMOTRACE_CORPORA (or give --corpora) to a folder with one sub-folder per corpus: "
            "ravdess, emo-db"
        ),
    ):
        gather(BOTH, None)


def test_missing_corpora_are_named(corpora):
    data = Data(corpora=("ravdess", "tess", "savee"))
    with pytest.raises(
        TrainingError, match=r"has no sub-folder tess, savee; the recipe wants ravdess, tess, savee$"
    ):
        gather(data, corpora)


def test_empty_corpus_is_explained(tmp_path):
    (tmp_path / "tess").mkdir()
    with pytest.raises(CorpusError, match="holds nothing of TESS"):
        gather(Data(corpora=("tess",)), tmp_path)


def test_divides_by_speakers_as_the_protocol_says(split):
    sides = {side: {u.speaker for u in getattr(split, side)} for side in ("train", "validation", "test")}
    assert sides["test"] == {"ravdess:01", "ravdess:11", "emo-db:03", "emo-db:08"}
    assert {s.partition(":")[0] for s in sides["validation"]} == {"ravdess", "emo-db"}
    assert not sides["train"] & sides["validation"]
    assert split.is_speaker_independent


def test_another_fold_tests_others(corpora):
    other = divide(replace(BOTH, fold=2), gather(BOTH, corpora))
    assert {u.speaker for u in other.test} == {"ravdess:04", "emo-db:09", "emo-db:10"}


def test_seed_draws_the_validation_speakers(corpora):
    utterances = gather(BOTH, corpora)
    drawn = {
        frozenset(u.speaker for u in divide(replace(BOTH, split_seed=seed), utterances).validation)
        for seed in range(6)
    }
    assert len(drawn) > 1


def test_fold_beyond_the_last(corpora):
    with pytest.raises(
        RecipeError,
        match=r"key 'data\.fold' is 7, but with these speakers protocol 'joint-6' has the folds 1, 2, 3, 4, 6$",
    ):
        divide(replace(BOTH, fold=7), gather(BOTH, corpora))


def test_folds_keep_their_numbers_where_some_are_empty(corpora):
    # Of fold 5 nobody is here.
    utterances = gather(BOTH, corpora)
    assert divide(replace(BOTH, fold=6), utterances).name == "joint-6/fold-6"
    with pytest.raises(RecipeError, match=r"key 'data\.fold' is 5, but with these speakers"):
        divide(replace(BOTH, fold=5), utterances)


def test_protocols_without_numbers_count_from_one(corpora):
    utterances = gather(BOTH, corpora)
    data = replace(BOTH, protocol="leave-one-speaker-out")
    assert {u.speaker for u in divide(replace(data, fold=2), utterances).test} == {"emo-db:08"}
    assert divide(replace(BOTH, protocol="speaker-k-fold", fold=5), utterances).name == "speaker-k-fold-5/fold-5"


def test_unknown_protocol(corpora):
    with pytest.raises(UnknownNameError, match="no protocol named 'joint6'; did you mean 'joint-6'"):
        divide(replace(BOTH, protocol="joint6"), gather(BOTH, corpora))


def test_leaky_protocol_is_refused(corpora):
    with pytest.raises(UsageError, match="'random-leaky' puts speakers on both sides and cannot be used here"):
        divide(replace(BOTH, protocol="random-leaky"), gather(BOTH, corpora))


def test_negative_seed(corpora):
    with pytest.raises(UsageError, match="a seed is a whole number from 0, not -1"):
        divide(replace(BOTH, split_seed=-1), gather(BOTH, corpora))


def test_too_few_speakers_to_validate_on(corpora):
    # As with TESS alone: two women, one of them tested.
    data = Data(corpora=("ravdess",))
    few = [u for u in gather(data, corpora) if u.speaker in ("ravdess:01", "ravdess:03", "ravdess:04")]
    with pytest.raises(
        TrainingError,
        match=r"'joint-6/fold-1' has no validation speakers to choose the best epoch and to calibrate on; "
        r"a corpus gives one if it has at least three training speakers: add a larger corpus to data\.corpora",
    ):
        divide(data, few)


def test_facts_of_a_corpus():
    assert corpus_facts("emo-db").title == "EMO-DB"
    with pytest.raises(UnknownNameError, match="no corpus named 'ravdes'; did you mean 'ravdess'"):
        corpus_facts("ravdes")
