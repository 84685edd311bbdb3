"""The lanes on the common time axis: escalations, each party's voice and emotion, negativity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emotrace.calls.pages._negativity import draw_negativity
from emotrace.calls.pages._verdict import severity_class, severity_shape
from emotrace.calls.pages._view import CallView, Entry, join_runs, party_note
from emotrace.calls.pages._waveform import draw_waveform
from emotrace.calls.words import party_title, percent, show_time
from emotrace.labels import NO_SPEECH
from emotrace.markup import Html, element

Peaks = Mapping[str, Sequence[float]]

_AXIS_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
# As many as a phone has room for, with minutes and with hours.
_AXIS_LABELS, _AXIS_LONG_LABELS = 9, 6


def draw_timeline(view: CallView, peaks: Peaks | None) -> Html:
    """Draw all lanes and, above them, what the script moves: the cursor and the tooltip."""
    lanes = [_flags(view), [_party(view, party, peaks) for party in view.parties], _axis(view)]
    stage = element("div", *lanes, _bands(view), _grid(view), element("div", id="cursor", hidden=True), id="stage")
    slider = element(
        "div",
        stage,
        id="timeline",
        role="slider",
        tabindex="0",
        aria_label="Position in the call",
        aria_valuemin="0",
        aria_valuemax=f"{view.duration:.1f}",
        aria_valuenow="0",
        aria_valuetext=show_time(0),
        aria_orientation="horizontal",
    )
    tooltip = element("div", id="tooltip", role="presentation", hidden=True)
    return element("div", slider, tooltip, _legend(view), class_="desk")


def draw_patterns() -> Html:
    """Give the hatching that the page's drawings refer to."""
    line = element("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", class_="hatch")
    pattern = element("pattern", line, id="unsure", width="6", height="6", patternUnits="userSpaceOnUse")
    return element("svg", element("defs", pattern), class_="hidden", aria_hidden="true", width="0", height="0")


def _party(view: CallView, party: Entry, peaks: Peaks | None) -> list[Html]:
    name = party["party"]
    lanes = [_caption(view, party), draw_waveform(view, party, None if peaks is None else peaks.get(name))]
    if party["is_emotion_analysed"]:
        return [*lanes, _ribbon(view, name), draw_negativity(view, name)]
    return [*lanes, _talk(view, name)]


def _caption(view: CallView, party: Entry) -> Html:
    share = view.call["summary"]["talk_share"].get(party["party"])
    said = None if share is None else f"{percent(share)} of the talk"
    is_plain = party["is_emotion_analysed"] and not party.get("consent")
    unheard = None if party["is_emotion_analysed"] else "unheard"
    note = None if is_plain else element("span", party_note(party), class_=unheard)
    title = element("strong", party_title(party["party"]))
    return element("p", title, None if said is None else element("span", said), note, class_="caption")


def _ribbon(view: CallView, party: str) -> Html:
    runs = join_runs(view.timeline(party))
    return _lane("ribbon", [_run(view, run) for run in runs])


def _run(view: CallView, run: Entry) -> Html:
    label, uncertain = run["emotion"], run["uncertain"]
    if label == NO_SPEECH:
        return element("rect", **view.span(run["start"], run["end"]), y="9", height="4", class_="silent")
    parts = [element("rect", width="100%", height="100%", class_="run")]
    if uncertain:
        parts.append(element("rect", width="100%", height="100%", fill="url(#unsure)"))
    name = f"{label}?" if uncertain else label
    parts.append(element("text", name, x="6", y="15.5", class_="unsure-text" if uncertain else None))
    return element("svg", *parts, **view.span(run["start"], run["end"]), class_=view.emotion_class(label))


def _talk(view: CallView, party: str) -> Html:
    """Show when a party speaks whose emotion is nobody's business."""
    blocks = [
        element("rect", **view.span(turn["start"], turn["end"]), height="100%", class_="talk")
        for turn in view.turns(party)
    ]
    return _lane("talks", blocks)


def _flags(view: CallView) -> Html | None:
    if not view.call["escalations"]:
        return None
    flags = [_flag(view, n, escalation) for n, escalation in enumerate(view.call["escalations"])]
    return _lane("flags", flags)


