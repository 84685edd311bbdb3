"""The engine: any blocks give the identical timeline, predictions tile the time, nothing is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.errors import UsageError
from emotrace.types import Prediction


def run(recogniser, signal, sizes=(), **settings) -> list[Prediction]:
    """Push ``signal`` in blocks of the given sizes, the rest at once."""
    engine = recogniser.engine(**settings)
    predictions, position = [], 0
    for size in sizes:
        predictions += engine.push(signal[position : position + size])
        position += size
    return [*predictions, *engine.push(signal[position:]), *engine.close()]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 30_000), max_size=30),
    start=st.integers(0, 600_000),
    length=st.integers(1, 110_000),
)
def test_any_block_sizes_give_the_identical_timeline(recogniser, caller, sizes, start, length):
    signal = caller[start : start + length]
    assert run(recogniser, signal, sizes) == run(recogniser, signal)


@pytest.mark.parametrize("at_once", [2, 4, 100])
def test_windows_judged_at_once_say_what_they_say_alone(recogniser, caller, at_once):
    # What is pushed may be written over while windows wait.
    block, engine = np.empty(8_000, np.float32), recogniser.engine(at_once=at_once)
    together = []
    for start in range(0, caller.size - 8_000, 8_000):
        block[:] = caller[start : start + 8_000]
        together += engine.push(block)
    waited = len(together)
    together += engine.close()
    alone = run(recogniser, caller[: start + 8_000])
    assert waited % at_once == 0
    assert (waited > 0) == (at_once < 100)
    assert [replace(p, confidence=None, probabilities={}) for p in together] == [
        replace(p, confidence=None, probabilities={}) for p in alone
    ]
    for one, other in zip(together, alone, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4)


def test_blocks_of_one_telephone_packet_give_the_identical_timeline(recogniser, caller):
    signal = caller[160_000:240_000]
    assert run(recogniser, signal, [320] * 250) == run(recogniser, signal)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    length=st.integers(0, 80_000),
    hop=st.floats(0.1, 2.0),
    wider=st.floats(0.0, 2.0),
)
def test_predictions_tile_the_recording(recogniser, length, hop, wider):
    signal = np.zeros(length, dtype=np.float32)
    predictions = run(recogniser, signal, window_seconds=hop + wider, hop_seconds=hop)
    edges = [0.0, *(p.segment.end for p in predictions)]
    assert [p.segment.start for p in predictions] == edges[:-1]
    assert edges[-1] == pytest.approx(length / 16_000)
    assert all(p.emotion == "no speech" for p in predictions)


def test_a_prediction_comes_as_soon_as_its_window_is_complete(recogniser, caller):
    engine = recogniser.engine(window_seconds=3.0, hop_seconds=1.0)
    assert engine.latency == pytest.approx(1.0)
    assert engine.push(caller[:31_999]) == []
    (first,) = engine.push(caller[31_999:32_000])
    assert (first.segment.start, first.segment.end) == (0.0, 1.0)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 30_000), max_size=20),
    start=st.integers(0, 600_000),
    length=st.integers(1, 110_000),
    lookahead=st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, None]),
    hop=st.sampled_from([0.5, 0.75, 1.0]),
    data=st.data(),
)
def test_peeks_in_between_change_nothing(recogniser, caller, sizes, start, length, lookahead, hop, data):
    signal = caller[start : start + length]
    options = {"hop_seconds": hop, "lookahead_seconds": lookahead}
    engine = recogniser.engine(**options)
    predictions, position = [], 0
    for size in [*sizes, length]:
        predictions += engine.push(signal[position : position + size])
        position = min(position + size, signal.size)
        if data.draw(st.booleans()):
            seen = engine.peek()
            assert (seen is None) == (position == 0)
            if seen is not None:
                assert seen.segment.end == engine.duration == position / 16_000
                assert seen.segment.duration == pytest.approx(min(hop, engine.duration))
    speech = engine.speech()
    assert [*predictions, *engine.close()] == run(recogniser, signal, **options)
    again = recogniser.engine(**options)
    again.push(signal)
    assert again.speech() == speech


def test_a_peek_at_loud_speech_does_not_hide_the_quiet_speech_before(recogniser, caller):
    # Frames 40 dB below the loudest speech so far are background: a peek must not count as "so far".
    options = {"hop_seconds": 1.0, "lookahead_seconds": 2.0}
    speech = np.concatenate([p for p in np.split(caller[: 16_000 * 40], 40) if np.abs(p).max() > 0.1])
    signal = np.concatenate([speech[:26_000] * 0.005, speech[26_000:80_000]])
    engine = recogniser.engine(**options)
    predictions = engine.push(signal[:47_000])
    assert predictions == []
    assert engine.peek().is_speech
    predictions += [*engine.push(signal[47_000:]), *engine.close()]
    assert predictions == run(recogniser, signal, **options)
    assert predictions[0].is_speech


@pytest.mark.parametrize("lookahead", [0.0, 0.25, 1.0, 2.0])
def test_a_window_ends_a_lookahead_after_its_hop(recogniser, caller, lookahead):
    engine = recogniser.engine(window_seconds=3.0, hop_seconds=1.0, lookahead_seconds=lookahead)
    assert engine.latency == lookahead
    needed = round(16_000 * (1.0 + lookahead))
    assert engine.push(caller[: needed - 1]) == []
    (first,) = engine.push(caller[needed - 1 : needed])
    assert (first.segment.start, first.segment.end) == (0.0, 1.0)


def test_nothing_but_its_window_decides_on_a_hop(recogniser, caller):
    # Hop [4, 5) with 0.5 s of look-ahead is heard from 2.5 to 5.5 s, and speech is sought in there.
    options = {"window_seconds": 3.0, "hop_seconds": 1.0, "lookahead_seconds": 0.5}
    signal = caller[5 * 16_000 : 14 * 16_000].copy()
    other = signal.copy()
    other[: round(2.5 * 16_000)] *= 0.5
    other[round(5.5 * 16_000) :] = 0.0
    (expected,) = [p for p in run(recogniser, signal, **options) if p.segment.start == 4.0]
    (heard,) = [p for p in run(recogniser, other, **options) if p.segment.start == 4.0]
    assert expected.is_speech
    assert heard == expected
    other[round(2.5 * 16_000) : 3 * 16_000] = 0.0
    (changed,) = [p for p in run(recogniser, other, **options) if p.segment.start == 4.0]
    assert changed != expected


def test_half_of_window_minus_hop_is_the_default(recogniser, caller):
    signal = caller[: 16_000 * 20]
    centred = run(recogniser, signal, window_seconds=3.0, hop_seconds=1.0)
    assert run(recogniser, signal, window_seconds=3.0, hop_seconds=1.0, lookahead_seconds=1.0) == centred
    assert run(recogniser, signal, window_seconds=3.0, hop_seconds=1.0, lookahead_seconds=0.0) != centred


def test_a_peek_without_look_ahead_is_the_final_to_come(recogniser, caller):
    engine = recogniser.engine(hop_seconds=1.0, lookahead_seconds=0.0)
    seen, finals = [], []
    for second in range(20):
        # Before the last sample of the hop comes, and with it.
        finals += engine.push(caller[second * 16_000 : (second + 1) * 16_000])
        seen.append(engine.peek())
    assert [p.segment for p in seen] == [p.segment for p in finals]
    assert [p.emotion for p in seen if p.is_speech] == [p.emotion for p in finals if p.is_speech]


def test_a_peek_before_the_first_sample_and_after_the_last(recogniser, caller):
    engine = recogniser.engine()
    assert engine.peek() is None
    engine.push(caller[:1])
    assert engine.peek().segment.end == 1 / 16_000
    engine.close()
    assert engine.peek() is None


@pytest.mark.parametrize("lookahead", [-0.1, 2.01, float("nan"), float("inf")])
def test_a_bad_lookahead_is_refused(recogniser, lookahead):
    sentence = (
        r"look-ahead must be between 0 and window - hop = 2 seconds, got .*; take a longer window, or a shorter"
    )
    with pytest.raises(UsageError, match=sentence):
        recogniser.engine(window_seconds=3.0, hop_seconds=1.0, lookahead_seconds=lookahead)


def test_a_block_may_be_changed_after_it_was_pushed(recogniser, caller):
    block, engine = np.empty(16_000, dtype=np.float32), recogniser.engine()
    predictions = []
    for start in range(0, 160_000, 16_000):
        block[:] = caller[start : start + 16_000]
        predictions += engine.push(block)
        block[:] = 0.0
    assert [*predictions, *engine.close()] == run(recogniser, caller[:160_000])


def test_the_engine_forgets_what_it_has_judged(recogniser):
    engine = recogniser.engine()
    for _ in range(120):
        engine.push(np.zeros(16_000, dtype=np.float32))
    assert engine._buffer.size <= 4 * 16_000
    assert engine.duration == 120.0


def test_a_closed_engine_says_so(recogniser):
    engine = recogniser.engine()
    engine.close()
    assert engine.close() == []
    with pytest.raises(UsageError, match="closed; make a new one for the next recording"):
        engine.push(np.zeros(10, dtype=np.float32))


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (np.zeros((2, 5), dtype=np.float32), r"shape \(n_samples,\), got \(2, 5\); mix the channels first"),
        (np.array([0.0, np.nan], dtype=np.float32), "NaN or infinite"),
        (np.zeros(5, dtype=np.int16), "floats in .* got int16"),
    ],
)
def test_a_bad_block_is_refused(recogniser, block, sentence):
    with pytest.raises(UsageError, match=sentence):
        recogniser.engine().push(block)


@pytest.mark.parametrize(("window", "hop"), [(1.0, 2.0), (3.0, 0.01), (100.0, 1.0), (float("nan"), 1.0)])
def test_a_bad_window_is_refused(recogniser, window, hop):
    with pytest.raises(UsageError, match=r"0\.1 <= hop <= window <= 60 seconds"):
        recogniser.engine(window_seconds=window, hop_seconds=hop)
