"""The engine: any blocks give the identical timeline, predictions tile the time, nothing is kept."""

from __future__ import annotations

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


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 30_000), max_size=30),
    start=st.integers(0, 600_000),
    length=st.integers(1, 110_000),
)
def test_any_block_sizes_give_the_identical_timeline(recogniser, caller, sizes, start, length):
    signal = caller[start : start + length]
    assert run(recogniser, signal, sizes) == run(recogniser, signal)


def test_blocks_of_one_telephone_packet_give_the_identical_timeline(recogniser, caller):
    signal = caller[160_000:240_000]
    assert run(recogniser, signal, [320] * 250) == run(recogniser, signal)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
