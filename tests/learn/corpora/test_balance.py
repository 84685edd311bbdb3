"""Sentences about uneven tables."""

from __future__ import annotations

from emotrace.learn.corpora._balance import count_balance, imbalances
from emotrace.types import Utterance


def _table(*rows: tuple[str, str, str | None, int]) -> list[Utterance]:
    return [
        Utterance(f"{speaker}_{emotion}_{number}.wav", emotion, speaker, sex=sex)
        for speaker, emotion, sex, count in rows
        for number in range(count)
    ]


def test_an_even_table_gives_no_sentence() -> None:
    table = _table(
        ("a", "anger", "male", 3),
        ("a", "fear", "male", 3),
        ("b", "anger", "female", 3),
        ("b", "fear", "female", 3),
    )
    assert list(imbalances(table)) == []
    assert count_balance(table) == {
        "corpus": {"none": 12},
        "emotion": {"anger": 6, "fear": 6},
        "sex": {"female": 6, "male": 6},
        "speaker": {"a": 6, "b": 6},
    }


def test_every_unevenness_is_said() -> None:
    table = _table(
        ("a", "anger", "male", 40),
        ("a", "fear", "male", 5),
        ("b", "anger", "female", 5),
        ("c", "anger", None, 5),
        ("c", "fear", None, 5),
        ("unknown", "anger", None, 2),
    )
    assert list(imbalances(table)) == [
        "labels are uneven: 52 x anger, 10 x fear; judge by unweighted average recall, not by accuracy",
        "the sex of the speaker is unknown for 12 utterances",
        "sexes are uneven: 5 utterances by women, 45 by men",
        "the speaker of 2 utterances is unknown: they count as one speaker, and can only stand on one side "
        "of a split",
        "speakers are uneven: a has 45 utterances, the median is 7.5",
        "speaker and label are confounded: b has no fear (and 1 more speaker lacks labels)",
    ]


def test_one_label_and_one_speaker() -> None:
    assert list(imbalances(_table(("a", "anger", "male", 3)))) == [
        "there is one label only, anger: nothing to tell apart",
        "there is one speaker only: no figure on this table says anything about other people",
    ]


def test_one_is_not_many() -> None:
    table = _table(
        ("a", "anger", "male", 9),
        ("a", "fear", "male", 9),
        ("b", "anger", "female", 1),
        ("c", "fear", "male", 1),
        ("unknown", "anger", None, 1),
    )
    said = list(imbalances(table))
    assert "the sex of the speaker is unknown for 1 utterance" in said
    assert "sexes are uneven: 1 utterance by women, 19 by men" in said
    assert any(sentence.startswith("the speaker of 1 utterance is unknown: ") for sentence in said)
    assert said[-1] == "speaker and label are confounded: b has no fear (and 2 more speakers lack labels)"
