from __future__ import annotations

from dataclasses import replace

from emotrace.learn.evaluation.speakers import (
    find_speaker_corpora,
    find_speaker_sexes,
    group_speakers,
    list_speakers,
)
from emotrace.types import Utterance


def clip(speaker: str, file: str, **changes: str) -> Utterance:
    return replace(Utterance(file=file, emotion="anger", speaker=speaker), **changes)


def test_list_is_sorted_and_leaves_out_the_unknown():
    assert list_speakers([clip("b", "1"), clip("a", "2"), clip("", "3"), clip("b", "4")]) == ["a", "b"]


def test_corpus_is_the_prefix_else_the_utterances_own():
    sung = clip("ravdess:01", "1", corpus="ravdess-song")
    own = clip("anna", "2", corpus="our-calls")
    assert find_speaker_corpora([sung, own]) == {"ravdess:01": "ravdess", "anna": "our-calls"}


def test_sex_is_the_first_one_given():
    clips = [clip("a", "1"), clip("a", "2", sex="female"), clip("b", "3")]
    assert find_speaker_sexes(clips) == {"a": "female"}


def test_strangers_stand_alone():
    assert group_speakers([clip("b", "1"), clip("a", "2")]) == [("a",), ("b",)]


def test_speakers_of_one_conversation_stand_together():
    clips = [clip("a", "call.wav"), clip("b", "call.wav"), clip("c", "other.wav")]
    assert group_speakers(clips) == [("a", "b"), ("c",)]


def test_links_go_through_recordings_twins_and_content():
    clips = [
        clip("a", "1.wav", content="f0"),
        clip("b", "2.wav", content="f0", recording="r"),
        clip("c", "3.wav", twin_of="r"),
        clip("d", "4.wav"),
    ]
    assert group_speakers(clips) == [("a", "b", "c"), ("d",)]
