"""The claims of published projects: as published, as claimed with our code, and on speakers never heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.app.views.parts import draw_figures
from emotrace.markup import Child, Html, element

Facts = Mapping[str, Any]

MISSING = element("div", "This installation came without the table.", class_="empty")
_HEADS = ("claim", "model", "published", "ours, as claimed", "ours, honest", "leak gap")
_LEAD = (
    "Each claim was measured twice: as claimed, with the published division of the clips, and honestly, on "
    "speakers who were not heard in training. Where clips were divided at random the same speakers stand on both "
    "sides: those figures are leaky, ours as well as the published ones, and say nothing about voices met for the "
    "first time."
)


def draw_reproduction(report: Facts | None) -> Html:
    """Draw the table; what is leaky says so in words, with a mark and a pattern."""
    if report is None:
        return MISSING
    claims = report["claims"]
    done = [claim for claim in claims if claim["results"]]
    waiting = [claim for claim in claims if not claim["results"]]
    # What a project only recommended was measured too, but claims nothing.
    claimed = [claim for claim in done if claim["published"]]
    n_claims = sum(bool(claim["published"]) for claim in claims)
    figures = [(f"{len(claimed)} of {n_claims}", "claims measured")]
    leak = report.get("leak")
    if leak:
        figures.append((f"{100 * leak['mean']:.0f} points", "what leaky figures promise too much, on average"))
    return element(
        "div",
        element("h2", "Claimed, as claimed, honest"),
        element("p", _LEAD, class_="lead"),
        _legend(),
        draw_figures(figures),
        element("div", _table(done), class_="scroll", tabindex="0", role="region", aria_label="Reproduced claims"),
        _remarks(done),
        _waiting(waiting),
        class_="explore models",
    )


def _legend() -> Html:
    return element(
        "p",
        element("span", "⚠ leaky", class_="leaky"),
        " the same speakers in training and test  ",
        element("span", "✓ honest", class_="honest"),
        " speakers never heard before",
        class_="legend",
    )


def _table(claims: list[Facts]) -> Html:
    rows = [row for claim in claims for row in _rows(claim)]
    head = element("tr", [element("th", title, scope="col") for title in _HEADS])
    return element(
        "table",
        element(
            "caption",
            element("span", "Accuracy in %; mean ± standard deviation over divisions, and the interval of 95 %"),
        ),
        element("thead", head),
        element("tbody", rows),
        class_="claims",
    )


def _rows(claim: Facts) -> list[Html]:
    rows = []
    for result in claim["results"]:
        name = element("th", element("b", claim["claim"]), element("small", claim["title"]), scope="row")
        group = "" if result["group"] == "all" else f", {result['group']}"
        values: list[Child] = [
            f"{result['model']}{group}",
            [_published(entry, claim["is_leaky"]) for entry in result["published"]] or "–",
            [_measured(result.get("as_claimed")), *_other_measures(result, claim["is_leaky"])],
            _measured(result.get("speaker_independent")),
            _gap(result, claim["is_leaky"]),
        ]
        # On a narrow screen every cell says what it is.
        cells = [element("td", value, data_name=head) for head, value in zip(_HEADS[1:], values, strict=True)]
        rows.append(element("tr", name, cells))
    return rows


def _published(entry: Facts, is_leaky: bool) -> Html:
    measure = "" if entry["measure"] == "accuracy" else f" ({entry['measure']})"
    return element("div", _value(100 * entry["value"], measure), None if _is_gap(entry) else _kind(is_leaky))


def _other_measures(result: Facts, is_leaky: bool) -> list[Html]:
    """Give ours of what else is published: a cross-validated accuracy, the accuracy of sexes."""
    return [
        element("div", _value(100 * entry["ours"], f" ({entry['measure']})"), _kind(is_leaky))
        for entry in result["published"]
        if entry["measure"] != "accuracy" and not _is_gap(entry) and entry["ours"] is not None
    ]


def _is_gap(entry: Facts) -> bool:
    """Tell whether a figure is what a leak is worth, which is itself not leaky."""
    return bool(entry["measure"] == "leak gap")


def _measured(entry: Facts | None) -> Child:
    if not entry or entry["accuracy"]["mean"] is None:
        return "–"
    spread = entry["accuracy"]["sd"]
    interval = entry.get("accuracy_interval")
    more = f" ± {100 * spread:.1f}" if spread is not None else ""
    bounds = f"[{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]" if interval else None
    return element(
        "div",
        _value(100 * entry["accuracy"]["mean"], more),
        element("small", bounds) if bounds else None,
        _kind(entry["is_leaky"]),
    )


def _value(value: float, more: str) -> Html:
    return element("span", element("b", f"{value:.1f}"), more, class_="number")


def _kind(is_leaky: bool) -> Html:
    return element("span", "⚠ leaky", class_="leaky") if is_leaky else element("span", "✓ honest", class_="honest")


def _gap(result: Facts, is_leaky: bool) -> str:
    gap = result.get("leak_gap")
    if gap is None or not is_leaky:
        return "none to show"
    return f"{100 * gap:+.1f}".replace("-", "−")


def _remarks(claims: list[Facts]) -> Html | None:
    items = [
        element("li", element("b", claim["claim"]), f" ({claim['project']}): {claim['remark']}")
        for claim in claims
        if claim["remark"]
    ]
    return (
        element("details", element("summary", "Remarks"), element("ul", items), class_="problems")
        if items
        else None
    )


def _waiting(claims: list[Facts]) -> Html | None:
    if not claims:
        return None
    items = []
    for claim in claims:
        figures = ", ".join(f"{entry['value']:g}" for entry in claim["published"])
        leaky = "leaky, " if claim["is_leaky"] else ""
        words = f" {claim['title']}: published {figures} ({leaky}{claim['not_measured']})"
        items.append(element("li", element("b", claim["claim"]), words))
    head = element("summary", f"{len(claims)} claims without a figure of ours")
    return element("details", head, element("ul", items), class_="problems")
