"""The report of robustness for people: what every condition costs, and which targets are missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]


def show(report: Facts) -> None:
    """Print the tables on standard output."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    console.print(_conditions_table(report))
    sounds = report["non_speech"]
    if sounds is not None:
        console.print(_sounds_table(sounds))
    for entry in report["not_measured"]:
        console.print(f"not measured: {entry['name']}: {entry['reason']}", soft_wrap=True, markup=False)
    for target in report["targets"]:
        if target["is_met"] is not None:
            word = "met   " if target["is_met"] else "MISSED"
            console.print(f"{word} {target['what']}: {100 * target['value']:.2f}", soft_wrap=True, markup=False)


def _conditions_table(report: Facts) -> Any:
    from rich import box
    from rich.table import Table

    names = ", ".join(f"{name} {facts['n']}" for name, facts in report["corpora"].items())
    table = Table(
        box=box.SIMPLE,
        title=f"{report['n_clips']} clips of {report['n_speakers']} speakers ({names}); UAR in %",
        title_justify="left",
    )
    table.add_column("condition", no_wrap=True)
    table.add_column("UAR", justify="right", no_wrap=True)
    table.add_column("change [95 %]", justify="right", no_wrap=True)
    table.add_column("uncertain", justify="right")
    table.add_column("no speech", justify="right")
    for place, entry in enumerate(report["conditions"]):
        table.add_row(
            entry["title"],
            f"{100 * entry['unweighted_average_recall']['value']:.1f}",
            tell_change(entry["change"]) if place else "",
            f"{100 * entry['share_uncertain']:.0f}",
            f"{100 * entry['n_no_speech'] / entry['n']:.1f}",
        )
    return table


def _sounds_table(sounds: Facts) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE,
        title="Windows without speech in which an emotion is named, in %",
        title_justify="left",
    )
    table.add_column("kind of sound", no_wrap=True)
    table.add_column("windows", justify="right")
    table.add_column("emotion", justify="right")
    table.add_column("certain", justify="right")
    named = {kind: facts for kind, facts in sounds["kinds"].items() if facts["share_with_emotion"] > 0.0}
    for kind, facts in named.items():
        table.add_row(kind, *_shares(facts))
    n_quiet = len(sounds["kinds"]) - len(named)
    if n_quiet:
        quiet = sum(facts["n_windows"] for kind, facts in sounds["kinds"].items() if kind not in named)
        table.add_row(f"{n_quiet} other kinds" if named else f"{n_quiet} kinds", f"{quiet:,}", "0.00", "0.00")
    table.add_row("kinds the detector was not taught", *_shares(sounds["kinds_not_taught"]))
    table.add_row("all", *_shares(sounds))
    return table


def _shares(facts: Facts) -> tuple[str, str, str]:
    shares = (facts["share_with_emotion"], facts["share_with_certain_emotion"])
    return f"{facts['n_windows']:,}", *(f"{100 * share:.2f}" for share in shares)  # type: ignore[return-value]


def tell_change(change: Facts) -> str:
    """Say a change in points.

    >>> tell_change({"value": -0.042, "low": -0.0613, "high": 0.001})
    '-4.2 [-6.1, +0.1]'
    """
    value = f"{100 * change['value']:+.1f}"
    return value if change["low"] is None else f"{value} [{100 * change['low']:+.1f}, {100 * change['high']:+.1f}]"
