"""Groups are counted, and stand in the order in which people expect them."""

from __future__ import annotations

from emotrace.learn.explore.groups import count_groups, cross_table, groups_of
from emotrace.types import Utterance

CLIPS = [
    Utterance("1", "anger", "ann", sex="female", corpus="x"),
    Utterance("2", "neutral", "ann", sex="female", corpus="x"),
    Utterance("3", "anger", "bob"),
]


def test_what_is_missing_is_a_group() -> None:
    assert groups_of(CLIPS, "sex") == ["female", "female", "unknown"]
    assert groups_of(CLIPS, "corpus") == ["x", "x", "no corpus"]


def test_counts_are_in_order() -> None:
    assert list(count_groups(CLIPS, "emotion").items()) == [("neutral", 1), ("anger", 2)]
    assert list(count_groups(CLIPS, "sex")) == ["female", "unknown"]


def test_cross_tables_have_zeros() -> None:
    assert cross_table(CLIPS, "speaker", "emotion") == {
        "ann": {"neutral": 1, "anger": 1},
        "bob": {"neutral": 0, "anger": 1},
    }
