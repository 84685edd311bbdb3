"""The tables of docs/robustness.md, of what ``emotrace robustness`` has written."""

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def tell_targets(report: Report) -> str:
    """Every target, met or missed."""
    rows = ["| target | measured | |", "|---|---|---|"]
    for target in report["targets"]:
        verdict = {True: "met", False: "**missed**", None: "not measured"}[target["is_met"]]
        measured = "" if target["value"] is None else f"{100 * target['value']:.2f}"
        rows.append(f"| {target['what']} | {measured} | {verdict} |")
    n_missed = sum(target["is_met"] is False for target in report["targets"])
    n = len(report["targets"])
    return "\n".join([f"**{n - n_missed} of {n} targets are met** by the figures themselves:", "", *rows])


def tell_conditions(report: Report) -> str:
    """Every condition: what is left, and how much that is less."""
    rows = [
        "| condition | UAR [95 %] | change [95 %] | marked uncertain | no speech heard |",
        "|---|---|---|---|---|",
    ]
    for place, entry in enumerate(report["conditions"]):
        notes = []
        if "kbit_per_second" in entry:
            notes.append(f"{entry['kbit_per_second']:.0f} kbit/s")
        if entry["name"] == "gain+10":
            notes.append(f"{100 * entry['share_clipped']:.0f} % of clips are cut")
        if "uncut" in entry:
            notes.append(f"the {entry['uncut']['n']} others: {_change(entry['uncut']['change'])}")
        note = f" ({', '.join(notes)})" if notes else ""
        rows.append(
            f"| {entry['title']}{note} | {_score(entry['unweighted_average_recall'])} | "
            f"{_change(entry['change']) if place else ''} | {100 * entry['share_uncertain']:.0f} % | "
            f"{entry['n_no_speech']} of {entry['n']} |"
        )
    corpora = ", ".join(
        f"{facts['n']} of {name} ({facts['n_speakers']} speakers)" for name, facts in report["corpora"].items()
    )
    limits = ", ".join(f"{n} of each speaker of {corpus}" for corpus, n in report["limit_per_speaker"].items())
    return "\n".join(
        [
            f"{report['n_clips']} clips: {corpora}"
            + (f"; at most {limits}" if limits else "")
            + ". Unweighted average "
            f"recall (UAR) in per cent, changes in points, intervals over {report['n_speakers']} speakers; bundle "
            f"`{report['bundle']}` ({', '.join(f'{key} {value}' for key, value in report['protocol'].items())}).",
            "",
            *rows,
        ]
    )


def tell_corpora(report: Report) -> str:
    """The same by corpus."""
    names = list(report["corpora"])
    rows = [f"| condition | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for place, entry in enumerate(report["conditions"]):
        cells = []
        for name in names:
            scores = entry["corpora"][name]
            change = f" ({100 * scores['change']['value']:+.1f})" if place else ""
            cells.append(f"{100 * scores['unweighted_average_recall']['value']:.1f}{change}")
        rows.append(f"| {entry['title']} | {' | '.join(cells)} |")
    few = [
        f"{name} has {facts['n_speakers']}" for name, facts in report["corpora"].items() if facts["n_speakers"] < 5
    ]
    note = f"Few speakers make coarse figures: {', '.join(few)}." if few else ""
    return "\n".join([*rows, "", note]).rstrip()


def tell_non_speech(report: Report) -> str:
    """How often an emotion is named where nobody speaks."""
    sounds = report["non_speech"]
    rows = ["| kind of sound | windows | emotion named | and not marked uncertain |", "|---|---|---|---|"]
    for name, facts in [
        *sounds["kinds"].items(),
        ("**kinds the detector was not taught**", sounds["kinds_not_taught"]),
        ("**all**", sounds),
    ]:
        rows.append(
            f"| {name} | {facts['n_windows']} | {100 * facts['share_with_emotion']:.2f} % | "
            f"{100 * facts['share_with_certain_emotion']:.2f} % |"
        )
    low, high = sounds["peak_dbfs"]
    return "\n".join(
        [
            f"Sounds of {sounds['sound_seconds']:g} s with peaks between {low:g} and {high:g} dBFS, heard as "
            "`emotrace analyze` hears a recording: an emotion is named in "
            f"**{100 * sounds['share_with_emotion']:.2f} %** of {sounds['n_windows']} windows, in "
            f"{100 * sounds['kinds_not_taught']['share_with_emotion']:.2f} % of those of kinds that the detector "
            "was not taught.",
            "",
            *rows,
        ]
    )


def _score(score: dict[str, Any]) -> str:
    ends = "" if score["low"] is None else f" [{100 * score['low']:.1f}, {100 * score['high']:.1f}]"
    return f"{100 * score['value']:.1f}{ends}"


def _change(change: dict[str, Any]) -> str:
    ends = "" if change["low"] is None else f" [{100 * change['low']:+.1f}, {100 * change['high']:+.1f}]"
    return f"{100 * change['value']:+.1f}{ends}"
