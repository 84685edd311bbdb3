from __future__ import annotations

from dataclasses import replace

import pytest

from emotrace.errors import LeakError, UsageError
from emotrace.labels import PRESETS
from emotrace.learn.evaluation.corpus_out import CORPUS_OUT_LABELS, leave_one_corpus_out


def speakers(utterances) -> set[str]:
    return {u.speaker for u in utterances}


def test_every_corpus_is_held_out_once_and_whole(joint_people):
    splits = leave_one_corpus_out(joint_people)
    assert [split.name for split in splits] == [
        f"leave-one-corpus-out/{corpus}" for corpus in ("crema-d", "emo-db", "ravdess", "savee", "tess")
    ]
    for split in splits:
        corpus = split.name.rpartition("/")[2]
        assert list(split.test) == [u for u in joint_people if u.corpus == corpus]
        assert corpus not in {u.corpus for side in (split.train, split.validation) for u in side}
        assert len(split.train) + len(split.validation) + len(split.test) == len(joint_people)


def test_validation_speakers_are_of_the_other_corpora(joint_people):
    for split in leave_one_corpus_out(joint_people):
        corpora = {u.corpus for u in split.validation}
        held_out = split.name.rpartition("/")[2]
        # TESS has too few speakers to give one away.
        assert corpora == {"crema-d", "emo-db", "ravdess", "savee"} - {held_out}


def test_who_speaks_and_sings_goes_out_with_both(joint_people):
    song = [
        replace(u, corpus="ravdess-song", file=u.file + ".song") for u in joint_people if u.corpus == "ravdess"
    ]
    splits = leave_one_corpus_out([*joint_people, *song])
    assert len(splits) == 5
    for split in splits:
        expected = {"ravdess", "ravdess-song"} if split.name.endswith("/ravdess") else {split.name.split("/")[1]}
        assert {u.corpus for u in split.test} == expected


def test_the_seed_draws_validation_speakers_alone(joint_people):
    one, same, other = (leave_one_corpus_out(joint_people, seed) for seed in (1, 1, 2))
    assert one == same
    for a, b in zip(one, other, strict=True):
        assert a.test == b.test
        assert speakers(a.validation) != speakers(b.validation)


def test_speech_without_a_corpus_is_one_more(make_people):
    splits = leave_one_corpus_out(make_people(["ann", "bob", "cleo", "tess:OAF", "savee:DC", "savee:JE"]))
    assert [split.name for split in splits] == [
        "leave-one-corpus-out/own speech",
        "leave-one-corpus-out/savee",
        "leave-one-corpus-out/tess",
    ]
    assert speakers(splits[0].test) == {"ann", "bob", "cleo"}


@pytest.mark.parametrize(
    ("names", "where"), [(["tess:OAF", "tess:YAF"], "tess"), (["ann", "bob"], "one without a name")]
)
def test_one_corpus_is_too_few(make_people, names, where):
    with pytest.raises(UsageError) as error:
        leave_one_corpus_out(make_people(names))
    assert str(error.value) == (
        "protocol 'leave-one-corpus-out' needs at least two corpora with speakers of their own, but all speakers "
        f"here are of {where}; add another corpus or use speaker-k-fold"
    )


def test_corpora_that_share_audio_leak(make_people):
    people = [
        replace(u, content="same" if u.file.endswith("/0.wav") else None) for u in make_people(["a:1", "b:1"])
    ]
    with pytest.raises(LeakError, match="'leave-one-corpus-out/a' would leak: identical audio"):
        leave_one_corpus_out(people)


def test_labels_are_those_that_all_corpora_have():
    for preset in ("ravdess8", "ravdess-song6", "crema-d6", "savee7", "tess7", "emo-db7"):
        assert set(PRESETS[CORPUS_OUT_LABELS]) <= set(PRESETS[preset])
