"""SAVEE: the speaker stands in the folder or before the name."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.errors import CorpusError
from emotrace.learn.corpora import savee, scan


@pytest.mark.parametrize(
    "path", ["AudioData/JK/sa07.wav", "ALL/JK_sa07.wav", "jk/audio/SA7.wav", "JK/JK-sa07.wav"]
)
def test_all_layouts_say_the_same(path: str) -> None:
    utterance = savee.parse(path)
    assert (utterance.speaker, utterance.sex) == ("savee:JK", "male")
    assert (utterance.emotion, utterance.source_label) == ("sadness", "sa")
    assert utterance.sentence == "sa07"


def test_one_and_two_letter_codes_are_told_apart() -> None:
    emotions = [savee.parse(f"DC/{code}01.wav").emotion for code in ("a", "d", "f", "h", "n", "sa", "su")]
    assert emotions == ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a01.wav", "who speaks is unknown: neither a folder nor the name says DC, JE, JK or KL"),
        ("DC/KL_a01.wav", "the name says speaker KL, the folder DC"),
        ("DC/a16.wav", "sentence 16 does not exist; 'a' has 1 to 15"),
        ("DC/n31.wav", "sentence 31 does not exist; 'n' has 1 to 30"),
        ("DC/a00.wav", "sentence 0 does not exist"),
        ("DC/b01.wav", "not a file name of SAVEE"),
    ],
)
def test_wrong_names_are_refused(path: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        savee.parse(path)


def test_equal_names_of_two_men_are_two_utterances(tmp_path: Path) -> None:
    for speaker in ("DC", "JE"):
        (tmp_path / speaker).mkdir()
        (tmp_path / speaker / "a01.wav").touch()
    result = scan("savee", tmp_path)
    assert [utterance.speaker for utterance in result.utterances] == ["savee:DC", "savee:JE"]
    assert result.problems == []
