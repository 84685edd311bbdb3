"""Samples are even, seeded and of the right size."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emotrace.learn.explore.sample import spread_sample
from emotrace.types import Utterance

MANY = [
    Utterance(f"{s}{e}{k}", e, s) for s in "abcd" for e in ("anger", "fear") for k in range(20 if s == "a" else 5)
]


@given(st.integers(1, 100), st.integers(0, 5))
def test_samples_are_places_in_order(n: int, seed: int) -> None:
    places = spread_sample(MANY, n, np.random.default_rng(seed))
    assert len(places) == min(n, len(MANY))
    assert places == sorted(set(places))


def test_pairs_of_speaker_and_emotion_take_turns() -> None:
    places = spread_sample(MANY, 16, np.random.default_rng(0))
    assert set(Counter((MANY[p].speaker, MANY[p].emotion) for p in places).values()) == {2}


def test_the_seed_decides() -> None:
    one, again, other = (spread_sample(MANY, 12, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == again != other
