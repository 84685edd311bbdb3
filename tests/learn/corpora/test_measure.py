"""Measurements agree with plain NumPy on the whole signal, wherever the blocks end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.errors import DecodeError
from emotrace.learn.corpora._measure import _Meter, add_content, measure_file
from emotrace.types import Segment, Utterance


def _longest_run(is_full: list[bool]) -> int:
    longest = run = 0
    for full in is_full:
        run = run + 1 if full else 0
        longest = max(longest, run)
    return longest


@settings(max_examples=60)
@given(
    levels=st.lists(st.sampled_from([-1.0, -0.999, -0.5, -0.0, 0.0, 0.25, 0.998, 1.0]), min_size=2, max_size=60),
    n_channels=st.integers(1, 3),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_blocks_do_not_matter(levels: list[float], n_channels: int, cuts: list[int]) -> None:
    whole = np.array([np.roll(levels, shift) for shift in range(n_channels)], dtype=np.float32)
    edges = [0, *sorted(min(cut, len(levels)) for cut in cuts), len(levels)]
    meter, reference = _Meter(8000, n_channels), _Meter(8000, n_channels)
    reference.push(whole)
    for start, end in pairwise(edges):
        meter.push(whole[:, start:end])
    measured = meter.read()
    assert measured.content == reference.read().content
    assert measured.seconds == len(levels) / 8000
    assert measured.longest_clip == _longest_run(list((np.abs(whole) >= 0.999).any(axis=0)))
    rms = np.sqrt(np.mean(np.square(whole, dtype=np.float64)))
    with np.errstate(divide="ignore"):
        assert measured.rms_db == pytest.approx(20 * np.log10(rms))
        assert measured.peak_db == pytest.approx(20 * np.log10(np.max(np.abs(whole))))


def test_containers_do_not_matter_but_samples_do(tmp_path: Path) -> None:
    # Whole numbers, because the writers of different formats round differently.
    noise = np.random.default_rng(0).integers(-16_000, 16_000, 20_000, dtype=np.int16)
    contents = []
    for name, signal, rate in (
        ("a.wav", noise, 16_000),
        ("a.flac", noise, 16_000),
        ("a.aiff", noise, 16_000),
        ("other.wav", noise[:-1], 16_000),
        ("rate.wav", noise, 8_000),
        ("inverted.wav", -noise, 16_000),
        ("stereo.wav", noise.reshape(-1, 2), 16_000),
    ):
        soundfile.write(tmp_path / name, signal, rate)
        contents.append(measure_file(str(tmp_path / name), [None])[0].content)
    assert contents[0] == contents[1] == contents[2]
    assert len(set(contents)) == 5


def test_segments_are_measured_in_one_pass(sound: Callable[..., str]) -> None:
    file = sound("long.wav", seconds=3.5)
    signal, rate = soundfile.read(file, dtype="float32")
    segments = [None, Segment(0.5, 1.25), Segment(0.9, 3.1), Segment(3.0, 9.0), Segment(5.0, 6.0)]
    measured = measure_file(file, segments)
    for segment, measurement in zip(segments, measured, strict=True):
        part = signal if segment is None else signal[round(segment.start * rate) : round(segment.end * rate)]
        meter = _Meter(rate, 1)
        meter.push(part[np.newaxis])
        assert measurement.content == meter.read().content
        assert measurement.seconds == len(part) / rate


def test_fingerprints_for_splits(sound: Callable[..., str]) -> None:
    files = [sound("a.wav", seed=1), sound("b.wav", seed=2), sound("copy.flac", seed=1)]
    counted: list[int] = []
    done = add_content([Utterance(file, "anger", "x") for file in files], counted.append)
    assert [utterance.file for utterance in done] == files
    assert done[0].content == done[2].content != done[1].content
    assert counted == [1, 2, 3]


def test_what_cannot_be_decoded_raises(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"this is not audio")
    with pytest.raises(DecodeError, match=r"a\.wav"):
        measure_file(str(tmp_path / "a.wav"), [None])
