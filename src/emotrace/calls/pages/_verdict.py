"""The signs of verdicts and of severities: a shape each, so that no colour is needed to tell them apart."""

from __future__ import annotations

from collections.abc import Mapping

from emotrace.markup import Html, element

VERDICTS = ("escalated", "tense", "recovered", "calm", "unknown")

# Lines in a box of 24.
_SHAPES: Mapping[str, str] = {
    "calm": "M5 13l4.5 4.5L19 7.5",
    "recovered": "M4 7c4 0 5 10 9 10 3 0 4.5-3 5-6M14.5 11.5h5.5v5",
    "tense": "M3 13c2-5 4-5 6 0s4 5 6 0 4-5 6 0",
    "escalated": "M4 18l6-7 4 3 6-8M14.5 5.5h6v6",
    "unknown": "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.5",
}


def verdict_mark(label: str) -> Html:
    """Draw the sign of a verdict; for the eye only."""
    shape = element("path", d=_SHAPES.get(label, _SHAPES["unknown"]))
    return element("svg", shape, class_="mark", viewBox="0 0 24 24", aria_hidden="true")


def verdict_class(label: str) -> str:
    """Give the style class of a verdict."""
    return f"is-{label}" if label in VERDICTS else "is-unknown"


def severity_class(severity: str) -> str:
    """Give the style class of a severity."""
    return "critical" if severity == "critical" else "warning"


def severity_shape(severity: str) -> Html:
    """Draw what the number of an escalation stands on: square if critical, round if a warning; 22 high."""
    if severity == "critical":
        return element("rect", x="1", y="1", width="20", height="20", rx="2")
    return element("circle", cx="11", cy="11", r="10")
