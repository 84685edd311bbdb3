"""The four quarters of the call below the time axis: how emotion divides, and how negative it is."""

from __future__ import annotations

from collections.abc import Mapping

from emotrace.calls.pages._view import CallView, Entry
from emotrace.calls.words import party_title, percent, show_duration, show_span
from emotrace.markup import Html, element


def draw_quarters(view: CallView) -> Html | None:
    """Give one row of four bars per analysed party; nothing where no party was analysed."""
    rows = [_row(view, party) for party in view.heard_parties]
    if not any(rows):
        return None
    return element("section", element("h2", "By quarter of the call"), *rows, id="quarters", aria_label="Quarters")


def _row(view: CallView, party: str) -> Html | None:
    quarters = [quarter for quarter in view.call["summary"]["quarters"] if quarter["party"] == party]
    if not quarters:
        return None
    title = element("p", party_title(party), class_="party-name") if len(view.heard_parties) > 1 else None
    return element("div", title, element("ol", *(_quarter(view, q) for q in quarters), class_="quarters"))


def _quarter(view: CallView, quarter: Entry) -> Html:
    heading = element(
        "h3",
        f"Q{quarter['quarter']}",
        element("span", show_span(quarter["start"], quarter["end"]), class_="time aside"),
    )
    if quarter["emotion"] is None or not quarter["probabilities"]:
        bar = element("svg", class_="stack", aria_hidden="true")
        return element("li", heading, bar, element("p", "nobody speaks", class_="aside"))
    spoken = element("p", f"{show_duration(quarter['speech_seconds'])} of speech", class_="aside")
    said = element("p", view.emotion(quarter["emotion"]), " ", element("b", _top(quarter)))
    negative = element("p", "negativity ", element("b", percent(quarter["negativity"])))
    return element("li", heading, _stack(view, quarter["probabilities"]), said, negative, spoken)


def _top(quarter: Entry) -> str:
    return percent(quarter["probabilities"].get(quarter["emotion"]))


def _stack(view: CallView, probabilities: Mapping[str, float]) -> Html:
    """Draw shares of one side by side, in the order of the vocabulary; say them to who cannot see."""
    parts, reached = [], 0.0
    total = sum(probabilities.values()) or 1.0
    shown = [label for label in view.labels if probabilities.get(label, 0.0) > 0.0]
    for label in shown:
        share = probabilities[label] / total
        name = element("title", f"{label} {percent(share)}")
        place = {"x": f"{100 * reached:.3f}%", "width": f"{100 * share:.3f}%"}
        parts.append(element("rect", name, **place, height="100%", class_=f"run {view.emotion_class(label)}"))
        reached += share
    said = ", ".join(f"{label} {percent(probabilities[label] / total)}" for label in shown)
    return element("svg", *parts, class_="stack", role="img", aria_label=said)
