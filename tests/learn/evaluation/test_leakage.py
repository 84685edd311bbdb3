from __future__ import annotations

import json
from dataclasses import replace

from emotrace.learn.evaluation.leakage import Leak, find_leaks
from emotrace.types import Segment, Utterance

A = Utterance(file="a.wav", emotion="anger", speaker="x:1", corpus="x", sentence="s1")
B = Utterance(file="b.wav", emotion="calm", speaker="x:2", corpus="x", sentence="s2")
C = Utterance(file="c.wav", emotion="fear", speaker="x:3", corpus="x", sentence="s3")


def test_strangers_leak_nothing():
    report = find_leaks([A], [B], [C])
    assert not report.is_leaky
    assert report.describe() == "no leaks"


def test_speaker_on_two_sides():
    report = find_leaks([A], [B], [replace(C, speaker="x:1")])
    assert report.speakers == (Leak("x:1", ("train", "test")),)
    assert report.is_leaky


def test_speaker_on_all_sides_is_named_with_all():
    report = find_leaks([A], [replace(B, speaker="x:1")], [replace(C, speaker=" x:1 ")])
    assert report.speakers == (Leak("x:1", ("train", "validation", "test")),)


def test_two_stretches_of_one_file_are_one_recording():
    first, second = replace(A, segment=Segment(0, 1)), replace(B, file="./a.wav", segment=Segment(1, 2))
    assert find_leaks([first], [], [second]).recordings == (Leak("a.wav", ("train", "test")),)


def test_recording_shared_under_two_files():
    report = find_leaks([replace(A, recording="call-7")], [replace(B, recording="call-7")], [C])
    assert report.recordings == (Leak("call-7", ("train", "validation")),)


def test_recording_named_like_another_utterances_file():
    assert find_leaks([A], [], [replace(B, recording="a.wav")]).recordings[0].name == "a.wav"


def test_identical_audio_names_the_files_not_the_fingerprint():
    report = find_leaks([replace(A, content="f00")], [], [replace(B, content="f00")])
    assert report.content == (Leak("a.wav = b.wav", ("train", "test")),)


def test_unknown_content_is_not_equal_content():
    assert not find_leaks([replace(A, content=None)], [], [replace(B, content=None)]).is_leaky
    assert not find_leaks([replace(A, content="")], [], [replace(B, content="")]).is_leaky


def test_twin_away_from_its_source():
    report = find_leaks([replace(B, twin_of="c.wav")], [], [C])
    assert report.twins == (Leak("c.wav", ("train", "test")),)
    assert report.recordings == ()


def test_twins_of_one_source_that_is_in_neither_side():
    report = find_leaks([replace(A, twin_of="z.wav")], [replace(B, twin_of="z.wav")], [C])
    assert report.twins == (Leak("z.wav", ("train", "validation")),)


def test_twin_of_a_twin_is_found_through_the_one_between():
    between = replace(A, file="a1.wav", twin_of="a.wav")
    last = replace(B, file="a2.wav", twin_of="a1.wav")
    assert find_leaks([A, between], [], [last]).twins == (Leak("a1.wav", ("train", "test")),)


def test_twin_of_a_source_known_by_its_recording():
    source = replace(A, recording="take-1")
    for name in ("a.wav", "take-1"):
        assert find_leaks([replace(B, twin_of=name)], [], [source]).twins[0].name == name


def test_unknown_speakers_leak_as_soon_as_there_are_two_sides():
    unknown = replace(B, speaker=" ")
    assert find_leaks([A], [], [unknown]).unknown_speakers == (Leak("b.wav", ("test",)),)
    assert not find_leaks([], [], [A, unknown]).is_leaky


def test_sentences_are_information_only():
    report = find_leaks([A], [], [replace(C, sentence="s1")])
    assert report.sentences == (Leak("x:s1", ("train", "test")),)
    assert not report.is_leaky


def test_sentences_of_different_corpora_differ():
    assert find_leaks([A], [], [replace(C, sentence="s1", corpus="y")]).sentences == ()


def test_description_names_three_and_counts_the_rest():
    train = [replace(A, file=f"t{i}.wav", speaker=f"x:{i}") for i in range(5)]
    test = [replace(A, file=f"u{i}.wav", speaker=f"x:{i}") for i in range(5)]
    assert find_leaks(train, [], test).describe() == (
        "the same speaker: x:0 (train and test), x:1 (train and test), x:2 (train and test) and 2 more"
    )


def test_report_is_ready_for_json():
    told = json.loads(json.dumps(find_leaks([A], [], [replace(B, speaker="x:1")]).to_dict()))
    assert told["speakers"] == {"n": 1, "first": ["x:1 (train and test)"]}
    assert told["is_leaky"] is True
