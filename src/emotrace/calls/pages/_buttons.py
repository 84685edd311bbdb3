"""Buttons that go to a moment of the call."""

from __future__ import annotations

from emotrace.calls.pages._html import Html, element


def go_button(start: float, end: float | None, text: str, what: str | None = None) -> Html:
    """Give a button that plays from ``start``, and stops at ``end`` where there is one.

    Where the page has no audio it only moves the cursor.
    """
    return element(
        "button",
        element("span", text, class_="time"),
        None if what is None else element("span", f" {what}"),
        type="button",
        class_="go",
        data_start=start,
        data_end=end,
        data_play=True,
    )
