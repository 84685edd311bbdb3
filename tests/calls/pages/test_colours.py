"""The emotions' colours on dark ground, and the panel they are made for."""

from __future__ import annotations

from importlib import resources

import pytest

from emotrace.calls.pages._colours import DARK_GROUND, colour_rules, contrast, lift
from emotrace.labels import COLOURS


@pytest.mark.parametrize("colour", sorted(set(COLOURS.values())))
def test_every_colour_stands_out_from_the_dark_panel(colour: str) -> None:
    assert contrast(lift(colour, DARK_GROUND), DARK_GROUND) >= 3.0


def test_the_dark_panel_is_that_of_the_style_sheet() -> None:
    style = resources.files("emotrace.calls.pages").joinpath("assets", "page.css").read_text("utf-8")
    assert f"--panel: {DARK_GROUND};" in style


def test_labels_keep_the_colours_of_the_house_and_their_letters_can_be_read() -> None:
    rules = colour_rules([*COLOURS, "excitement"])
    light = rules.split("@media")[0]
    for n, colour in enumerate(COLOURS.values()):
        assert f".e{n}{{--fill:{colour};" in light
    for rule in light.splitlines():
        fill, letters = (part.split(":")[1] for part in rule.rstrip("}").split("{")[1].split(";"))
        assert contrast(fill, letters) >= 4.5
