"""The head of the page: which call, how it went, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emotrace.calls.pages._controls import go_button
from emotrace.calls.pages._verdict import verdict_class, verdict_mark
from emotrace.calls.pages._view import CallView
from emotrace.calls.words import count, sentence_case, show_duration, show_span, turns_words
from emotrace.markup import Html, element


def draw_header(view: CallView) -> Html:
    """Give the name of the call, its facts and its verdict."""
    call = view.call
    return element(
        "header",
        element("p", "Call report", class_="overline"),
        element("h1", element("bdi", view.name)),
        element("p", *_dotted(_facts(call)), class_="facts"),
        _verdict(call["verdict"]),
        class_="top",
    )


def _facts(call: Mapping[str, Any]) -> list[str]:
    n_channels = call["n_channels"]
    return [
        show_duration(call["duration"]),
        f"{'mono' if n_channels == 1 else f'{n_channels} channels'}, {call['sampling_rate'] / 1000:g} kHz",
        f"{count(len(call['turns']), 'turn')} {turns_words(call['turns_from'])}",
        count(len(call["escalations"]), "escalation"),
    ]


def _dotted(facts: Sequence[str]) -> list[Html]:
    return [element("span", fact) for fact in facts]


def _verdict(verdict: Mapping[str, Any]) -> Html:
    label = verdict["label"]
    return element(
        "div",
        verdict_mark(label),
        element(
            "div",
            element("h2", sentence_case(label), class_="verdict-word"),
            element("p", verdict["reason"]),
            _evidence(verdict["evidence"]),
        ),
        class_=f"verdict {verdict_class(label)}",
        role="group",
        aria_label="Verdict",
    )


def _evidence(evidence: Iterable[Mapping[str, Any]]) -> Html | None:
    links = [
        go_button(item["start"], item["end"], show_span(item["start"], item["end"]), item["what"])
        for item in evidence
    ]
    return element("p", *links, class_="chips") if links else None
