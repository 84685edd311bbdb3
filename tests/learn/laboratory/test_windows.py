"""Windows of clips: cut where the recipe says, all of the clip in them, and what becomes of the rest."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.audio.load import load_audio
from emotrace.audio.trim import trim
from emotrace.errors import EmotraceError, RecipeError, TrainingError
from emotrace.features import mfcc_frames
from emotrace.learn.augment import find_plan
from emotrace.learn.laboratory.copies import measure
from emotrace.learn.laboratory.recipe import Claim, Features, read_claim
from emotrace.learn.laboratory.speech import find_clips, window_bounds
from emotrace.types import Utterance

RATE = 22_050
LENGTH = 0.9
"""Seconds of every clip of the made corpus."""


def _claim(**features: float | str) -> Claim:
    return dataclasses.replace(read_claim("R6"), features=Features("mfcc-frames", **features))  # type: ignore[arg-type]


def _windows(corpora: Path, **features: float | str) -> list[Utterance]:
    found = find_clips(_claim(**features), corpora, is_small=True)
    return [u for u in found if u.file == found[0].file]


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({"window_seconds": 0.4}, [(0.0, 0.4), (0.4, 0.8), (0.8, 0.9)]),
        ({"window_seconds": 0.4, "hop_seconds": 0.2}, [(0.0, 0.4), (0.2, 0.6), (0.4, 0.8), (0.6, 0.9)]),
        ({"window_seconds": 0.2, "hop_seconds": 0.4}, [(0.0, 0.2), (0.4, 0.6), (0.8, 0.9)]),
        ({"window_seconds": 0.3, "hop_seconds": 0.3}, [(0.0, 0.3), (0.3, 0.6), (0.6, 0.9)]),
        ({"window_seconds": 0.4, "remainder": "drop"}, [(0.0, 0.4), (0.4, 0.8)]),
        ({"window_seconds": 0.4, "remainder": "pad"}, [(0.0, 0.4), (0.4, 0.8), (0.8, 0.9)]),
        ({"window_seconds": 2.0, "remainder": "pad"}, [(0.0, 0.9)]),
        ({"window_seconds": 0.4, "offset_seconds": 0.3}, [(0.3, 0.7), (0.7, 0.9)]),
        ({"window_seconds": 0.4, "offset_seconds": 0.3, "duration_seconds": 0.5}, [(0.3, 0.7), (0.7, 0.8)]),
        ({"window_seconds": 0.4, "duration_seconds": 0.5}, [(0.0, 0.4), (0.4, 0.5)]),
    ],
)
def test_windows_lie_where_the_recipe_says(
    features: dict[str, float | str], expected: list[tuple[float, float]], corpora: Path
) -> None:
    windows = _windows(corpora, **features)
    bounds = [(u.segment.start, u.segment.end) for u in windows if u.segment]
    assert bounds == [(round(a * RATE) / RATE, round(b * RATE) / RATE) for a, b in expected]
    assert {u.recording_id for u in windows} == {windows[0].file}


def test_quiet_ends_are_those_of_the_stretch_that_is_heard(corpora: Path) -> None:
    windows = _windows(corpora, window_seconds=0.25, offset_seconds=0.3, trim_db=3.0)
    heard = load_audio(windows[0].file, RATE)[round(0.3 * RATE) :]
    start, end = trim(heard, 3.0)[1]
    assert (start, end) != (0, heard.size)
    first, last = windows[0].segment, windows[-1].segment
    assert first is not None
    assert last is not None
    assert (first.start, last.end) == ((round(0.3 * RATE) + start) / RATE, (round(0.3 * RATE) + end) / RATE)


def test_silence_fills_the_last_window_and_its_copies(corpora: Path, tmp_path: Path) -> None:
    windows = _windows(corpora, window_seconds=0.4, remainder="pad")
    rows = find_plan("capstone").rows_before_split_leaky(windows, 0)
    measured, usable = measure(windows, "mfcc-frames", None, rows, pad_seconds=0.4, cache=tmp_path)
    assert usable == windows
    n_frames = 1 + round(0.4 * RATE) // 512
    values = measured.clips(windows)
    assert values.shape == (3, n_frames, 60)
    last = load_audio(windows[0].file, RATE)[round(0.8 * RATE) :]
    filled = np.pad(last, (0, round(0.4 * RATE) - last.size))
    np.testing.assert_array_equal(values[2], mfcc_frames.extract(filled, RATE))
    (own,) = (row for row in rows if row.utterance.segment == windows[2].segment and row.copy == 1)
    np.testing.assert_array_equal(measured.rows([own])[0], mfcc_frames.extract(own.apply(filled, RATE), RATE))
    # As it is, the last window is another one, out of the same cache.
    plain, _ = measure(windows, "mfcc-frames", None, cache=tmp_path)
    assert [len(frames) for frames in plain.clips(windows)] == [n_frames, n_frames, 1 + last.size // 512]


def test_a_clip_that_ends_before_the_offset_is_told(corpora: Path) -> None:
    windows = _windows(corpora, window_seconds=0.4, offset_seconds=1.0)
    with pytest.raises(EmotraceError, match="ends before 1 s, where the segment starts"):
        measure(windows, "mfcc-frames", None, cache=False)


def test_clips_without_a_whole_window_are_told(corpora: Path) -> None:
    sentence = r"clips of claim R6 holds a whole window of 2 s; make the window shorter, or write remainder"
    with pytest.raises(TrainingError, match=sentence):
        find_clips(_claim(window_seconds=2.0, remainder="drop"), corpora, is_small=True)


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ({"hop_seconds": 0.5}, "key 'hop_seconds' needs 'window_seconds' as well"),
        ({"window_seconds": 1.0, "hop_seconds": 0.0}, "key 'hop_seconds' must be above 0"),
        ({"remainder": "drop"}, "key 'remainder' needs 'window_seconds' as well"),
        ({"window_seconds": 1.0, "remainder": "padd"}, "key 'remainder' names 'padd'; did you mean 'pad'"),
        ({"offset_seconds": 0.5}, "key 'offset_seconds' needs 'duration_seconds' or 'window_seconds' as well"),
    ],
)
def test_mistakes_are_told(features: dict[str, float | str], sentence: str) -> None:
    with pytest.raises(RecipeError) as told:
        _claim(**features)
    assert sentence in str(told.value)


BOUNDS = {
    "start": st.integers(0, 50),
    "length": st.integers(1, 300),
    "width": st.integers(1, 120),
    "hop": st.integers(1, 120),
}


@given(**BOUNDS)
def test_windows_cover_all_that_is_heard(start: int, length: int, width: int, hop: int) -> None:
    end = start + length
    windows = window_bounds(start, end, width, hop)
    assert [cut for cut, _ in windows] == list(range(start, end, hop))[: len(windows)]
    assert all(stop == min(cut + width, end) for cut, stop in windows)
    # Only the last one may be shorter, and none lies within another.
    assert all(stop - cut == width and stop < end for cut, stop in windows[:-1])
    heard = {sample for cut, stop in windows for sample in range(cut, stop)}
    in_gaps = {sample for sample in range(start, end) if (sample - start) % hop >= width}
    assert heard == set(range(start, end)) - in_gaps


@given(**BOUNDS)
def test_whole_windows_are_those_that_are_not_shorter(start: int, length: int, width: int, hop: int) -> None:
    every = window_bounds(start, start + length, width, hop)
    whole = window_bounds(start, start + length, width, hop, is_whole=True)
    assert whole == [window for window in every if window[1] - window[0] == width]


def test_figures_that_were_published_are_of_the_recipes_as_they_are() -> None:
    """Keys that came later are in no fingerprint of a recipe that does without them."""
    claim = read_claim("R1")
    assert claim.fingerprint == "262eed48d9166bb1"
    for later in ({"hop_seconds": 1.0}, {"remainder": "drop"}):
        features = dataclasses.replace(claim.features, **later)
        assert dataclasses.replace(claim, features=features).fingerprint != claim.fingerprint
