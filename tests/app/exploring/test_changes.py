"""Augmentations to be heard: every preset of every one, the same again with the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace import registry
from emotrace.app.exploring.changes import list_augmentations, make_changes
from emotrace.app.exploring.shelf import open_own
from emotrace.errors import UnknownNameError


@pytest.fixture
def shelf(folder: Path):
    return open_own(str(folder))


@pytest.mark.parametrize("name", registry.names("augmentation"))
def test_every_preset_is_there_after_the_original(shelf, name: str):
    changes = list(make_changes(shelf, shelf.utterances[0], name, 0))
    module = registry.load("augmentation", name)
    assert [change.name for change in changes] == ["original", *module.PRESETS]
    assert changes[0].seconds == pytest.approx(0.6)
    assert all((change.sound is None) == (module.LEVEL != "signal") for change in changes[1:])
    assert any(change.picture.png != changes[0].picture.png for change in changes[1:])


def test_a_seed_gives_the_same_again_and_another_does_not(shelf):
    def draw(seed: int) -> list[bytes]:
        return [change.picture.png for change in make_changes(shelf, shelf.utterances[0], "noise", seed)]

    assert draw(1) == draw(1)
    assert draw(1)[1:] != draw(2)[1:]
    assert draw(1)[0] == draw(2)[0]


def test_parameters_are_in_words(shelf):
    presets = {change.name: change.parameters for change in make_changes(shelf, shelf.utterances[0], "room", 0)}
    assert "direct to reverberant db" in presets["default"]
    assert " to " in presets["default"]
    assert all(list_augmentations().values())
    with pytest.raises(UnknownNameError):
        list(make_changes(shelf, shelf.utterances[0], "reverb", 0))
