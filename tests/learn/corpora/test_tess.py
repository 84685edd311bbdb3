"""TESS: words, the surprise of many spellings, the one misspelt name."""

from __future__ import annotations

import pytest

from emotrace.errors import CorpusError
from emotrace.learn.corpora import tess


def test_all_fields_are_read() -> None:
    utterance = tess.parse("TESS/YAF_happy/YAF_youth_happy.wav")
    assert (utterance.emotion, utterance.source_label) == ("happiness", "happy")
    assert (utterance.speaker, utterance.sex) == ("tess:YAF", "female")
    assert (utterance.sentence, utterance.text) == ("youth", "Say the word youth")


@pytest.mark.parametrize("word", ["ps", "PS", "pleasant_surprise", "Pleasant_surprised"])
def test_pleasant_surprise_is_surprise(word: str) -> None:
    assert tess.parse(f"OAF_back_{word}.wav").emotion == "surprise"


def test_the_misspelt_actress_is_known() -> None:
    assert tess.parse("OA_bite_neutral.wav").speaker == "tess:OAF"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("OAF_back_calm.wav", "unknown emotion 'calm' in the name; .*angry"),
        ("MAF_back_sad.wav", "not a file name of TESS"),
        ("OAF_sad.wav", r"not a file name of TESS \(expected one like OAF_back_angry\.wav\)"),
    ],
)
def test_wrong_names_are_refused(name: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        tess.parse(name)
