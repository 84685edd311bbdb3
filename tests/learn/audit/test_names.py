from __future__ import annotations

import pytest

from emotrace.learn.audit.names import is_known, read_name
from emotrace.types import Utterance


def named(file: str, **facts: str) -> Utterance:
    return read_name(Utterance(file=file, **{"emotion": "", "speaker": "", **facts}))


@pytest.mark.parametrize(
    ("file", "speaker", "emotion"),
    [
        ("any/where/03-01-05-01-02-01-12.wav", "ravdess:12", "anger"),
        ("03-02-05-01-02-01-12.flac", "ravdess:12", "anger"),
        ("1001_DFA_ANG_XX.wav", "crema-d:1001", "anger"),
        ("03a01Fa.wav", "emo-db:03", "happiness"),
        ("OAF_back_angry.wav", "tess:OAF", "anger"),
        ("DC/sa04.wav", "savee:DC", "sadness"),
        ("DC_sa04.wav", "savee:DC", "sadness"),
    ],
)
def test_known_names_say_who_speaks(file, speaker, emotion):
    utterance = named(file)
    assert (utterance.speaker, utterance.emotion) == (speaker, emotion)
    assert utterance.sex
    assert utterance.sentence
    assert is_known(utterance)


@pytest.mark.parametrize(
    "file",
    ["speaker1/0001.wav", "a01.wav", "sam_angry_0001.wav", "99a01Fa.wav", "1001_DFA_XYZ_XX.wav", ".wav", ""],
)
def test_other_names_say_nothing(file):
    utterance = named(file, speaker="7")
    assert (utterance.speaker, utterance.emotion, utterance.corpus) == ("7", "", "")
    assert not is_known(utterance)


@pytest.mark.parametrize(
    "copy",
    [
        "03-01-05-01-02-01-12_noise.wav",
        "aug/03-01-05-01-02-01-12.wav",
        "noise_03-01-05-01-02-01-12.flac",
        "03-01-05-01-02-01-12_stretch_0.8.wav",
        "03-01-05-01-02-01-12 (2).wav",
    ],
)
def test_copies_are_known_by_the_name_of_their_source(copy):
    source, altered = named("Actor_12/03-01-05-01-02-01-12.wav"), named(copy)
    assert altered.recording == source.recording != named("03-01-05-01-02-02-12.wav").recording
    assert altered.speaker == "ravdess:12"


def test_names_win_over_columns_but_not_over_labels():
    utterance = named("03-01-05-01-02-01-12.wav", speaker="Actor_12", corpus="mine", emotion="fear", sentence="9")
    assert (utterance.speaker, utterance.corpus, utterance.emotion) == ("ravdess:12", "ravdess", "fear")
    assert utterance.sentence == "dogs"


def test_speakers_are_told_apart_by_corpus():
    assert named("x.wav", speaker="12", corpus="ravdess").speaker == "ravdess:12"
    # Song and speech have the same people.
    assert named("x.wav", speaker="12", corpus="ravdess-song").speaker == "ravdess:12"
    assert named("x.wav", speaker="7", corpus="mine").speaker == "mine:7"
    assert named("x.wav", speaker="ours:7", corpus="mine").speaker == "ours:7"
    assert named("x.wav", speaker="7").speaker == "7"
    assert named("x.wav", corpus="mine").speaker == ""
