"""Speech activity: speech is found; silence, tones, noise and music-like sound are not speech."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.bundle import load_bundle
from emotrace.errors import UsageError
from emotrace.hear.speech import SpeechDetector, merge_spans, pad_to, windows_of

RATE = 16_000


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector(load_bundle("speech"))


def share(detector: SpeechDetector, signal: np.ndarray) -> float:
    return sum(e - s for s, e in detector.find_all(signal.astype(np.float32))) / signal.size


def test_speech_is_found_and_pauses_are_not(detector, caller):
    spans = detector.find_all(caller)
    assert 0.2 < sum(e - s for s, e in spans) / caller.size < 0.8
    is_speech = np.zeros(caller.size, dtype=bool)
    for start, end in spans:
        is_speech[start:end] = True
    level = lambda part: float(np.sqrt(np.mean(np.square(part))))  # noqa: E731
    assert level(caller[is_speech]) > 5 * level(caller[~is_speech])


@pytest.mark.parametrize("gain_db", [-40.0, -20.0, 0.0])
def test_loudness_does_not_decide(detector, caller, gain_db):
    clip = caller[160_000:320_000]
    quieter = clip * np.float32(10 ** (gain_db / 20))
    assert share(detector, quieter) == pytest.approx(share(detector, clip), abs=0.03)


def test_what_is_not_speech_is_not_called_speech(detector):
    rng = np.random.default_rng(3)
    time = np.arange(5 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * time) for f in (262, 330, 392)) * np.exp(-2 * (time % 0.5))
    sounds = {
        "silence": np.zeros_like(time),
        "offset": np.full_like(time, 0.5),
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time),
        "low tone": 0.5 * np.sin(2 * np.pi * 120 * time),
        "white noise": 0.1 * rng.standard_normal(time.size),
        "hum": 0.2 * sum(np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 12)),
        "chords": 0.2 * chord,
    }
    assert {name: share(detector, sound) for name, sound in sounds.items()} == dict.fromkeys(sounds, 0.0)


def test_a_span_lies_inside_what_was_asked_for(detector, caller):
    window = caller[200_000:248_000]
    for start, end in detector.find(window, 16_000, 32_000):
        assert 16_000 <= start < end <= 32_000


def test_a_short_signal_is_heard_too(detector, caller):
    loud = int(np.argmax(np.abs(caller)))
    for size in (1, 100, 3_000):
        for start, end in detector.find_all(caller[loud : loud + size]):
            assert 0 <= start < end <= size


def test_an_emotion_bundle_finds_no_speech():
    with pytest.raises(UsageError, match="is of kind 'emotion', not 'speech'"):
        SpeechDetector(load_bundle("default"))


@given(st.integers(0, 5_000), st.integers(1, 900), st.integers(0, 900))
def test_windows_tile_the_signal(n_samples, hop, wider):
    rows = list(windows_of(n_samples, hop + wider, hop))
    assert [row[0] for row in rows] == list(range(0, n_samples, hop))
    assert sum(end - start for start, end, _, _ in rows) == n_samples
    for start, end, left, right in rows:
        assert 0 <= left <= start < end <= n_samples
        assert left < right <= n_samples


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 20)), max_size=20), st.integers(0, 5))
def test_merged_spans_cover_the_same_and_lie_apart(raw, gap):
    spans = sorted((start, start + length) for start, length in raw)
    merged = merge_spans(spans, gap)
    covered = {sample for start, end in merged for sample in range(start, end)}
    assert covered >= {sample for start, end in spans for sample in range(start, end)}
    assert all(b[0] - a[1] > gap for a, b in itertools.pairwise(merged))


def test_padding_is_even():
    assert pad_to(np.ones(3, dtype=np.float32), 6).tolist() == [0, 1, 1, 1, 0, 0]
    assert pad_to(np.ones(3, dtype=np.float32), 2).tolist() == [1, 1, 1]
