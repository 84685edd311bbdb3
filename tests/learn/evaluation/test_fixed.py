from __future__ import annotations

from dataclasses import replace

import pytest

from emotrace.errors import UsageError
from emotrace.learn.evaluation.fixed import fixed_folds

PUBLISHED = {
    "emobox-ravdess": [
        {1, 11, 20, 21}, {4, 10, 12, 14}, {8, 9, 19, 23}, {3, 5, 7, 24}, {2, 15, 16, 18}, {6, 13, 17, 22},
    ],
    "luna-jimenez-ravdess": [
        {2, 5, 14, 15, 16}, {3, 6, 7, 13, 18}, {10, 11, 12, 19, 20}, {8, 17, 21, 23, 24}, {1, 4, 9, 22},
    ],
}  # fmt: skip


@pytest.mark.parametrize("protocol", PUBLISHED)
def test_ravdess_folds_are_the_published_ones(ravdess_people, protocol):
    splits = fixed_folds(protocol, ravdess_people)
    assert [{int(u.speaker[-2:]) for u in split.test} for split in splits] == PUBLISHED[protocol]
    assert splits[0].name == f"{protocol}/fold-1"
    for split in splits:
        assert len({u.speaker for u in split.validation}) == 3
        assert len({u.sex for u in split.validation}) == 2


def test_savee_holds_out_each_man(savee_people):
    splits = fixed_folds("savee-loso", savee_people)
    assert [{u.speaker for u in s.test} for s in splits] == [
        {"savee:DC"},
        {"savee:JE"},
        {"savee:JK"},
        {"savee:KL"},
    ]
    assert [len({u.speaker for u in s.validation}) for s in splits] == [1, 1, 1, 1]
    assert [len({u.speaker for u in s.train}) for s in splits] == [2, 2, 2, 2]


def test_song_is_refused(ravdess_people):
    sung = [replace(u, corpus="ravdess-song") for u in ravdess_people[:1]]
    with pytest.raises(UsageError, match="for the corpus ravdess alone, but there are utterances of ravdess-song"):
        fixed_folds("emobox-ravdess", ravdess_people + sung)


def test_missing_actors_are_named(ravdess_people):
    some = [u for u in ravdess_people if u.speaker not in ("ravdess:05", "ravdess:07")]
    with pytest.raises(
        UsageError, match=r"needs all 24 speakers, missing are ravdess:05, ravdess:07 \(2 in all\)"
    ):
        fixed_folds("emobox-ravdess", some)


def test_strangers_are_named(savee_people, make_people):
    with pytest.raises(UsageError, match=r"'savee-loso' does not know the speakers savee:XY \(1 in all\)"):
        fixed_folds("savee-loso", savee_people + make_people(["savee:XY"]))
