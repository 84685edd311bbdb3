"""The list of escalations: what was heard, when, how strong, and to be listened to."""

from __future__ import annotations

from emotrace.calls.pages._controls import go_button
from emotrace.calls.pages._verdict import severity_class, severity_shape
from emotrace.calls.pages._view import CallView, Entry
from emotrace.calls.words import party_title, percent, sentence_case, show_duration, show_span, show_time
from emotrace.markup import Html, element

_SHOWN_EVIDENCE = 6


def draw_escalations(view: CallView, has_audio: bool) -> Html:
    """Give one card per escalation, or say that there is none."""
    escalations = view.call["escalations"]
    cards = [_card(view, n, escalation, has_audio) for n, escalation in enumerate(escalations)]
    content = element("ol", *cards, class_="cards") if cards else element("p", _none(view), class_="nothing")
    return element("section", element("h2", "Escalations"), content, id="escalations", aria_label="Escalations")


def _none(view: CallView) -> str:
    return "No rule was met in this call." if view.heard_parties else "No party's emotion was analysed."


def _card(view: CallView, number: int, escalation: Entry, has_audio: bool) -> Html:
    severity, start, end = escalation["severity"], escalation["start"], escalation["end"]
    badge = element(
        "svg", severity_shape(severity), element("text", str(number + 1), x="11", y="15.5", text_anchor="middle"),
        width="22", height="22", class_=f"flag {severity_class(severity)}", aria_hidden="true",
    )  # fmt: skip
    title = element(
        "button",
        element("span", show_span(start, end), class_="time"),
        element("span", escalation["message"]),
        type="button",
        class_="card-title",
        data_start=start,
        data_escalation=number,
    )
    meta = [
        element("span", sentence_case(severity), class_="severity"),
        element("span", party_title(escalation["party"])),
        element("span", "mostly ", view.emotion(escalation["emotion"])),
        element("span", f"peak {percent(escalation['peak'])} at {show_time(escalation['peak_start'])}"),
        element("span", show_duration(end - start)),
        element("span", "rule ", element("code", escalation["rule"])),
    ]  # fmt: skip
    return element(
        "li",
        badge,
        element("h3", title),
        element("p", *meta, class_="facts"),
        element("p", element("span", "Heard at", class_="aside"), *_evidence(escalation), class_="chips"),
        _listen(start, end, has_audio),
        class_=f"card {severity_class(severity)}",
        data_number=number,
    )


def _evidence(escalation: Entry) -> list[Html]:
    """Offer the strongest stretches, in order of time."""
    strongest = sorted(escalation["evidence"], key=lambda item: -item["probability"])[:_SHOWN_EVIDENCE]
    shown = sorted(strongest, key=lambda item: item["start"])
    return [
        go_button(item["start"], item["end"], show_time(item["start"]), percent(item["probability"]))
        for item in shown
    ]


def _listen(start: float, end: float, has_audio: bool) -> Html | None:
    if not has_audio:
        return None
    triangle = element("svg", element("path", d="M7 5v14l12-7z"), viewBox="0 0 24 24", aria_hidden="true")
    return element(
        "button", triangle, "Play just this", type="button", class_="listen", data_start=start, data_end=end,
        data_play=True, aria_label=f"Play just this: {show_span(start, end)}",
    )  # fmt: skip
