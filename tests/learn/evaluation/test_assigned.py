from __future__ import annotations

from dataclasses import replace

import pytest

from emotrace.errors import LeakError, UsageError
from emotrace.learn.evaluation.assigned import split_as_assigned


@pytest.fixture
def assigned(make_people):
    sides = {"x:1": "train", "x:2": "validation", "x:3": "test"}
    return [replace(u, split=sides[u.speaker]) for u in make_people(sides)]


def test_sides_are_those_of_the_manifest(assigned):
    split = split_as_assigned(assigned)
    assert {u.speaker for u in split.train} == {"x:1"}
    assert {u.speaker for u in split.validation} == {"x:2"}
    assert {u.speaker for u in split.test} == {"x:3"}


def test_an_own_division_is_checked_too(assigned):
    assigned[0] = replace(assigned[0], split="test")
    with pytest.raises(LeakError, match=r"split 'assigned' would leak: the same speaker: x:1"):
        split_as_assigned(assigned)


@pytest.mark.parametrize("side", [None, "dev"])
def test_unknown_side(assigned, side):
    assigned[0] = replace(assigned[0], split=side)
    with pytest.raises(UsageError, match=rf"1 have something else, first x/1/0\.wav with {side!r}"):
        split_as_assigned(assigned)


@pytest.mark.parametrize("side", ["train", "test"])
def test_empty_side(assigned, side):
    with pytest.raises(UsageError, match=f"got no utterance for {side}"):
        split_as_assigned([u for u in assigned if u.split != side])
