"""An audit as people read it: what the sides hold, what they share, what that is worth, and the verdict last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from emotrace.learn.audit import Outcome
    from emotrace.learn.audit.listening import Unheard
    from emotrace.learn.audit.worth import Worth
    from emotrace.learn.evaluation.audit import Audit, Finding, SideFacts
    from emotrace.learn.evaluation.bootstrap import Interval

_N_NAMED = 3
_TITLES = {
    "speakers": "speakers",
    "recordings": "recordings",
    "windows": "windows of one",
    "identical audio": "identical audio",
    "near-identical audio": "altered copies",
    "sentences": "sentences",
}
_NEEDS_EARS = ("identical audio", "near-identical audio")


def show(outcome: Outcome, n_without_side: int, stream: TextIO, is_verbose: bool) -> None:
    """Write an outcome for people; ``n_without_side`` rows of the manifest had no side."""
    console = Console(file=stream, highlight=False, emoji=False, soft_wrap=True)
    audit = outcome.audit
    console.print(_tabulate_sides(audit.sides))
    console.print(_tabulate_findings(audit))
    _name_what_is_shared(console, audit, is_verbose)
    if outcome.worth is not None:
        console.print(_tabulate_worth(outcome.worth))
        console.print(Text(_say_worth(outcome.worth)))
    elif outcome.no_worth:
        console.print(Text(f"What a leak is worth was not measured: {outcome.no_worth}"))
    for note in _notes(outcome, n_without_side):
        console.print(Text(f"note: {_printable(note)}"))
    _name_unheard(console, outcome.unheard, is_verbose)
    colour = {"leak": "bold red", "unproven": "bold yellow", "no leak": "bold green"}[audit.verdict]
    console.print()
    console.print(Text(audit.describe(), style=colour))


def _tabulate_sides(sides: Mapping[str, SideFacts]) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column("")
    for name in sides:
        table.add_column(name, justify="right")
    facts = list(sides.values())
    table.add_row("clips", *(f"{side.n_clips:,}" for side in facts))
    table.add_row("speakers", *(f"{side.n_speakers:,}" for side in facts))
    if any(side.n_without_speaker for side in facts):
        table.add_row("clips of unknown speakers", *(f"{side.n_without_speaker:,}" for side in facts))
    table.add_row("most clips of one speaker", *(f"{side.most_clips_of_a_speaker:,}" for side in facts))
    for sex in sorted({sex for side in facts for sex in side.sexes}):
        table.add_row(f"clips by {sex} speakers", *(f"{side.sexes.get(sex, 0):,}" for side in facts))
    for emotion in sorted({emotion for side in facts for emotion in side.emotions}):
        table.add_row(Text(_printable(emotion)), *(_share(side.emotions.get(emotion, 0), side) for side in facts))
    return table


def _share(n: int, side: SideFacts) -> str:
    n_labelled = sum(side.emotions.values())
    return f"{n:,} ({100 * n / n_labelled:.0f} %)" if n_labelled else "-"


def _tabulate_findings(audit: Audit) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column("on both sides")
    table.add_column("found", justify="right")
    table.add_column("held-out clips", justify="right")
    table.add_column("")
    for finding in audit.findings:
        if finding.kind in _NEEDS_EARS and not audit.was_heard:
            table.add_row(_TITLES[finding.kind], "not looked for", "", "")
            continue
        if finding.kind == "speakers" and not finding.n_all:
            table.add_row(_TITLES[finding.kind], "cannot be known", "", "")
            continue
        n_all = "" if finding.n_all is None or finding.kind == "identical audio" else f" of {finding.n_all:,}"
        concerned = f"{finding.n_clips:,} of {finding.n_of_clips:,}" if finding.n_shared else ""
        table.add_row(_TITLES[finding.kind], f"{finding.n_shared:,}{n_all}", concerned, _judge(finding, audit))
    return table


def _judge(finding: Finding, audit: Audit) -> Text:
    if finding.is_leak:
        return Text("LEAK", style="bold red")
    if not finding.n_shared:
        return Text("-")
    if finding.kind == "near-identical audio":
        return Text(f"chance? (up to {audit.n_unexpected})")
    return Text("no leak")


def _name_what_is_shared(console: Console, audit: Audit, is_verbose: bool) -> None:
    for finding in audit.findings:
        if not finding.names:
            continue
        shown = finding.names if is_verbose else finding.names[:_N_NAMED]
        console.print(Text(f"{_TITLES[finding.kind]} on both sides:"))
        for name in shown:
            console.print(Text(f"  {_printable(name)}"))
        if len(finding.names) > len(shown):
            console.print(Text(f"  ... and {len(finding.names) - len(shown):,} more; --verbose names them all"))


def _tabulate_worth(worth: Worth) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column("a quick baseline")
    table.add_column("UAR", justify="right")
    table.add_column("95 % over speakers", justify="right")
    rows = {"random folds (speakers shared)": worth.random, "folds of whole speakers": worth.grouped}
    for name, interval in rows.items():
        table.add_row(name, f"{interval.value:.3f}", _ends(interval))
    if worth.as_given is not None:
        table.add_row(
            "your training and test side as they are", f"{worth.as_given.value:.3f}", _ends(worth.as_given)
        )
    return table


def _say_worth(worth: Worth) -> str:
    from emotrace.learn.audit.worth import FEATURE_SET, MODEL, N_FOLDS, SEEDS

    gap = worth.gap
    ends = "" if gap.low is None or gap.high is None else f" [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
    return (
        f"Knowing the speakers is worth {100 * gap.value:+.1f} points{ends} of unweighted average recall "
        f"({FEATURE_SET}, {MODEL}, {N_FOLDS} folds, seeds {', '.join(map(str, SEEDS))}; {worth.n_clips:,} clips, "
        f"{worth.n_speakers} speakers, {len(worth.labels)} labels)."
    )


def _ends(interval: Interval) -> str:
    return "-" if interval.low is None or interval.high is None else f"{interval.low:.3f} to {interval.high:.3f}"


def _notes(outcome: Outcome, n_without_side: int) -> list[str]:
    notes = list(outcome.audit.notes)
    if outcome.n_named:
        notes.append(f"file names of known corpora say who speaks in {outcome.n_named:,} clips")
    if n_without_side:
        notes.append(f"{n_without_side:,} rows have no side and were left out")
    if outcome.worth is not None and outcome.worth.n_left_out:
        notes.append(f"the baseline leaves out {outcome.worth.n_left_out:,} clips")
    return notes


def _name_unheard(console: Console, unheard: Mapping[str, Sequence[Unheard]], is_verbose: bool) -> None:
    clips = [clip for of_side in unheard.values() for clip in of_side]
    if not clips:
        return
    n_missing = sum(clip.is_missing for clip in clips)
    console.print(
        Text(
            f"could not be listened to: {len(clips):,} clips ({n_missing:,} missing, {len(clips) - n_missing:,} "
            "unreadable); they are compared by their names alone"
        )
    )
    shown = clips if is_verbose else clips[:_N_NAMED]
    for clip in shown:
        console.print(Text(f"  {_printable(clip.reason)}"))
    if len(clips) > len(shown):
        console.print(Text(f"  ... and {len(clips) - len(shown):,} more; --verbose names them all"))


def _printable(text: str) -> str:
    """Keep names from other people's disks from breaking the line or the terminal."""
    printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return printable.encode("utf-8", "replace").decode()
