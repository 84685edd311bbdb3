"""The index of many calls: one table, the worst first, self-contained like the calls' own pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO
from urllib.parse import quote

from emotrace.calls.pages._controls import Column, cell, draw_table, filter_form, search_field
from emotrace.calls.pages._shell import write_page
from emotrace.calls.pages._verdict import VERDICTS, verdict_class, verdict_mark
from emotrace.calls.summary import NEGATIVE
from emotrace.calls.words import NO_VALUE, count, listed, percent, sentence_case, show_duration
from emotrace.markup import Html, element

Row = Mapping[str, Any]

_FAILED = "failed"
_COLUMNS = (
    Column("Verdict", "verdict-cell"),
    Column("Call", "file"),
    Column("Length", "number length", first="descending"),
    Column("Escalations", "number escalations", first="descending"),
    Column("Peak", "number peak", first="descending"),
    Column("Negativity", "negativity-cell", first="descending"),
    Column("Trend", "trend"),
    Column("Customer talks", "number share", first="descending"),
)
_TRENDS = {"rising": "↗ rising", "falling": "↘ falling", "steady": "→ steady"}
# Rising first when sorted.
_TREND_ORDER = {"rising": 0, "steady": 1, "falling": 2}


def write_index(calls: Sequence[Row], stream: TextIO) -> None:
    """Write the index page.

    Parameters
    ----------
    calls
        One mapping per call: ``file``, ``report`` (a path relative to the index, with slashes), ``verdict``,
        ``reason``, ``duration``, ``escalations``, ``critical`` (how many), ``peak``, ``trend``,
        ``customer_negativity``, ``talk_share_customer``, and perhaps ``quarter_negativity`` (four numbers). What
        is missing or None is shown as a dash. A call that failed has ``file`` and ``error``, one line.
    stream
        Where to; what is written is ASCII.
    """
    ranked = sorted(calls, key=rank)
    write_page(stream, "Calls", "", _body(ranked))


def rank(row: Row) -> tuple[Any, ...]:
    """Give what calls are sorted by: the escalated, then by escalations (critical ones first); the failed last."""
    if row.get("error"):
        return (2, 0, 0, 0, 0.0, 0.0, str(row["file"]))
    verdict = row.get("verdict")
    return (
        int(verdict != "escalated"),
        -(row.get("critical") or 0),
        -(row.get("escalations") or 0),
        VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS),
        -(row.get("peak") or 0.0),
        -(row.get("customer_negativity") or 0.0),
        str(row["file"]),
    )


def _body(calls: Sequence[Row]) -> Iterator[str]:
    total = sum(row.get("duration") or 0.0 for row in calls)
    facts = [element("span", count(len(calls), "call")), element("span", show_duration(total))]
    yield "<main class=index>\n"
    yield element(
        "header",
        element("p", "Call desk", class_="overline"),
        element("h1", "Calls"),
        element("p", *facts, class_="facts"),
        class_="top",
    )
    if calls:
        yield filter_form("calls", _verdicts(calls), search_field("Search calls and reasons"))
        yield draw_table(
            "calls", "Calls, the most escalated first", _COLUMNS, [_row(n, r) for n, r in enumerate(calls)]
        )
    else:
        yield element("p", "No calls.", class_="nothing")
    yield element(
        "p",
        "Verdicts point to calls worth listening to; they say nothing certain about any person. Peak: the highest "
        f"probability within an escalation. Negativity: the probability of {listed(NEGATIVE)} together in what "
        "the customer says, also by quarter of the call.",
        class_="footnote",
    )
    yield "\n</main>\n"


def _verdicts(calls: Sequence[Row]) -> Html:
    counted = Counter(_verdict_of(row) for row in calls)
    present = [label for label in (*VERDICTS, _FAILED) if counted[label]]
    options = [("", "all", len(calls)), *((label, label, counted[label]) for label in present)]
    chips = [
        element(
            "label",
            element("input", type="radio", name="verdict", value=value, data_filter="verdict", checked=not value),
            element("span", verdict_mark(value) if value in VERDICTS else None, f"{text} ", element("b", str(n))),
            class_=f"chip {verdict_class(value)}" if value in VERDICTS else "chip",
        )
        for value, text, n in options
    ]
    legend = element("legend", "Verdict", class_="hidden")
    return element("fieldset", legend, *chips)


def _verdict_of(row: Row) -> str:
    if row.get("error"):
        return _FAILED
    verdict = row.get("verdict")
    return verdict if verdict in VERDICTS else "unknown"


def _row(number: int, row: Row) -> Html:
    verdict = _verdict_of(row)
    if verdict == _FAILED:
        cells = [
            cell("verdict-cell", element("span", _FAILED, class_="word is-failed"), number),
            element("td", _name(row), element("small", row["error"]), class_="file", colspan="7"),
        ]
        return element("tr", *cells, data_verdict=_FAILED, class_="failed")
    word = element("span", verdict_mark(verdict), sentence_case(verdict), class_=f"word {verdict_class(verdict)}")
    duration, share, trend = row.get("duration"), row.get("talk_share_customer"), str(row.get("trend"))
    return element(
        "tr",
        # Sorting by verdict gives the order of escalation back.
        cell("verdict-cell", word, number),
        cell("file", element("span", _name(row), element("small", row.get("reason"))), row["file"]),
        cell("number length", NO_VALUE if duration is None else show_duration(duration), duration, "length"),
        cell("number escalations", _escalations(row), row.get("escalations"), "escalations"),
        cell("number peak", percent(row.get("peak")), row.get("peak"), "peak"),
        cell("negativity-cell", _negativity(row), row.get("customer_negativity"), "negativity"),
        cell("trend", _TRENDS.get(trend, NO_VALUE), _TREND_ORDER.get(trend), "trend"),
        cell("number share", percent(share), share, "customer talks"),
        data_verdict=verdict,
    )


def _name(row: Row) -> Html:
    name = element("bdi", row["file"])
    return element("a", name, href=_address(str(row["report"]))) if row.get("report") else name


def _address(report: str) -> str:
    """Give a path as an address that is relative, whatever it begins with: a colon could name a scheme."""
    return "./" + quote(report.lstrip("/"), safe="/", errors="surrogateescape")


def _escalations(row: Row) -> Html:
    n, critical = row.get("escalations"), row.get("critical") or 0
    if n is None:
        return element("span", NO_VALUE)
    return element("span", str(n), element("small", f"{critical} critical") if critical else None)


def _negativity(row: Row) -> Html:
    value = row.get("customer_negativity")
    quarters = row.get("quarter_negativity") or []
    bars = [
        element("rect", x=12 * n, width=10, y=f"{18 * (1 - quarter):.1f}", height=f"{18 * quarter:.1f}")
        for n, quarter in enumerate(quarters)
        if quarter is not None
    ]
    ground = [
        element("rect", x=12 * n, width=10, y="17", height="1", class_="track") for n in range(len(quarters))
    ]
    said = ", ".join(percent(quarter) for quarter in quarters)
    drawing = element(
        "svg", *ground, *bars, class_="spark", viewBox="0 0 46 18", role="img", aria_label=f"by quarter: {said}"
    )
    return element("span", drawing if quarters else None, percent(value), class_="spark-cell")
