"""EMO-DB: German codes and sentences."""

from __future__ import annotations

import pytest

from emotrace.errors import CorpusError
from emotrace.learn.corpora import emo_db


def test_all_fields_are_read() -> None:
    utterance = emo_db.parse("wav/13b03Fd.wav")
    assert (utterance.emotion, utterance.source_label) == ("happiness", "F")
    assert (utterance.speaker, utterance.sex) == ("emo-db:13", "female")
    assert utterance.sentence == "b03"
    assert utterance.text is not None
    assert utterance.text.startswith("An den Wochenenden")
    assert (utterance.language, utterance.repetition) == ("de", 4)


def test_fear_and_anger_are_not_mixed_up() -> None:
    # A is Angst (fear), W is Wut (anger).
    assert emo_db.parse("03a01Aa.wav").emotion == "fear"
    assert emo_db.parse("03a01Wa.wav").emotion == "anger"


def test_a_name_without_a_version_is_read() -> None:
    assert emo_db.parse("03a01F.wav").repetition is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("04a01Fa.wav", "EMO-DB has no speaker '04'"),
        ("03a03Fa.wav", "unknown sentence 'a03'; known: a01, a02"),
        ("03a01Xa.wav", "unknown emotion 'X' in the name"),
        ("03c01Fa.wav", "not a file name of EMO-DB"),
    ],
)
def test_wrong_names_are_refused(name: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        emo_db.parse(name)
