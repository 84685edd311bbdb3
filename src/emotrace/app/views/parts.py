"""Small pieces that *Explore* and *Models* share: emotions, bars, tables, sounds and pictures within the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from emotrace.labels import COLOURS
from emotrace.learn.pictures._sound import Sound
from emotrace.markup import Child, Html, element


def draw_emotion(label: str) -> Html:
    """Give an emotion's word with its colour."""
    swatch = element("span", class_="swatch", style=f"background: {fill(label)}", aria_hidden="true")
    return element("span", swatch, label or "unknown", class_="emotion")


def fill(label: str) -> str:
    """Give a label's colour as CSS."""
    return f"var(--{label.replace(' ', '-')})" if label in COLOURS else "var(--soft)"


def draw_bar(share: float, colour: str = "var(--accent)") -> Html:
    """Give a bar from the left, 0 to 1 of its place."""
    inner = element("i", style=f"width: {100 * min(max(share, 0.0), 1.0):.1f}%; background: {colour}")
    return element("span", inner, class_="bar", aria_hidden="true")


def draw_table(heads: Sequence[Child], rows: Sequence[Sequence[Child]], caption: str, n_words: int = 1) -> Html:
    """Give a table that scrolls by itself where the screen is narrow; all but the first columns are numbers."""
    head = element(
        "tr", [element("th", title, scope="col", class_=_kind(k, n_words)) for k, title in enumerate(heads)]
    )
    body = [element("tr", [_cell(cell, k, n_words) for k, cell in enumerate(row)]) for row in rows]
    table = element(
        "table", element("caption", element("span", caption)), element("thead", head), element("tbody", body)
    )
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def draw_figures(figures: Sequence[tuple[str, str]]) -> Html:
    """Give big numbers with what they count."""
    return element(
        "div", [element("div", element("b", n), element("span", what)) for n, what in figures], class_="figures"
    )


def draw_audio(sound: Sound, words: str) -> Html:
    """Give a player; the sound is within the page."""
    return element(
        "audio", controls=True, preload="metadata", aria_label=words, src=data_uri(sound.data, sound.media_type)
    )


def data_uri(data: bytes, media_type: str) -> str:
    """Give bytes as an address that needs no server."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def draw_plate(png: bytes, words: str) -> Html:
    """Give a picture of figures on its own paper, which scrolls by itself where the screen is narrow."""
    image = element("img", src=data_uri(png, "image/png"), alt=words)
    return element("div", image, class_="plate", tabindex="0", role="region", aria_label=words)


def _kind(column: int, n_words: int) -> str | None:
    return None if column < n_words else "n"


def _cell(cell: Child, column: int, n_words: int) -> Html:
    if column == 0:
        return element("th", cell, scope="row")
    return element("td", cell, class_=_kind(column, n_words))
