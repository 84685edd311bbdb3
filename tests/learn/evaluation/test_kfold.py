from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import LeakError, UsageError
from emotrace.learn.evaluation.kfold import leave_one_speaker_out, speaker_k_fold
from emotrace.types import Utterance


@st.composite
def populations(draw: st.DrawFn) -> list[Utterance]:
    """Two to nine speakers with up to five clips each, some in shared conversations."""
    return [
        Utterance(
            file=f"{speaker}-{clip}.wav",
            emotion=draw(st.sampled_from(["anger", "calm", "fear"])),
            speaker=f"p{speaker}",
            sex=draw(st.sampled_from(["female", "male", None])),
            recording=draw(st.sampled_from(["", "", "", "call-1", "call-2"])),
        )
        for speaker in range(draw(st.integers(2, 9)))
        for clip in range(draw(st.integers(1, 5)))
    ]


@given(populations(), st.integers(2, 5), st.integers(0, 5))
def test_folds_partition_speakers_exactly_once(utterances, n_folds, seed):
    try:
        splits = speaker_k_fold(utterances, n_folds, seed)
    except UsageError as error:
        assert "a speaker for each" in str(error)  # noqa: PT017 - many populations are too small
        return
    assert len(splits) == n_folds
    tested = Counter(speaker for split in splits for speaker in {u.speaker for u in split.test})
    assert tested == Counter({u.speaker: 1 for u in utterances})
    for split in splits:
        assert Counter([*split.train, *split.validation, *split.test]) == Counter(utterances)
        assert split.train
        assert split.test


@given(populations())
def test_too_few_speakers_is_the_only_reason_to_refuse(utterances):
    from emotrace.learn.evaluation.speakers import group_speakers

    n_groups = len(group_speakers(utterances))
    if n_groups >= 2:
        assert len(speaker_k_fold(utterances, n_groups)) == n_groups
    with pytest.raises(UsageError, match=f"there are {n_groups} speakers"):
        speaker_k_fold(utterances, n_groups + 1)


@pytest.mark.parametrize("n_folds", [2, 4, 5, 6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equal_speakers_are_spread_evenly_by_sex(ravdess_people, n_folds, seed):
    for sex in ("female", "male"):
        sizes = [
            len({u.speaker for u in split.test if u.sex == sex})
            for split in speaker_k_fold(ravdess_people, n_folds, seed)
        ]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_emotions_are_balanced_far_better_than_by_chance(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 20, size=(60, 4))
    utterances = [
        Utterance(file=f"{s}-{e}-{i}.wav", emotion=f"e{e}", speaker=f"p{s}", sex=("female", "male")[s % 2])
        for s in range(60)
        for e in range(4)
        for i in range(counts[s, e])
    ]
    dealt = np.array(
        [
            [sum(u.emotion == f"e{e}" for u in split.test) for e in range(4)]
            for split in speaker_k_fold(utterances, 5, seed)
        ]
    )
    by_chance = [counts[rng.permutation(60)].reshape(5, 12, 4).sum(axis=1) for _ in range(50)]
    assert dealt.var(axis=0).sum() < 0.4 * np.mean([folds.var(axis=0).sum() for folds in by_chance])


def test_seed_decides_and_order_does_not(ravdess_people):
    first = [{u.speaker for u in s.test} for s in speaker_k_fold(ravdess_people, 4, seed=0)]
    assert [{u.speaker for u in s.test} for s in speaker_k_fold(ravdess_people[::-1], 4, seed=0)] == first
    assert [{u.speaker for u in s.test} for s in speaker_k_fold(ravdess_people, 4, seed=1)] != first


def test_speakers_of_one_call_are_tested_together(make_people):
    people = [
        replace(u, recording="call") if u.speaker in ("x:1", "x:4") else u
        for u in make_people([f"x:{i}" for i in range(6)])
    ]
    for split in speaker_k_fold(people, 3):
        tested = {u.speaker for u in split.test}
        assert ("x:1" in tested) == ("x:4" in tested)


@pytest.mark.parametrize("n_folds", [0, 1, 4])
def test_impossible_number_of_folds(make_people, n_folds):
    with pytest.raises(UsageError, match=f"speaker-k-fold with {n_folds} folds .* there are 3 speakers"):
        speaker_k_fold(make_people(["x:1", "x:2", "x:3"]), n_folds)


def test_leave_one_speaker_out(make_people):
    splits = leave_one_speaker_out(make_people(["x:2", "x:1", "x:3"]))
    assert [split.name for split in splits] == [f"leave-one-speaker-out/x:{i}" for i in (1, 2, 3)]
    assert [{u.speaker for u in split.test} for split in splits] == [{"x:1"}, {"x:2"}, {"x:3"}]


def test_leave_one_out_of_one(make_people):
    with pytest.raises(UsageError, match="needs at least 2 speakers, there is only x:1"):
        leave_one_speaker_out(make_people(["x:1"]))


def test_leave_one_out_of_a_conversation_leaks(make_people):
    people = [replace(u, recording="call") for u in make_people(["x:1", "x:2"])]
    with pytest.raises(LeakError, match="the same recording: call"):
        leave_one_speaker_out(people)
