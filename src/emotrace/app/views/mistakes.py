"""A judged folder: its figures, the table of what was taken for what, and the clips of one of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from emotrace.app.judging.judged import Confusion, shelve
from emotrace.app.views.confusion import draw_confusion
from emotrace.app.views.parts import draw_emotion, draw_figures
from emotrace.app.views.reliability import draw_reliability
from emotrace.app.views.shelf import MOST_ROWS, draw_list
from emotrace.learn.evaluation.reliability import reliability_bins
from emotrace.learn.explore.judged import Answer, Judged
from emotrace.markup import Html, element


def draw_judged(judged: Judged, confusion: Confusion) -> Html:
    """Draw a folder; every cell of the table can be opened."""
    answers = confusion.answers
    n_right = sum(answer.is_right for answer in answers)
    speakers = {answer.speaker for answer in answers} - {""}
    recalls = [
        sum(answer.is_right for answer in own) / len(own)
        for true in confusion.rows
        if (own := [answer for answer in answers if answer.emotion == true])
    ]
    figures = [
        (f"{100 * sum(recalls) / len(recalls):.1f} %", f"UAR, {confusion.title}"),
        (f"{100 * n_right / len(answers):.1f} %", "accuracy"),
        (f"{len(answers):,}", "clips"),
        *([(f"{len(speakers):,}", "speakers")] if speakers else []),
    ]
    sure = [answer for answer in answers if answer.confidence is not None]
    reliability = None
    if sure:
        bins = reliability_bins(
            [answer.confidence or 0.0 for answer in sure], [answer.is_right for answer in sure]
        )
        reliability = draw_reliability(bins)
    bundle = judged.report.get("bundle")
    table = draw_confusion(confusion.rows, confusion.columns, confusion.counts(), is_open=True)
    return element(
        "div",
        element("h2", PurePath(judged.name).name),
        element("p", f"Bundle {bundle}. Press a cell to list its clips below.", class_="soft") if bundle else None,
        draw_figures(figures),
        element("div", table, reliability, class_="judged"),
        class_="explore models",
    )


def draw_cell(answers: Sequence[Answer]) -> Html:
    """List the clips of a cell, the surest first."""
    if not answers:
        return element("div", element("p", "No clip was taken for that.", class_="soft"), class_="explore clips")
    first = answers[0]
    shelf = shelve(tuple(answers), "cell")
    head = element("h3", draw_emotion(first.emotion), " heard as ", draw_emotion(first.predicted))
    note = element(
        "p", f"The surest first{f', {MOST_ROWS} at most' if len(answers) > MOST_ROWS else ''}.", class_="soft"
    )
    return element("div", head, note, draw_list(shelf, range(len(answers))), class_="explore")
