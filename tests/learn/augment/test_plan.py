from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from emotrace.audio.load import load_segment
from emotrace.errors import LeakError, UnknownNameError, UsageError
from emotrace.learn.augment import PLANS, Plan, Row, find_plan
from emotrace.learn.augment.noise import Noise
from emotrace.learn.augment.pitch_shift import PitchShift
from emotrace.learn.augment.time_stretch import TimeStretch
from emotrace.learn.corpora import scan
from emotrace.learn.evaluation.leakage import find_leaks
from emotrace.learn.evaluation.protocols import folds
from emotrace.learn.evaluation.split import LeakySplit, Split
from emotrace.types import Segment, Utterance

RATE = 16_000


def clips(speaker: str, n: int = 3) -> list[Utterance]:
    return [
        Utterance(file=f"corpus/{speaker}/{i}.wav", emotion="anger", speaker=speaker, content=f"{speaker}{i}")
        for i in range(n)
    ]


@pytest.fixture
def split() -> Split:
    return Split(train=clips("a") + clips("b"), validation=clips("c"), test=clips("d"), name="by speaker")


def test_in_place_gives_as_many_rows_as_clips(split):
    rows = find_plan("avatar").rows(split, seed=1)
    assert len(rows) == len(split.train) == find_plan("avatar").n_rows(6)
    steps = rows[0].chain.steps
    assert steps == (Noise(0.015), TimeStretch((0.9, 1.1), decimals=2), PitchShift((0.85, 1.15)))


@pytest.mark.parametrize(
    ("name", "noise", "stretch", "semitones"),
    [("quality-assurance", 0.030, 0.75, 0.8), ("capstone", 0.035, 0.8, 0.7)],
)
def test_x3_gives_three_rows_side_by_side(split, name, noise, stretch, semitones):
    rows = find_plan(name).rows(split, seed=1)
    assert len(rows) == 3 * len(split.train)
    assert [row.utterance.file for row in rows[:4]] == ["corpus/a/0.wav"] * 3 + ["corpus/a/1.wav"]
    assert [row.copy for row in rows[:4]] == [0, 1, 2, 0]
    assert [row.chain.steps for row in rows[:3]] == [
        (),
        (Noise(noise),),
        (TimeStretch(stretch), PitchShift(semitones)),
    ]


def test_only_training_clips_become_rows(split):
    for plan in PLANS.values():
        assert {row.utterance.speaker for row in plan.rows(split, 0)} == {"a", "b"}


def test_copies_name_their_source_and_stay_with_it(split):
    rows = PLANS["quality-assurance"].rows(split, seed=0)
    clean, noisy, moved = (row.utterance for row in rows[:3])
    assert clean == split.train[0]
    assert noisy.twin_of == moved.twin_of == clean.recording_id == "corpus/a/0.wav"
    assert noisy.content is None, "the samples are others than the source's"
    augmented = [row.utterance for row in rows]
    assert Split(augmented, split.validation, split.test, "augmented").is_speaker_independent
    strayed = find_leaks(augmented[:1] + augmented[2:], (), augmented[1:2])
    assert [leak.name for leak in strayed.twins] == ["corpus/a/0.wav"]


def test_a_window_and_a_twin_of_a_twin_name_the_first_recording():
    window = Utterance(
        file="w.wav", emotion="anger", speaker="a", recording="session-1", segment=Segment(2.0, 4.0)
    )
    rows = PLANS["avatar"].rows(Split([window], (), ()), 0)
    assert rows[0].utterance.twin_of == "session-1"
    again = PLANS["avatar"].rows(Split([rows[0].utterance], (), ()), 0)
    assert again[0].utterance.twin_of == "session-1"


@pytest.mark.parametrize("side", ["validation", "test"])
def test_what_a_manifest_tests_on_is_refused(side):
    stray = replace(clips("a")[1], split=side)
    with pytest.raises(
        LeakError, match=f"plan 'avatar' is for training only, but corpus/a/1.wav is on the {side}"
    ):
        PLANS["avatar"].rows(Split([*clips("a"), stray], (), ()), 0)


def test_utterances_that_were_not_divided_are_refused(split):
    for undivided in (split.test, clips("a")):
        with pytest.raises(UsageError, match=r"needs a split, not (tuple|list): divide the utterances first"):
            PLANS["capstone"].rows(undivided, 0)


