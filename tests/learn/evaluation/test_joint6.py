from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from emotrace.errors import UsageError
from emotrace.learn.evaluation.joint6 import assign_joint_folds, joint_fold, joint_folds

# The published table, written out a second time on purpose.
TABLE = {
    1: "ravdess:01 ravdess:11 ravdess:20 ravdess:21 savee:DC tess:OAF emo-db:03 emo-db:08",
    2: "ravdess:04 ravdess:10 ravdess:12 ravdess:14 savee:JE tess:YAF emo-db:09 emo-db:10",
    3: "ravdess:08 ravdess:09 ravdess:19 ravdess:23 savee:JK emo-db:11 emo-db:12",
    4: "ravdess:03 ravdess:05 ravdess:07 ravdess:24 savee:KL emo-db:13 emo-db:14",
    5: "ravdess:02 ravdess:15 ravdess:16 ravdess:18 emo-db:15",
    6: "ravdess:06 ravdess:13 ravdess:17 ravdess:22 emo-db:16",
}


def speakers(utterances) -> set[str]:
    return {u.speaker for u in utterances}


@pytest.mark.parametrize("fold", TABLE)
def test_table_is_exact(joint_people, fold):
    tested = speakers(joint_fold(joint_people, fold).test)
    assert {s for s in tested if not s.startswith("crema-d:")} == set(TABLE[fold].split())


@pytest.mark.parametrize("fold", TABLE)
def test_crema_d_rule_on_89_actors_in_a_row(joint_people, fold):
    tested = {s for s in speakers(joint_fold(joint_people, fold).test) if s.startswith("crema-d:")}
    assert tested == {f"crema-d:{1002 + i}" for i in range(89) if 1 + i % 6 == fold}


def test_crema_d_rule_counts_only_actors_present_and_sorts_by_number():
    present = ["crema-d:1090", "crema-d:999", "crema-d:1005", "crema-d:1003"]
    assert assign_joint_folds(present) == {
        "crema-d:1003": 2,
        "crema-d:1005": 3,
        "crema-d:1090": 4,
        "crema-d:999": 1,
    }


def test_six_folds_test_every_speaker_once(joint_people):
    splits = joint_folds(joint_people)
    assert [split.name for split in splits] == [f"joint-6/fold-{k}" for k in range(1, 7)]
    tested = [s for split in splits for s in speakers(split.test)]
    assert sorted(tested) == sorted(speakers(joint_people))


def test_validation_speakers_of_each_corpus(joint_people):
    for split in joint_folds(joint_people):
        chosen = sorted(speakers(split.validation))
        by_corpus = {
            corpus: [s for s in chosen if s.startswith(corpus + ":")]
            for corpus in ("ravdess", "savee", "tess", "emo-db", "crema-d")
        }
        counts = {corpus: len(names) for corpus, names in by_corpus.items()}
        assert counts["ravdess"] == 3
        assert counts["savee"] == 1
        assert counts["tess"] == 0
        assert counts["emo-db"] == 1
        assert counts["crema-d"] in (10, 11)  # 14 % of 74 or 75
        assert {int(s[-2:]) % 2 for s in by_corpus["ravdess"]} == {0, 1}


def test_song_and_speech_of_one_actor_stay_together(ravdess_people):
    song = [replace(u, corpus="ravdess-song", file=u.file + ".song") for u in ravdess_people]
    split = joint_fold(ravdess_people + song, 1)
    assert {u.corpus for u in split.test} == {"ravdess", "ravdess-song"}
    assert speakers(split.test) == {"ravdess:01", "ravdess:11", "ravdess:20", "ravdess:21"}


def test_same_seed_same_fold(joint_people):
    assert joint_fold(joint_people, 3, seed=7) == joint_fold(joint_people, 3, seed=7)
    assert speakers(joint_fold(joint_people, 3, seed=7).validation) != speakers(
        joint_fold(joint_people, 3, seed=8).validation
    )


def test_small_corpora_give_the_folds_they_have(make_people):
    splits = joint_folds(make_people(["tess:OAF", "tess:YAF"]))
    assert [split.name for split in splits] == ["joint-6/fold-1", "joint-6/fold-2"]
    with pytest.raises(UsageError, match="'joint-6/fold-3' leaves nothing to test on"):
        joint_fold(make_people(["tess:OAF", "tess:YAF"]), 3)


@pytest.mark.parametrize("stranger", ["emov-db:bea", "ravdess:25", "ravdess:1", "emo-db:01", "crema-d:x", "anna"])
def test_strangers_are_refused_by_name(make_people, stranger):
    with pytest.raises(UsageError, match=f"'joint-6' does not know the speakers {stranger}; it is a fixed"):
        joint_fold(make_people(["ravdess:01", "ravdess:02", stranger]), 1)


def test_many_strangers_are_counted():
    with pytest.raises(UsageError, match=r"speakers p0, p1, p2, p3, p4 and 2 more; it is"):
        assign_joint_folds([f"p{i}" for i in range(7)])


@pytest.mark.parametrize("fold", [0, 7, -1])
def test_fold_out_of_range(joint_people, fold):
    with pytest.raises(UsageError, match=f"folds 1 to 6, not {fold}"):
        joint_fold(joint_people, fold)


@pytest.mark.corpora
@pytest.mark.skipif("EMOTRACE_CORPORA" not in os.environ, reason="EMOTRACE_CORPORA names no folder")
def test_real_corpora_divide_without_a_leak():
    from emotrace import registry

    root = Path(os.environ["EMOTRACE_CORPORA"])
    names = ("ravdess", "ravdess-song", "savee", "tess", "emo-db", "crema-d")
    everything = [
        utterance
        for name in names
        if (root / name).is_dir()
        for utterance in registry.load("corpus", name).utterances(root / name)
    ]
    assert everything
    splits = joint_folds(everything)
    assert sum(len(split.test) for split in splits) == len(everything)
    assert sorted(s for split in splits for s in speakers(split.test)) == sorted(speakers(everything))
