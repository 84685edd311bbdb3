"""EmoV-DB: three naming schemes, four people, many words for five emotions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import CorpusError
from emotrace.learn.corpora import emov_db, scan

_WORDS = {
    "amused": "amusement",
    "Amused": "amusement",
    "anger": "anger",
    "Angry": "anger",
    "disgust": "disgust",
    "Disgusted": "disgust",
    "neutral": "neutral",
    "Sleepy": "sleepiness",
    "sleepiness": "sleepiness",
}
_SEXES = {"bea": "female", "jenie": "female", "josh": "male", "sam": "male"}


@given(
    speaker=st.sampled_from(sorted(_SEXES)),
    word=st.sampled_from(sorted(_WORDS)),
    number=st.integers(0, 99999),
    folder=st.sampled_from(["EmoV-DB_sorted/{0}/{1}", "{0}/{1}", "data/{0}_{1}", "{0}", "Spk-{0}/{1}"]),
)
def test_all_schemes_are_read(speaker: str, word: str, number: int, folder: str) -> None:
    names = [f"{speaker}_{word}_{number:05d}.wav", f"{speaker}_{word}{number:05d}.wav"]
    if number < 10_000:
        names += [f"{word}_1-28_{number:04d}.wav", f"{speaker}_{word}_113-140_{number:04d}.flac"]
    for name in names:
        utterance = emov_db.parse(f"{folder.format(speaker, word)}/{name}")
        assert utterance.speaker == f"emov-db:{speaker}"
        assert utterance.sex == _SEXES[speaker]
        assert utterance.emotion == _WORDS[word]
        assert utterance.source_label == word.lower()
        assert utterance.sentence == f"{number:04d}"


def test_equal_names_under_different_speakers_do_not_collide(touch: Callable[..., Path]) -> None:
    root = touch(
        "bea/Angry/anger_1-28_0011.wav",
        "sam/Angry/anger_1-28_0011.wav",
        "sam/Angry/anger_29-56_0011.wav",
        "sam/Amused/amused_1-28_0011.wav",
        "josh/Sleepy/josh_sleepy00154.wav",
        "jenie/Sleepy/jenie_sleepy_00154.wav",
    )
    result = scan("emov-db", root)
    assert result.problems == []
    assert len(result.utterances) == 6
    assert len({utterance.file for utterance in result.utterances}) == 6
    assert len({utterance.recording_id for utterance in result.utterances}) == 6


def test_the_french_speaker_is_reported(touch: Callable[..., Path]) -> None:
    root = touch(
        "bea/Angry/bea_anger_00001.wav",
        "Spk-No/Angry/anger_1-28_0011.wav",
        "noe/Neutral/noe_neutral_00011.wav",
    )
    result = scan("emov-db", root)
    assert [utterance.speaker for utterance in result.utterances] == ["emov-db:bea"]
    assert {problem.reason for problem in result.problems} == {"the French speaker; only the English part is read"}
    assert len(result.problems) == 2


def test_dot_files_are_skipped(touch: Callable[..., Path]) -> None:
    root = touch("bea/Angry/bea_anger_00001.wav", "bea/Angry/._bea_anger_00001.wav")
    result = scan("emov-db", root)
    assert (len(result.utterances), result.problems, result.n_ignored) == (1, [], 1)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("anger_1-28_0011.wav", "who speaks is unknown: neither a folder nor the name says bea"),
        ("bea/Angry/sam_anger_00001.wav", "the name says speaker sam, the folder bea"),
        ("bea/Amused/bea_anger_00001.wav", "the name says anger, the folder 'Amused'"),
        ("bea_Amused/anger_1-28_0001.wav", "the name says anger, the folder 'bea_Amused'"),
        ("tom/Angry/tom_anger_00001.wav", "unknown speaker 'tom'; known: bea, jenie, josh, sam"),
        ("bea/Angry/bea_rage_00001.wav", "unknown emotion 'rage' in the name"),
        ("bea/Angry/00001.wav", "not a file name of EmoV-DB"),
    ],
)
def test_wrong_names_are_refused(path: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        emov_db.parse(path)


def test_josh_has_no_anger_and_no_disgust_is_said() -> None:
    assert "josh has no anger and no disgust" in emov_db.CORPUS.notes
