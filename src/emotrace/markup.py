"""Build HTML that cannot be broken out of: whatever is not `Html` is escaped."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

# Controls and halves of surrogate pairs do not print, and marks of direction make a name read as another one.
# Joiners stay: Persian, Hindi and many emoji need them.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"br", "img", "input", "meta"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"


def escape(text: str) -> Html:
    """Escape text for content and quoted attributes; the result is ASCII, whatever the page's encoding.

    >>> escape('<b> "é" & more')
    '&lt;b&gt; &quot;&#233;&quot; &amp; more'
    """
    shown = html.escape(_INVISIBLE.sub("\ufffd", text))
    return Html(shown.encode("ascii", "xmlcharrefreplace").decode("ascii"))


def element(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Html:
    """Give an element; text in ``children`` is escaped, None is left out, lists are taken apart.

    ``class_="x"`` is the attribute ``class``, ``data_start=1`` is ``data-start``; None and False leave an
    attribute out, True gives it without a value.

    >>> element("a", "<", element("b", "x"), href="?a&b", hidden=True)
    '<a href="?a&amp;b" hidden>&lt;<b>x</b></a>'
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening) if name in _VOID else Html(f"{opening}{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Give all children, one after the other, as markup.

    >>> join(["a < b", [Html("<br>"), None], 3])
    'a &lt; b<br>3'
    """
    return Html("".join(_markup(child) for child in children))


def json_block(name: str, data: Mapping[str, Any]) -> Html:
    """Give data for the page's script as a block that no string within can end.

    >>> json_block("x", {"text": "</script>"})
    '<script type="application/json" id="x">{"text":"\\\\u003c/script\\\\u003e"}</script>'
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return element("script", Html(text), type="application/json", id=name)


def _markup(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return escape(str(child))
    return join(child)


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    # Data of pictures and sounds is long, and holds nothing to escape.
    shown = value if isinstance(value, Html) else escape(str(value))
    return f" {name}" if value is True else f' {name}="{shown}"'
