"""The policy: the better approach wins, old impressions fade, and wrong calls are told in one line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.assistant import Policy
from emotrace.errors import UnknownNameError, UsageError

DAY = 86_400.0
STYLES = ("brief", "detailed", "chatty")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.db"


def simulate(policy: Policy, pleases: dict[str, float], n: int, rng: np.random.Generator, start: float = 0.0):
    """Let a person who is pleased with these probabilities react ``n`` times, hourly; give what was chosen."""
    chosen = []
    for hour in range(n):
        now = start + 3600.0 * hour
        chosen.append(policy.choose(now=now))
        policy.feedback(chosen[-1], 0.9 if rng.random() < pleases[chosen[-1]] else -0.9, when=now)
    return chosen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_better_approach_is_chosen_more(path, seed):
    policy = Policy(path, STYLES, rng=seed)
    pleases = {"brief": 0.2, "detailed": 0.8, "chatty": 0.4}
    chosen = simulate(policy, pleases, 150, np.random.default_rng(100 + seed))
    assert chosen[-75:].count("detailed") > 50
    assert set(chosen[:75]) == set(STYLES)
    standing = {style.approach: style for style in policy.statistics(now=150 * 3600.0)}
    assert standing["detailed"].preference > standing["brief"].preference
    assert sum(style.n_rewards for style in standing.values()) == 150


def test_a_person_who_changes_is_followed(path):
    policy = Policy(path, STYLES, half_life_days=1.0, rng=4)
    rng = np.random.default_rng(4)
    simulate(policy, {"brief": 0.9, "detailed": 0.1, "chatty": 0.1}, 100, rng)
    later = simulate(policy, {"brief": 0.1, "detailed": 0.9, "chatty": 0.1}, 100, rng, start=100 * 3600.0)
    assert later[-40:].count("detailed") > 25


def test_fading_forgets(path):
    policy = Policy(path, STYLES, half_life_days=10.0, rng=0)
    for _ in range(20):
        policy.feedback("brief", 1.0, when=0.0)
    sure, later, forgotten = (policy.statistics(now=days * DAY)[0] for days in (0.0, 10.0, 400.0))
    assert (sure.good, later.good) == pytest.approx((20.0, 10.0))
    assert sure.preference > later.preference > forgotten.preference == pytest.approx(0.5, abs=1e-6)
    assert sure.choice_probability > 0.9
    assert forgotten.choice_probability == pytest.approx(1 / 3, abs=1e-6)


def test_contexts_are_learned_apart_and_the_file_remembers(path):
    policy = Policy(path, STYLES, rng=0)
    policy.feedback("brief", -1.0, "billing", when=0.0)
    again = Policy(path, ["chatty", "brief"], rng=0)
    assert [style.n_rewards for style in again.statistics("billing", 0.0)] == [0, 1]
    assert [style.n_rewards for style in again.statistics("delivery", 0.0)] == [0, 0]
    # What is not named now is kept.
    again.feedback("chatty", 1.0, "billing", when=0.0)
    assert [style.n_rewards for style in policy.statistics("billing", 0.0)] == [1, 0, 1]


def test_the_same_seed_chooses_the_same(tmp_path):
    first = Policy(tmp_path / "a.db", STYLES, rng=9)
    second = Policy(tmp_path / "b.db", STYLES, rng=np.random.default_rng(9))
    assert [first.choose() for _ in range(20)] == [second.choose() for _ in range(20)]


def test_nothing_heard_changes_nothing(path):
    policy = Policy(path, STYLES)
    policy.feedback("brief", None)
    assert all(style.n_rewards == 0 and style.preference == 0.5 for style in policy.statistics())


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rewards=st.lists(
        st.tuples(
            st.sampled_from(STYLES), st.floats(-1.0, 1.0), st.floats(0.0, 1e9), st.sampled_from(["", "a b", "ä"])
        ),
        max_size=8,
    )
)
def test_any_rewards_leave_valid_probabilities(tmp_path_factory, rewards):
    policy = Policy(tmp_path_factory.mktemp("policy") / "policy.db", STYLES, rng=0)
    for approach, reward, when, context in rewards:
        policy.feedback(approach, reward, context, when)
    for context in ("", "a b", "ä"):
        standing = policy.statistics(context, now=1e9)
        assert sum(style.choice_probability for style in standing) == pytest.approx(1.0)
        assert all(0.0 < style.preference < 1.0 for style in standing)
        assert policy.choose(context, 1e9) in STYLES


@pytest.mark.parametrize(
    "approaches", [["one"], [], ["a", "a"], ["a", ""], "brief", ["a", "b\n"], ["a", "x" * 201]]
)
def test_approaches_that_are_none(path, approaches):
    with pytest.raises(UsageError, match=r"two or more different names|must be printable text"):
        Policy(path, approaches)
    assert not path.exists()


@pytest.mark.parametrize("half_life", [0.0, -1.0, math.nan])
def test_a_half_life_that_is_none(path, half_life):
    with pytest.raises(UsageError, match=r"half_life_days is .*; it must be above 0, or infinity to never forget"):
        Policy(path, STYLES, half_life)


def test_wrong_feedback(path):
    policy = Policy(path, STYLES)
    with pytest.raises(UnknownNameError, match=r"no approach named 'breif'; did you mean 'brief'\?"):
        policy.feedback("breif", 1.0)
    for reward in (1.01, -7.0, math.nan, math.inf):
        with pytest.raises(UsageError, match=r"the reward is .*; it must be from -1 \(annoyed\) to 1 \(pleased\)"):
            policy.feedback("brief", reward)
    with pytest.raises(UsageError, match="when is nan; it must be seconds since the epoch"):
        policy.feedback("brief", 1.0, when=math.nan)
    with pytest.raises(UsageError, match="now is inf"):
        policy.choose(now=math.inf)
    for context in ("x" * 201, "a\nb", "\ud800", 7):
        with pytest.raises(
            UsageError, match=r"the context is .*; it must be printable text of up to 200 characters"
        ):
            policy.feedback("brief", 1.0, context)
    assert all(style.n_rewards == 0 for style in policy.statistics())