def test_before_the_split_twins_are_found_on_both_sides():
    rows = PLANS["capstone"].rows_before_split_leaky(clips("a") + clips("b"), seed=0)
    assert len(rows) == 18
    utterances = [row.utterance for row in rows]
    with pytest.raises(LeakError, match=r"an augmented twin of a recording: corpus/a/0.wav"):
        Split(utterances[:2], (), utterances[2:], "random")
    assert LeakySplit(utterances[:2], (), utterances[2:], "random-leaky").leaks.twins


def draws(rows: list[Row]) -> dict[tuple[str, int], float]:
    return {(row.utterance.file, row.copy): float(row.rng().uniform()) for row in rows}


def test_draws_depend_on_seed_clip_and_copy_and_nothing_else(split):
    plan = PLANS["capstone"]
    first = draws(plan.rows(split, 5))
    assert len(set(first.values())) == len(first), "every copy of every clip draws for itself"
    backwards = Split(split.train[::-1], split.validation, split.test)
    assert draws(plan.rows(backwards, 5)) == first
    assert draws(plan.rows(Split(split.train[2:3], (), ()), 5)).items() <= first.items()
    assert not set(draws(plan.rows(split, 6)).values()) & set(first.values())


def test_the_folder_a_corpus_lies_in_does_not_matter(split):
    elsewhere = [replace(u, file=f"D:\\data\\{u.file}".replace("/", "\\")) for u in split.train]
    ours = list(draws(PLANS["avatar"].rows(split, 5)).values())
    assert list(draws(PLANS["avatar"].rows(Split(elsewhere, (), ()), 5)).values()) == ours


def test_windows_of_one_file_draw_for_themselves():
    windows = [
        Utterance(file="a.wav", emotion="anger", speaker="a", segment=Segment(start, start + 2.0))
        for start in (0.0, 2.0, 4.0)
    ]
    rows = PLANS["avatar"].rows(Split(windows, (), ()), 0)
    assert len({float(row.rng().uniform()) for row in rows}) == 3


def test_pinned_draws():
    """Tables made by an older version must be found again."""
    row = PLANS["avatar"].rows(Split(clips("a", 1), (), ()), 42)[0]
    assert row.rng().integers(0, 10**9) == row.rng().integers(0, 10**9) == 536235607


def test_parallel_workers_in_another_order_give_the_same_copies(split, speech):
    rows = PLANS["quality-assurance"].rows(split, 3)[:6]
    signal = speech(RATE)[:8_000].copy()
    here = [row.apply(signal, RATE) for row in rows]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(Row.apply, rows[::-1], repeat(signal), repeat(RATE)))[::-1]
    for ours, theirs in zip(here, there, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_mistakes_are_told(split):
    with pytest.raises(UnknownNameError, match="no augmentation plan named 'avatars'; did you mean 'avatar'"):
        find_plan("avatars")
    with pytest.raises(UsageError, match="plan 'empty' makes no rows; give it at least one chain"):
        Plan("empty", ())
    with pytest.raises(UnknownNameError, match="no augmentation named 'noize'; did you mean 'noise'"):
        Plan("mine", (("noize",),))
    for seed in (-1, 1.5, True, None):
        with pytest.raises(
            UsageError, match=r"plan 'avatar': the seed is .*; it must be a whole number from 0 on"
        ):
            PLANS["avatar"].rows(split, seed)


@pytest.mark.corpora
def test_a_real_corpus():
    root = os.environ.get("EMOTRACE_CORPORA")
    if not root:
        pytest.skip("EMOTRACE_CORPORA is not set")
    split = folds("savee-loso", scan("savee", Path(root) / "savee").utterances)[0]
    plan = PLANS["quality-assurance"]
    rows = plan.rows(split, 0)
    assert len(rows) == 3 * len(split.train)
    assert not find_leaks([row.utterance for row in rows], split.validation, split.test).is_leaky
    for row in rows[:9]:
        signal = load_segment(row.utterance.file, row.utterance.segment, 22_050)
        copy = row.apply(signal, 22_050)
        assert copy.size == (signal.size, signal.size, round(signal.size / 0.75))[row.copy]
        assert np.isfinite(copy).all()
        assert np.array_equal(copy, signal) == (row.copy == 0)
