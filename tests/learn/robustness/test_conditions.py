from __future__ import annotations

import pytest

from emotrace import registry
from emotrace.errors import UnknownNameError
from emotrace.learn.robustness.conditions import CLEAN, CONDITIONS, choose_conditions


def test_what_was_promised_is_there() -> None:
    names = [condition.name for condition in CONDITIONS]
    assert names[0] == CLEAN
    assert len(set(names)) == len(names)
    promised = {
        *(f"{noise}-{snr}" for noise in ("white", "babble") for snr in (20, 10, 5)),
        *("room", "telephone", "mp3", "opus", "gain-30", "gain-10", "gain+10"),
        *("clipping", "slower", "faster", "crop-2", "crop-1"),
    }
    assert promised <= set(names)


def test_every_change_is_an_augmentation_with_these_parameters_or_one_of_our_own() -> None:
    for condition in CONDITIONS:
        if condition.change in ("none", "white-noise", "crop"):
            continue
        kind = type(registry.load("augmentation", condition.change).PRESETS["default"])
        kind(**condition.parameters)


def test_nothing_but_noise_and_echoes_is_left_to_chance() -> None:
    for condition in CONDITIONS:
        assert not any(isinstance(value, tuple) for value in condition.parameters.values())


def test_clean_is_always_judged() -> None:
    assert [c.name for c in choose_conditions(["crop-1", "white-5"])] == ["clean", "white-5", "crop-1"]
    assert choose_conditions([]) == CONDITIONS


def test_unknown_conditions_are_named() -> None:
    with pytest.raises(UnknownNameError, match="no condition named 'phone'; did you mean 'telephone'"):
        choose_conditions(["phone"])
