"""What the pages are put together from: sections, pictures, buttons that play, tabs, tables."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence

from emotrace.learn.pictures._sound import Sound
from emotrace.markup import Child, Html, element

_TRIANGLE = "M8 5v14l11-7z"
_BARS = "M7 5h4v14H7zM13 5h4v14h-4z"


def section(name: str, title: str, *children: Child, lead: Child = None) -> Html:
    """Give a section with a title and what is to be said first."""
    opening = None if lead is None else element("p", lead, class_="lead")
    return element("section", element("h2", title), opening, *children, id=name)


def part(title: str, *children: Child, note: Child = None) -> Html:
    """Give a part of a section."""
    said = None if note is None else element("p", note, class_="note")
    return element("div", element("h3", title), said, *children, class_="part")


def plate(png: bytes, description: str, is_half: bool = False) -> Html:
    """Give a picture on a sheet of paper; ``description`` is for those who do not see it."""
    picture = element("img", src=data_address(png, "image/png"), alt=description)
    return element("figure", picture, class_="plate half" if is_half else "plate")


def data_address(data: bytes, media_type: str) -> Html:
    """Give data as an address."""
    return Html(f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}")


class Sounds:
    """The recordings that a page holds, each once, however many buttons play it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._elements: list[Html] = []

    def button(self, key: str, sound: Sound | None, words: str, label: str = "") -> Html:
        """Give a button that plays a sound; ``key`` tells the sound from others, ``words`` what is heard.

        None for a sound that an earlier button of the same key plays.
        """
        if key not in self._names and sound is not None:
            self._add(key, data_address(sound.data, sound.media_type))
        return self._draw(key, words, label)

    def linked_button(self, key: str, address: str, words: str, label: str = "") -> Html:
        """Give a button that plays a recording that is not in the page."""
        if key not in self._names:
            self._add(key, address)
        return self._draw(key, words, label)

    def elements(self) -> Html:
        """Give the recordings themselves."""
        return element("div", *self._elements, hidden=True)

    def _add(self, key: str, address: str) -> None:
        self._names[key] = f"sound-{len(self._names)}"
        self._elements.append(element("audio", id=self._names[key], preload="none", src=address))

    def _draw(self, key: str, words: str, label: str) -> Html:
        icon = element(
            "svg", element("path", d=_TRIANGLE), element("path", d=_BARS), viewBox="0 0 24 24", aria_hidden="true"
        )
        return element(
            "button",
            icon,
            element("span", label) if label else None,
            type="button",
            class_="play",
            data_sound=self._names[key],
            aria_label=f"Play {words}",
            title=f"Play {words}",
        )


def tabs(name: str, panels: Mapping[str, Html], classes: Mapping[str, str] | None = None) -> Html:
    """Give panels of which one is seen at a time; without a script all are seen, one below the other."""
    buttons = [
        element(
            "button",
            element("i", class_=f"swatch {(classes or {})[title]}") if classes else None,
            title,
            type="button",
            role="tab",
            id=f"{name}-tab-{n}",
            aria_controls=f"{name}-{n}",
        )
        for n, title in enumerate(panels)
    ]
    drawn = [
        element(
            "div",
            element("h4", title),
            panel,
            role="tabpanel",
            id=f"{name}-{n}",
            aria_labelledby=f"{name}-tab-{n}",
        )
        for n, (title, panel) in enumerate(panels.items())
    ]
    return element("div", element("div", *buttons, role="tablist", class_="tablist"), *drawn, class_="tabs")


def fold(summary: str, *children: Child) -> Html:
    """Give something that is seen when it is asked for."""
    return element("details", element("summary", summary), *children)


def table(heads: Sequence[str], rows: Iterable[Sequence[Child]], class_: str = "", name: str = "") -> Html:
    """Give a table."""
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
            element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows)),
            class_=class_ or None,
            id=name or None,
        ),
        class_="scroll",
    )


def facts_line(*facts: Child) -> Html:
    """Give short facts in one line."""
    return element("p", *(element("span", fact) for fact in facts if fact), class_="facts")


def emotion(label: str, labels: Sequence[str]) -> Html:
    """Give an emotion with its colour."""
    place = f"e{list(labels).index(label)}" if label in labels else "e-none"
    return element("span", element("i", class_=f"swatch {place}"), label, class_="emotion")


def navigation(links: Mapping[str, str]) -> Html:
    """Give the bar that leads to the sections: titles by the names of sections."""
    return element("nav", *(element("a", title, href=f"#{name}") for name, title in links.items()))
