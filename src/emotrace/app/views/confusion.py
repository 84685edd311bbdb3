"""What was taken for what, as a table of colours: blue is right, red is wrong, the more the larger the share."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.app.views.parts import draw_emotion
from emotrace.labels import NO_SPEECH
from emotrace.markup import Html, element

_STRONG = 0.55


def draw_confusion(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
    no_speech: Sequence[int] | None = None,
    is_open: bool = False,
) -> Html:
    """Draw the table; the wrong are under each other by column, the true in rows.

    Parameters
    ----------
    rows, columns
        Labels that are true, and that were said.
    counts
        ``counts[row][column]``.
    no_speech
        How often nobody was heard, by row; a column of its own where there is anything in it.
    is_open
        Whether every cell with something in it is a button that carries its number, counted row by row.
    """
    if no_speech is not None and any(no_speech):
        columns = [*columns, NO_SPEECH]
        counts = [[*row, silent] for row, silent in zip(counts, no_speech, strict=True)]
    heads = [element("th", element("span", draw_emotion(said)), scope="col") for said in columns]
    head = element(
        "tr", element("td", "true ↓ heard →", class_="corner"), heads, element("th", "right", scope="col")
    )
    body = []
    for place, (true, row) in enumerate(zip(rows, counts, strict=True)):
        n = sum(row)
        cells = [
            _cell(true, said, count, n, place * len(columns) + column, is_open)
            for column, (said, count) in enumerate(zip(columns, row, strict=True))
        ]
        right = sum(count for said, count in zip(columns, row, strict=True) if said == true)
        share = f"{100 * right / n:.0f} %" if n else "–"
        body.append(
            element(
                "tr", element("th", draw_emotion(true), scope="row"), cells, element("td", share, class_="share")
            )
        )
    words = "Clips; the larger a cell's share of the true emotion, the stronger its colour"
    caption = element("caption", element("span", words))
    table = element("table", caption, element("thead", head), element("tbody", body), class_="confusion")
    return element(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label="What was taken for what"
    )


def _cell(true: str, said: str, count: int, n: int, number: int, is_open: bool) -> Html:
    share = count / n if n else 0.0
    kind = "right" if true == said else "wrong"
    weight = share if true == said else min(1.6 * share, 1.0)
    words = f"{count:,} of {n:,} {true} heard as {said}"
    shown = f"{count:,}" if count else ""
    inner = (
        element("button", shown, type="button", data_row=str(number), aria_label=f"{words}: list them")
        if is_open and count
        else element("span", shown, aria_label=words if count else None)
    )
    strong = " strong" if weight > _STRONG else ""
    return element("td", inner, class_=f"cell {kind}{strong}", style=f"--share: {100 * weight:.0f}%", title=words)
