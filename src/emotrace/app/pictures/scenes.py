"""The built-in pictures: scenes drawn as SVG, each named by the emotion it is meant to call up.

A file ``assets/scenes/<emotion>_<name>.svg`` *is* a picture; its ``<title>`` is shown under it, its ``<desc>``
says what is to be seen to those who cannot see it.
"""

from __future__ import annotations

import base64
import functools
import re
from dataclasses import dataclass
from html import unescape
from importlib.resources import files

from emotrace.labels import canonical


@dataclass(frozen=True, slots=True)
class Scene:
    """One built-in picture.

    Attributes
    ----------
    expected
        The emotion that it is meant to call up.
    title, description
        What it is, in a few words; what is to be seen.
    url
        The picture itself, as a ``data:`` address.
    """

    expected: str
    title: str
    description: str
    url: str


@functools.cache
def read_scenes() -> tuple[Scene, ...]:
    """Give the built-in pictures, so ordered that no emotion follows itself."""
    folder = files("emotrace.app") / "assets" / "scenes"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".svg")), key=lambda file: file.name)
    rows: dict[str, list[Scene]] = {}
    for file in found:
        emotion = canonical(file.name.partition("_")[0])
        rows.setdefault(emotion, []).append(_scene(emotion, file.read_text("utf-8")))
    most = max(map(len, rows.values()))
    return tuple(row[place] for place in range(most) for row in rows.values() if place < len(row))


def _scene(emotion: str, drawing: str) -> Scene:
    encoded = base64.b64encode(drawing.encode()).decode("ascii")
    return Scene(emotion, _text(drawing, "title"), _text(drawing, "desc"), f"data:image/svg+xml;base64,{encoded}")


def _text(drawing: str, name: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", drawing, re.DOTALL)
    assert found, f"a scene without <{name}>"
    return unescape(" ".join(found.group(1).split()))