def _flag(view: CallView, number: int, escalation: Entry) -> Html:
    shape = severity_shape(escalation["severity"])
    text = element("text", str(number + 1), x="11", y="15.5", text_anchor="middle")
    return element(
        "svg",
        shape,
        text,
        x=view.at(escalation["start"]),
        width="22",
        height="22",
        class_=f"flag {severity_class(escalation['severity'])}",
        data_start=escalation["start"],
        data_escalation=number,
    )


def _bands(view: CallView) -> Html:
    bands = [
        element("rect", **view.span(e["start"], e["end"]), height="100%", class_=severity_class(e["severity"]))
        for e in view.call["escalations"]
    ]
    return _lane("bands", bands)


def _grid(view: CallView) -> Html:
    ends = [quarter["end"] for quarter in view.call["summary"]["quarters"]]
    inner = sorted({end for end in ends if 0.0 < end < view.duration - 1e-6})
    lines = [element("line", x1=view.at(end), x2=view.at(end), y1="0", y2="100%") for end in inner]
    return _lane("grid", lines)


def _axis(view: CallView) -> Html:
    labels = [
        element("text", show_time(t), x=view.at(t), y="14", class_=None if t else "first") for t in _ticks(view)
    ]
    return _lane("axis", labels)


def _ticks(view: CallView) -> Iterator[int]:
    most = _AXIS_LABELS if view.duration < 3600 else _AXIS_LONG_LABELS
    step = next((s for s in _AXIS_STEPS if view.duration / s <= most), _AXIS_STEPS[-1])
    # A label at the very end would hang over the edge.
    return (t for t in range(0, int(view.duration) + 1, step) if t <= 0.97 * view.duration)


def _lane(kind: str, drawn: Sequence[Html]) -> Html:
    return element("svg", *drawn, class_=f"lane {kind}", aria_hidden="true")


def _legend(view: CallView) -> Html | None:
    seconds: dict[str, float] = {}
    for party in view.heard_parties:
        for label, spent in view.call["summary"]["emotion_seconds"].get(party, {}).items():
            if label in view.labels:
                seconds[label] = seconds.get(label, 0.0) + spent
    total = sum(spent for label, spent in seconds.items() if label != NO_SPEECH)
    ranked = sorted((label for label in seconds if label != NO_SPEECH), key=lambda label: -seconds[label])
    # Shares of two people's emotions taken together would say nothing of either.
    is_one = len(view.heard_parties) == 1
    items = [
        _legend_item(view, label, seconds[label] / total if is_one else None)
        for label in ranked
        if seconds[label] > 0
    ]
    if not view.heard_parties:
        return None
    unsure = element("li", element("i", class_="swatch unsure e-none", aria_hidden="true"), "uncertain (hatched)")
    silent = element("li", element("i", class_="swatch silent", aria_hidden="true"), NO_SPEECH)
    return element("ul", *items, unsure, silent, class_="legend", aria_label="Emotions heard, by time")


def _legend_item(view: CallView, label: str, share: float | None) -> Html:
    shown = None if share is None else [" ", element("b", percent(share))]
    return element("li", view.emotion(label), shown)


def page_data(view: CallView) -> dict[str, Any]:
    """Give what the script needs to follow the playback: who speaks, and what was heard of them, when."""
    number = {label: n for n, label in enumerate(view.labels)}
    heard = {
        party_title(party): [
            [
                entry["start"],
                entry["end"],
                number[entry["emotion"]],
                int(bool(entry["uncertain"])),
                sorted(
                    (
                        [number[label], round(p, 2)]
                        for label, p in entry["probabilities"].items()
                        if label in number
                    ),
                    key=lambda pair: -pair[1],
                )[:3],
            ]
            for entry in view.timeline(party)
        ]
        for party in view.heard_parties
    }
    turns = [[turn["start"], turn["end"], party_title(turn["party"])] for turn in view.call["turns"]]
    escalations = [[e["start"], e["end"], e["message"]] for e in view.call["escalations"]]
    return {
        "duration": view.call["duration"],
        "labels": list(view.labels),
        "heard": heard,
        "turns": turns,
        "escalations": escalations,
    }
