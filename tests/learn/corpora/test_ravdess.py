"""RAVDESS, spoken and sung: the seven fields."""

from __future__ import annotations

import pytest

from emotrace.errors import CorpusError
from emotrace.learn.corpora import ravdess, ravdess_song


def test_all_seven_fields_are_read() -> None:
    utterance = ravdess.parse("Actor_11/03-01-08-02-01-02-11.wav")
    assert utterance.emotion == "surprise"
    assert utterance.source_label == "08"
    assert (utterance.speaker, utterance.sex) == ("ravdess:11", "male")
    assert (utterance.intensity, utterance.repetition) == ("strong", 2)
    assert (utterance.sentence, utterance.text) == ("kids", "Kids are talking by the door")
    assert ravdess.parse("03-01-01-01-02-01-12.wav").text == "Dogs are sitting by the door"


def test_calm_and_neutral_are_two() -> None:
    assert [ravdess.parse(f"03-01-0{code}-01-01-01-02.wav").emotion for code in (1, 2)] == ["neutral", "calm"]


def test_half_the_actors_are_women() -> None:
    assert list(ravdess.CORPUS.speakers.values()).count("female") == 12
    assert ravdess.CORPUS.speakers["ravdess:24"] == "female"
    assert ravdess.CORPUS.speakers["ravdess:23"] == "male"


def test_speech_and_song_are_sung_by_the_same_people() -> None:
    spoken = ravdess.parse("03-01-05-01-01-01-07.wav")
    sung = ravdess_song.parse("03-02-05-01-01-01-07.wav")
    assert spoken.speaker == sung.speaker
    assert (spoken.corpus, sung.corpus) == ("ravdess", "ravdess-song")
    assert set(ravdess.CORPUS.speakers) - set(ravdess_song.CORPUS.speakers) == {"ravdess:18"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("03-01-05-01-01-01-07.wav", r"vocal channel 01 \(spoken: belongs to 'ravdess'\)"),
        ("03-02-07-01-01-01-07.wav", "unknown emotion '07' in the name"),
        ("03-02-05-01-01-01-18.wav", "RAVDESS song has no speaker '18'"),
        ("02-02-05-01-01-01-07.mp4", r"modality 02 \(video without sound\)"),
        ("03-03-05-01-01-01-07.wav", r"vocal channel 03 \(unknown\)"),
    ],
)
def test_what_is_not_song_is_refused(name: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        ravdess_song.parse(name)


def test_known_bad_files_are_known_with_any_ending() -> None:
    why = ravdess.CORPUS.why_bad
    assert why("x/03-01-03-01-02-01-07.FLAC") == "same audio as 03-01-03-01-02-02-07"
    assert why("03-01-03-01-01-01-07.wav") is None
    assert sum("quiet" in reason for reason in ravdess.CORPUS.known_bad.values()) == 13
