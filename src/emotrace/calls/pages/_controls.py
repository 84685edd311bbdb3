"""What can be pressed: buttons that go to a moment of the call, tables that are sorted and filtered.

The script finds them by their attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotrace.markup import Html, element


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


@dataclass(frozen=True)
class Column:
    """A column: its title, its style class, and whether it can be sorted by (``first`` way: up or down)."""

    title: str
    name: str
    sorts: bool = True
    first: str = "ascending"


def draw_table(name: str, caption: str, columns: Sequence[Column], rows: Sequence[Html]) -> Html:
    """Give a table with a head whose buttons sort it."""
    heads = [element("th", _head(column), scope="col", class_=column.name) for column in columns]
    return element(
        "table",
        element("caption", caption, class_="hidden"),
        element("thead", element("tr", *heads)),
        element("tbody", *rows),
        id=name,
    )


def cell(column: str, content: Html | str | None, value: float | str | None = None, label: str = "") -> Html:
    """Give a cell; ``value`` is what it is sorted by, ``label`` its title where a phone shows no head."""
    return element("td", content, class_=column, data_value=value, data_label=label or None)


def choice(name: str, title: str, options: Sequence[tuple[str, str]]) -> Html:
    """Give a choice of rows; options are (value, text), the value "" stands for all rows."""
    listed = [element("option", text, value=value) for value, text in options]
    return element("label", f"{title} ", element("select", *listed, data_filter=name))


def search_field(title: str) -> Html:
    """Give a field that keeps the rows in which its words occur."""
    field = element(
        "input", type="search", data_filter="", placeholder=title, aria_label=title, autocomplete="off"
    )
    return element("label", field)


def filter_form(table: str, *controls: Html) -> Html:
    """Give the controls of a table, and how many rows they leave."""
    tally = element("output", "", data_tally=True, aria_live="polite", class_="aside")
    return element("div", *controls, tally, class_="filters", role="search", data_table=table)


def _head(column: Column) -> Html | str:
    if not column.sorts:
        return column.title
    return element("button", column.title, type="button", data_sort=column.first)
