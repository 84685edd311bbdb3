"""Folds within the training clips: whole speakers, whole recordings, or neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emotrace.errors import UsageError
from emotrace.learn.training.folds import (
    FOLDS,
    clip_folds_leaky,
    make_folds,
    recording_folds_leaky,
    speaker_folds,
)
from emotrace.types import Utterance

EMOTIONS = ("anger", "calm", "fear")


def test_no_speaker_stands_on_two_sides() -> None:
    utterances = [Utterance(f"{n}.wav", EMOTIONS[n % 3], f"x:{n % 6}") for n in range(108)]
    folds = speaker_folds(utterances, 3)
    assert sorted(row for _, test in folds for row in test) == list(range(len(utterances)))
    for train, test in folds:
        assert not {utterances[i].speaker for i in train} & {utterances[i].speaker for i in test}
        assert len(train) + len(test) == len(utterances)


def test_copies_of_a_clip_go_with_it_or_leak() -> None:
    clips = [Utterance(f"{n}.wav", EMOTIONS[n % 3], f"x:{n % 4}") for n in range(30)]
    rows = [copy for clip in clips for copy in (clip, replace(clip, twin_of=clip.file))]
    together = recording_folds_leaky(rows, 5)
    assert sorted(row for _, test in together for row in test) == list(range(60))
    for train, test in together:
        assert not {rows[i].recording_id for i in train} & {rows[i].recording_id for i in test}
        assert [sum(rows[i].emotion == emotion for i in test) for emotion in EMOTIONS] == [4, 4, 4]
    apart = clip_folds_leaky([u.emotion for u in rows], 5)
    assert any({rows[i].file for i in train} & {rows[i].file for i in test} for train, test in apart)


@pytest.mark.parametrize("kind", FOLDS)
def test_folds_of_every_kind_test_each_row_once(kind: str) -> None:
    rows = [Utterance(f"{n // 2}.wav", EMOTIONS[n // 2 % 3], f"x:{n // 2 % 4}") for n in range(96)]
    folds = make_folds(rows, kind, 4, seed=3)
    assert sorted(row for _, test in folds for row in test) == list(range(96))
    assert all(sorted([*train, *test]) == list(range(96)) for train, test in folds)
    shared = [{rows[i].speaker for i in train} & {rows[i].speaker for i in test} for train, test in folds]
    assert any(shared) is (kind != "speakers")


def test_too_few_clips_of_a_label_are_told_with_the_label() -> None:
    rows = [Utterance(f"{n}.wav", "anger" if n else "fear", f"x:{n}") for n in range(9)]
    with pytest.raises(UsageError, match="3 folds need as many clips of every label; of 'fear' there are 1"):
        make_folds(rows, "clips-leaky", 3)
