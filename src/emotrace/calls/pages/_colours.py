"""The emotions' colours as style rules: the same hues on light and dark ground.

Contrast is the ratio of WCAG 2.2; what is drawn should stand out from its ground by 3 to 1 (criterion 1.4.11).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from emotrace.labels import COLOURS

DARK_GROUND = "#1b1e23"
"""Of the panels on dark screens; must be the ``--panel`` of ``page.css``."""

_MIN_CONTRAST = 3.0
# For labels of models that other people train, which have no colour of their own.
_SPARE = ("#5b8c85", "#a3663c", "#6b6ecf", "#b5657b", "#7a8f3a", "#4f7cac")


def colour_rules(labels: Sequence[str]) -> str:
    """Give the style rules of classes ``e0``, ``e1`` ... (one per label, in order), as properties to be used.

    ``--fill`` is the colour of areas, ``--on`` that of letters on them.
    """
    return "".join(_rules(labels))


def _rules(labels: Sequence[str]) -> Iterator[str]:
    fills = [COLOURS.get(label, _SPARE[n % len(_SPARE)]) for n, label in enumerate(labels)]
    for n, fill in enumerate(fills):
        yield f".e{n}{{--fill:{fill};--on:{_letters(fill)}}}\n"
    yield "@media screen and (prefers-color-scheme:dark){\n"
    for n, fill in enumerate(fills):
        lifted = lift(fill, DARK_GROUND)
        yield f".e{n}{{--fill:{lifted};--on:{_letters(lifted)}}}\n"
    yield "}\n"


def lift(colour: str, ground: str) -> str:
    """Mix a colour with white until it stands out from a dark ground.

    >>> lift("#ddaa33", "#1b1e23"), lift("#332288", "#1b1e23")
    ('#ddaa33', '#6c60a9')
    """
    for white in range(0, 101, 4):
        mixed = [channel + (255 - channel) * white / 100 for channel in _channels(colour)]
        lifted = "#" + "".join(f"{round(channel):02x}" for channel in mixed)
        if contrast(lifted, ground) >= _MIN_CONTRAST:
            return lifted
    return "#ffffff"


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21.

    >>> round(contrast("#ffffff", "#000000"), 3)
    21.0
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _letters(ground: str) -> str:
    return max(("#000000", "#ffffff"), key=lambda letters: contrast(letters, ground))


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _shares(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _shares(colour: str) -> list[float]:
    return [channel / 255 for channel in _channels(colour)]


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
