"""Speech activity: speech is found; silence, tones, noise and music-like sound are not speech."""

from __future__ import annotations

import itertools

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny_bundles import speech_card, speech_model

from emotrace.bundle import load_bundle, write_bundle
from emotrace.errors import UsageError
from emotrace.hear.speech import SpeechDetector, SpeechTracker, level_dbfs, merge_spans, pad_to, windows_of

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


# What is made of the detector's answers, with one that calls every frame of 20 ms above -60 dB or so speech.


@pytest.fixture(scope="module")
def sensitive(tmp_path_factory: pytest.TempPathFactory) -> SpeechDetector:
    model = onnx.load_from_string(speech_model())
    (threshold,) = (tensor for tensor in model.graph.initializer if tensor.name == "threshold")
    threshold.CopyFrom(onnx.numpy_helper.from_array(np.float32(1e-3), "threshold"))
    folder = tmp_path_factory.mktemp("sensitive") / "bundle"
    return SpeechDetector(write_bundle(folder, speech_card(), model.SerializeToString()))


def bursts(*bursts: tuple[float, float, float], seconds: float = 2.0) -> np.ndarray:
    """Silence with square waves in it, each (start s, end s, level dBFS), so that RMS and peak are one."""
    signal = np.zeros(round(seconds * RATE), dtype=np.float32)
    for start, end, level_db in bursts:
        part = signal[round(start * RATE) : round(end * RATE)]
        part[:] = 10.0 ** (level_db / 20.0) * np.where(np.arange(part.size) // 20 % 2, -1.0, 1.0)
    return signal


def found(spans: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(start / RATE, end / RATE) for start, end in spans]


def test_a_blip_is_no_speech(sensitive):
    signal = bursts((0.2, 0.28, -6.0), (0.6, 0.7, -6.0), (1.0, 1.2, -6.0))
    assert found(sensitive.find(signal, 0, signal.size)) == [(0.6, 0.7), (1.0, 1.2)]


def test_a_blip_that_may_go_on_in_the_next_hop_is_kept(sensitive):
    signal = bursts((0.44, 0.6, -6.0), (1.36, 1.5, -6.0))
    # Only 60 ms of each lie in the hop that is asked for.
    spans = sensitive.find(signal, round(0.54 * RATE), round(1.42 * RATE))
    assert found(spans) == [(0.54, 0.6), (1.36, 1.42)]
    # Cut off by the ends of the recording, too.
    assert found(sensitive.find(bursts((0.0, 0.06, -6.0), (1.94, 2.0, -6.0)), 0, 2 * RATE)) == [
        (0.0, 0.06),
        (1.94, 2.0),
    ]


@pytest.mark.parametrize(("level_db", "is_speech"), [(-30.0, True), (-38.0, True), (-42.0, False), (-50.0, False)])
def test_far_below_the_loudest_speech_is_background(sensitive, level_db, is_speech):
    tracker = SpeechTracker(sensitive)
    quiet = bursts((0.5, 1.5, level_db))
    # Nobody has spoken louder yet.
    assert found(tracker.find(quiet, 0, quiet.size)) == [(0.5, 1.5)]
    tracker.find(bursts((0.5, 1.5, 0.0)), 0, quiet.size)
    assert found(tracker.find(quiet, 0, quiet.size)) == ([(0.5, 1.5)] if is_speech else [])
    # It is remembered however long the pause.
    for _ in range(10):
        tracker.find(np.zeros_like(quiet), 0, quiet.size)
    assert found(tracker.find(quiet, 0, quiet.size)) == ([(0.5, 1.5)] if is_speech else [])


def test_only_what_is_asked_for_counts_as_heard(sensitive):
    # The loud second belongs to the next hop: it must not silence this one.
    tracker = SpeechTracker(sensitive)
    signal = bursts((0.2, 0.8, -50.0), (1.2, 1.8, 0.0))
    assert found(tracker.find(signal, 0, RATE)) == [(0.2, 0.8)]
    assert found(tracker.find(signal, RATE, 2 * RATE)) == [(1.2, 1.8)]
    assert tracker.find(signal, 0, RATE) == []


def test_the_quiet_end_of_a_word_is_no_background(sensitive):
    tracker = SpeechTracker(sensitive)
    tracker.find(bursts((0.0, 1.0, 0.0)), 0, 2 * RATE)
    # Three frames of 20 ms next to a loud one belong to it.
    word = bursts((0.4, 0.8, -10.0), (0.8, 1.2, -45.0))
    assert found(tracker.find(word, 0, word.size)) == [(0.4, 0.86)]


def test_each_signal_is_heard_afresh(sensitive):
    quiet, loud = bursts((0.5, 1.5, -50.0)), bursts((0.5, 1.5, 0.0))
    assert sensitive.find_all(np.concatenate([quiet, loud, quiet])) == [(8_000, 24_000), (40_000, 56_000)]
    assert sensitive.find_all(quiet) == [(8_000, 24_000)]


@pytest.mark.parametrize("level_db", [-80.0, -20.0])
def test_level_is_taken_about_the_mean(level_db):
    signal = bursts((0.0, 2.0, level_db)) + np.float32(0.25)
    assert level_dbfs(signal) == pytest.approx(level_db, abs=0.01)
    assert level_dbfs(np.full(100, 0.3, dtype=np.float32)) == -np.inf


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
