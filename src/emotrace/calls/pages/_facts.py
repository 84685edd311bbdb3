"""The conversation without its emotion: who talks how much, silence, and who cuts in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.calls.pages._controls import go_button
from emotrace.calls.pages._view import CallView
from emotrace.calls.words import count, party_title, percent, show_duration, show_span, show_time
from emotrace.markup import Html, element

_SHOWN_INTERRUPTIONS = 12


def draw_facts(view: CallView) -> Html:
    """Give the facts of the conversation."""
    summary = view.call["summary"]
    entries: list[tuple[str, list[Html] | str]] = [
        ("Talk", _talk(view, summary)),
        ("Silence", _silence(view, summary)),
    ]
    if len(view.parties) > 1:
        overlap = summary["overlap_seconds"]
        entries.append(("Both at once", show_duration(overlap) if overlap else "never"))
        entries.append(("Interruptions", _interruptions(summary)))
    listed = [[element("dt", name), element("dd", value)] for name, value in entries]
    return element("section", element("h2", "Conversation"), element("dl", *listed), id="facts")


def _talk(view: CallView, summary: Mapping[str, Any]) -> list[Html]:
    rows = []
    for party in view.parties:
        name = party["party"]
        share = summary["talk_share"].get(name) or 0.0
        seconds = summary["talk_seconds"].get(name) or 0.0
        bar = element(
            "svg",
            element("rect", width="100%", height="100%", class_="track"),
            element("rect", width=f"{100 * share:.1f}%", height="100%", class_="share"),
            class_="meter",
            aria_hidden="true",
        )
        turns = count(summary["n_turns"].get(name, 0), "turn")
        words = [element("b", percent(share)), f" {show_duration(seconds)}, {turns}"]
        rows.append(
            element("div", element("span", party_title(name)), bar, element("span", words), class_="share-row")
        )
    return rows


def _silence(view: CallView, summary: Mapping[str, Any]) -> list[Html]:
    seconds, longest = summary["silence_seconds"], summary["longest_silence"]
    said = element("span", f"{show_duration(seconds)} ({percent(seconds / view.duration)})")
    if not longest or longest["end"] <= longest["start"]:
        return [said]
    length = show_duration(longest["end"] - longest["start"])
    where = go_button(longest["start"], None, show_span(longest["start"], longest["end"]))
    return [said, element("span", f", the longest {length} ", where)]


def _interruptions(summary: Mapping[str, Any]) -> list[Html]:
    interruptions = summary["interruptions"]
    if not interruptions:
        return [element("span", "none")]
    by: dict[str, list[Html]] = {}
    for item in interruptions:
        by.setdefault(item["by"], []).append(go_button(item["start"], None, show_time(item["start"])))
    return [
        element("div", f"{count(len(buttons), 'time')} by the {party} ", _few(buttons), class_="chips")
        for party, buttons in by.items()
    ]


def _few(buttons: list[Html]) -> list[Html]:
    rest = len(buttons) - _SHOWN_INTERRUPTIONS
    more = [element("span", f"and {rest} more", class_="aside")] if rest > 0 else []
    return [*buttons[:_SHOWN_INTERRUPTIONS], *more]
