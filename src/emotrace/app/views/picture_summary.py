"""The end of a picture session: every picture with what it was meant to call up and what was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files

from emotrace.app.pictures.outcome import Outcome, State
from emotrace.labels import COLOURS

_MARKS: Mapping[State, str] = {
    "as expected": "✓ as expected",
    "otherwise": "≠ otherwise",
    "nothing said": "nothing said",
    "not heard": "not heard",
}
_MOST_NAMED = 3
_CAUTION = (
    "A picture is <i>meant</i> to call something up, and a model guesses from the sound of a voice. Neither knows "
    "what you felt: where they differ, ask yourself who is right."
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'"


def draw_summary(outcomes: Sequence[Outcome]) -> str:
    """Give the summary.

    Where picture and recording number 3 (from 0) belong stand ``src="picture:3"`` and ``src="recording:3"``: the
    page that holds them puts them in.
    """
    cards = "".join(_card(place, outcome) for place, outcome in enumerate(outcomes))
    return (
        f'<h2>{_headline(outcomes)}</h2><p class="soft">{_remark(outcomes)}</p>'
        f'<ol class="outcomes">{cards}</ol><p class="soft caution">{_CAUTION}</p>'
    )


def draw_page(outcomes: Sequence[Outcome], started: str) -> str:
    """Give the summary as a page of its own, to which pictures and recordings must be added (`draw_summary`)."""
    colours = "".join(f"--{_name(label)}:{colour};" for label, colour in COLOURS.items())
    style = f":root{{{colours}}}\n{_asset('app.css')}\n{_asset('picture_session.css')}"
    when = f"<p class='soft'>{escape(started)}, with emotrace</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Picture session</title><style>{style}</style></head>"
        f'<body class="picture-page"><main class="pictures"><p class="overline">Picture session</p>'
        f"{draw_summary(outcomes)}{when}</main></body></html>\n"
    )


def _headline(outcomes: Sequence[Outcome]) -> str:
    n_same = sum(outcome.state == "as expected" for outcome in outcomes)
    n_said = sum(outcome.state in ("as expected", "otherwise") for outcome in outcomes)
    if n_said == 0:
        return "Nothing was said"
    return f"{n_same} of {n_said} {'picture' if n_said == 1 else 'pictures'} heard as expected"


def _remark(outcomes: Sequence[Outcome]) -> str:
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in _MARKS}
    if counts["nothing said"] == len(outcomes):
        return "Nobody was heard speaking at any picture. Is it the right microphone, and not muted?"
    n_unsure = sum(outcome.uncertain for outcome in outcomes)
    parts = [
        f"{counts['nothing said']} with nothing said" if counts["nothing said"] else "",
        f"{counts['not heard']} could not be heard" if counts["not heard"] else "",
        f"{n_unsure} of the answers {'is' if n_unsure == 1 else 'are'} uncertain" if n_unsure else "",
    ]
    return "; ".join(part for part in parts if part) or "All answers are fairly certain."


def _card(place: int, outcome: Outcome) -> str:
    title = escape(outcome.title)
    return (
        f'<li class="outcome" data-state="{outcome.state}"><img src="picture:{place}" alt="{title}">'
        f'<div class="words"><h3>{title}</h3><dl><dt>expected</dt><dd>{_emotion(outcome.expected)}</dd>'
        f"<dt>heard</dt><dd>{_heard(outcome)}</dd></dl>{_bar(outcome)}"
        f'<p class="mark">{_MARKS[outcome.state]}</p>'
        f'<audio controls preload="metadata" src="recording:{place}" '
        f'aria-label="What you said at: {title}"></audio></div></li>'
    )


def _heard(outcome: Outcome) -> str:
    if outcome.state == "not heard":
        return f'<span class="nothing">{escape(outcome.reason)}</span>'
    if outcome.state == "nothing said":
        return '<span class="nothing">nothing said</span>'
    assert outcome.detected is not None
    assert outcome.confidence is not None
    doubt = ", uncertain" if outcome.uncertain else ""
    share = f'<span class="share">{outcome.confidence:.0%}{doubt}</span>'
    return f"{_emotion(outcome.detected)} {share}"


def _bar(outcome: Outcome) -> str:
    probabilities = sorted((outcome.probabilities or {}).items(), key=lambda item: -item[1])
    said = ", ".join(f"{label} {p:.0%}" for label, p in probabilities[:_MOST_NAMED]) or "nothing to show"
    pieces = "".join(
        f'<span style="width:{100 * p:.2f}%;background:var(--{_name(label)})" title="{label} {p:.0%}"></span>'
        for label, p in probabilities
    )
    return f'<div class="bar" role="img" aria-label="Probabilities: {said}">{pieces}</div>'


def _emotion(label: str) -> str:
    swatch = f'<span class="swatch" style="background:var(--{_name(label)})"></span>'
    return f'<span class="emotion">{swatch}{label}</span>'


def _name(label: str) -> str:
    return label.replace(" ", "-")


def _asset(name: str) -> str:
    return (files("emotrace.app") / "assets" / name).read_text("utf-8")
