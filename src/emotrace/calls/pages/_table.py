"""Tables that can be sorted and filtered; the script finds them by their attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotrace.calls.pages._html import Html, element


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
