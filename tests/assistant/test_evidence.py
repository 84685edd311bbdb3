"""Evidence: fading forgets, chances are chances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.assistant.evidence import Evidence, choice_probabilities

counts = st.floats(0.0, 1e5)
times = st.floats(-1e10, 1e10)


@given(good=counts, bad=counts, updated=times, now=times, half_life=st.floats(1e-3, 1e12))
def test_fading_never_adds_and_keeps_the_proportion(good, bad, updated, now, half_life):
    faded = Evidence(good, bad, 3, updated).faded(now, half_life)
    assert 0.0 <= faded.good <= good
    assert 0.0 <= faded.bad <= bad
    assert 0.0 < faded.preference < 1.0
    assert faded.updated == max(now, updated)
    assert faded.good * bad == pytest.approx(faded.bad * good, rel=1e-9, abs=1e-200)


@given(first=st.floats(0.0, 1e3), second=st.floats(0.0, 1e3))
def test_fading_in_two_steps_is_fading_in_one(first, second):
    evidence = Evidence(8.0, 3.0, 11, 0.0)
    there = evidence.faded(first, 50.0).faded(first + second, 50.0)
    at_once = evidence.faded(first + second, 50.0)
    assert (there.good, there.bad) == pytest.approx((at_once.good, at_once.bad))


def test_a_half_life_halves_and_a_long_time_forgets():
    evidence = Evidence(good=8.0, bad=2.0, n_rewards=10, updated=0.0)
    assert evidence.faded(30.0, 30.0) == Evidence(4.0, 1.0, 10, 30.0)
    assert evidence.faded(30.0 * 40, 30.0).preference == pytest.approx(0.5)
    assert evidence.faded(1e300, 1e-3).good == 0.0
    assert evidence.faded(1e9, math.inf).good == 8.0


@given(reward=st.floats(-1.0, 1.0), when=times, updated=times)
def test_a_reward_adds_one_in_all(reward, when, updated):
    before = Evidence(2.0, 3.0, 5, updated)
    faded = before.faded(when, 1e6)
    after = before.rewarded(reward, when, 1e6)
    assert after.good + after.bad == pytest.approx(faded.good + faded.bad + 1.0)
    assert after.n_rewards == 6
    share = (1.0 + reward) / 2.0
    assert after.good - faded.good == pytest.approx(share, abs=1e-9)


def test_a_clock_that_was_wrong_by_years_does_not_deafen():
    wrong = Evidence().rewarded(-1.0, 5e9, 1e6)
    right = wrong.rewarded(1.0, 1.7e9, 1e6).rewarded(1.0, 1.7e9 + 60.0, 1e6)
    assert right.good == pytest.approx(2.0)


@given(st.lists(st.builds(Evidence, counts, counts), min_size=1, max_size=6))
def test_choice_probabilities_are_probabilities(evidence):
    probabilities = choice_probabilities(evidence)
    assert all(0.0 <= p <= 1.0 for p in probabilities)
    assert sum(probabilities) == pytest.approx(1.0)


def test_choice_probabilities_are_what_drawing_gives():
    evidence = [Evidence(6.0, 2.0), Evidence(3.0, 3.0), Evidence(0.0, 0.0), Evidence(40.0, 25.0)]
    rng = np.random.default_rng(5)
    draws = np.array([[one.draw(rng) for one in evidence] for _ in range(20_000)])
    frequencies = np.bincount(draws.argmax(axis=1), minlength=4) / len(draws)
    assert choice_probabilities(evidence) == pytest.approx(frequencies.tolist(), abs=0.015)


def test_beliefs_narrower_than_the_grid_do_not_break_it():
    probabilities = choice_probabilities([Evidence(1e9, 1e9), Evidence(1e9, 1.01e9), Evidence(0.0, 1e9)])
    assert sum(probabilities) == pytest.approx(1.0)
    assert probabilities[0] > 0.99
