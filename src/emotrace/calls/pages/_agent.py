"""What the customer sounded like before and after each turn of the agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from emotrace.calls.pages._controls import go_button
from emotrace.calls.pages._view import CallView, Entry
from emotrace.calls.summary import TENSE
from emotrace.calls.words import listed, percent, show_time
from emotrace.markup import Html, element

_EFFECTS = ("calmed", "stirred", "unchanged", "unknown")
_NO_CHANGE = "No turn can be said to have calmed or stirred the customer."


def draw_agent_turns(view: CallView) -> Html | None:
    """Give the turns after which something changed, and the others folded away."""
    turns: Sequence[Entry] = view.call["agent_turns"]
    if not turns:
        return None
    changed = [turn for turn in turns if turn["effect"] in ("calmed", "stirred")]
    others = [turn for turn in turns if turn["effect"] not in ("calmed", "stirred")]
    shown = element("ul", *(_row(view, turn) for turn in changed), class_="effects") if changed else None
    nothing = None if changed else element("p", _NO_CHANGE, class_="nothing")
    folded = _fold(view, others) if others else None
    explained = (
        f"Probability of {listed(TENSE, 'or')} in what the customer says before (ring) and after (dot) a turn of "
        "the agent. One may follow the other without being its effect."
    )
    return element(
        "section", element("h2", "After the agent spoke"), element("p", explained, class_="aside"),
        element("p", *_tally(turns), class_="facts"), shown, nothing, folded, id="agent",
    )  # fmt: skip


def _tally(turns: Sequence[Entry]) -> list[Html]:
    counted = Counter(turn["effect"] for turn in turns)
    return [element("span", element("b", str(counted[e])), f" {e}") for e in _EFFECTS if counted[e]]


def _fold(view: CallView, turns: Sequence[Entry]) -> Html:
    rows = element("ul", *(_row(view, turn) for turn in turns), class_="effects")
    return element("details", element("summary", f"Unchanged or unknown ({len(turns)})"), rows)


def _row(view: CallView, turn: Entry) -> Html:
    before, after = turn["before"] or {}, turn["after"] or {}
    points = f"{percent(before.get('tension'))} → {percent(after.get('tension'))}"
    words = [_effect(turn["effect"]), element("span", points, class_="points")]
    return element(
        "li",
        go_button(turn["start"], None, show_time(turn["start"])),
        _dumbbell(before, after),
        element("span", words, class_="effect-words"),
        element("span", _state(view, before), " → ", _state(view, after), class_="from-to"),
        class_=turn["effect"] if turn["effect"] in _EFFECTS else "unknown",
    )


def _effect(effect: str) -> Html:
    arrow = {"calmed": "↓ ", "stirred": "↑ "}.get(effect, "")
    return element("b", f"{arrow}{effect}")


def _state(view: CallView, state: Mapping[str, Any]) -> Html:
    return view.emotion(state.get("emotion")) or element("span", "not heard", class_="aside")


def _dumbbell(before: Mapping[str, Any], after: Mapping[str, Any]) -> Html:
    """Draw tension from 0 to 100 %: a ring where it was, a dot where it went."""
    places = [_place(state) for state in (before, after)]
    drawn = [element("line", x1="5", x2="115", y1="9", y2="9", class_="track")]
    if None not in places:
        drawn.append(element("line", x1=places[0], x2=places[1], y1="9", y2="9", class_="way"))
    drawn += [
        element("circle", cx=place, cy="9", r="4", class_=kind)
        for place, kind in zip(places, ("before", "after"), strict=True)
        if place is not None
    ]
    return element("svg", *drawn, class_="dumbbell", viewBox="0 0 120 18", aria_hidden="true")


def _place(state: Mapping[str, Any]) -> str | None:
    value = state.get("tension")
    return None if value is None else f"{5 + 110 * value:.1f}"
