"""``emotrace corpus``: what corpora are known, what a folder holds, whether a manifest can be trusted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from emotrace.learn.corpora import Corpus, Problem, Scan
    from emotrace.learn.corpora._check import CheckReport, Finding
    from emotrace.types import Utterance

command = typer.Typer(help="List known corpora, read their folders, check manifests.", no_args_is_help=True)

# Enough to see what is wrong; thousands of lines would hide it.
_N_SHOWN = 5


class Format(str, Enum):
    """How a result is printed."""

    table = "table"
    json = "json"


_FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
_NameArgument = Annotated[str, typer.Argument(help="Name of a corpus, see 'emotrace corpus list'.")]


@command.command("list")
def list_corpora(format: _FormatOption = Format.table) -> None:
    """List the corpora that can be read."""
    facts = [_facts(name) for name in _names()]
    if format is Format.json:
        _print_json([_facts_dict(corpus) for corpus in facts])
        return
    from rich.table import Table

    table = Table("name", "utterances", "speakers", "languages", "labels", "licence")
    table.columns[0].no_wrap = True
    for corpus in facts:
        table.add_row(
            corpus.name,
            str(corpus.n_utterances),
            str(len(corpus.speakers)),
            " ".join(corpus.languages),
            str(len(corpus.labels)),
            corpus.licence,
        )
    _console().print(table)


@command.command()
def show(name: _NameArgument, format: _FormatOption = Format.table) -> None:
    """Show the facts of one corpus: licence, citation, counts, codes, known bad files."""
    corpus = _facts(name)
    if format is Format.json:
        _print_json(_facts_dict(corpus))
        return
    sexes = Counter(corpus.speakers.values())
    codes = ", ".join(f"{code} {emotion}" for code, emotion in corpus.emotions.items())
    lines = {
        "name": corpus.name,
        "title": corpus.title,
        "licence": f"{corpus.licence}  {corpus.licence_url}",
        "commercial use": "allowed" if corpus.allows_commercial_use else "not allowed",
        "cite": corpus.citation,
        "from": corpus.url,
        "languages": ", ".join(corpus.languages),
        "speakers": f"{len(corpus.speakers)} ({sexes['female']} women, {sexes['male']} men)",
        "utterances": f"{corpus.n_utterances} ({_joined(corpus.counts)})",
        "codes": codes,
        "file names": corpus.example,
        "notes": corpus.notes,
    }
    for name, value in lines.items():
        typer.echo(f"{name + ':':<16}{value}")
    for file, reason in corpus.known_bad.items():
        typer.echo(f"{'known bad:':<16}{file}: {reason}")


@command.command()
def scan(
    name: _NameArgument,
    root: Annotated[Path, typer.Argument(help="The folder it was unpacked into.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a manifest: .csv, .jsonl or .parquet.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List every problem.")] = False,
) -> None:
    """Find the utterances in a corpus folder; files that do not fit are reported on stderr."""
    from emotrace.learn.corpora import scan as scan_corpus

    result = scan_corpus(name, root)
    _report_problems(result.problems, verbose)
    _report_gaps(result)
    if output is not None:
        from emotrace.manifest import write_manifest

        write_manifest(result.utterances, output)
    typer.echo(_summary(result))
    if output is not None:
        typer.echo(f"wrote {_shown(str(output))}")


@command.command()
def check(
    manifest: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet table of utterances.")],
    format: _FormatOption = Format.table,
    min_seconds: Annotated[float, typer.Option(min=0.0, help="Report shorter utterances.")] = 0.3,
    max_seconds: Annotated[float, typer.Option(min=0.0, help="Report longer utterances.")] = 30.0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List every file.")] = False,
) -> None:
    """Check a manifest and its audio: counts, missing, undecodable, silent, clipped, identical, balance.

    Ends with 1 if there are errors (more clips than the corpus has, missing or undecodable files, segments beyond
    the end), with 0 if there are only warnings and notes. A part of a corpus is no fault.
    """
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn.corpora._check import check as check_utterances
    from emotrace.manifest import read_manifest

    utterances = read_manifest(manifest)
    with ProgressLine(f"checking {manifest.name}") as progress:
        report = check_utterances(
            utterances,
            _facts_of(utterances),
            min_seconds=min_seconds,
            max_seconds=max_seconds,
            on_done=lambda n_done: progress(n_done, len(utterances)),
        )
    if format is Format.json:
        _print_json(report.to_dict())
    else:
        _print_report(report, verbose)
    if report.errors:
        raise typer.Exit(1)


def _names() -> list[str]:
    from emotrace import registry

    return registry.names("corpus")


def _facts(name: str) -> Corpus:
    from emotrace import registry

    corpus: Corpus = registry.load("corpus", name).CORPUS
    return corpus


def _facts_of(utterances: Sequence[Utterance]) -> list[Corpus]:
    named = {utterance.corpus for utterance in utterances}
    return [_facts(name) for name in _names() if name in named]


def _facts_dict(corpus: Corpus) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(corpus), "n_utterances": corpus.n_utterances, "n_speakers": len(corpus.speakers)}


def _summary(result: Scan) -> str:
    from emotrace.plural import plural

    corpus = result.corpus
    n_problems, n_ignored = len(result.problems), result.n_ignored
    n_speakers = len({utterance.speaker for utterance in result.utterances})
    n_voted = sum(utterance.votes is not None for utterance in result.utterances)
    emotions = Counter(utterance.emotion for utterance in result.utterances)
    counts = {label: emotions[label] for label in corpus.labels if emotions[label]}
    votes = f"; listeners' votes for {n_voted}" if n_voted else ""
    return (
        f"{corpus.title}: {len(result.utterances)} of {corpus.n_utterances} utterances, "
        f"{n_speakers} of {len(corpus.speakers)} speakers ({_joined(counts)}){votes}; "
        f"{n_problems} {plural(n_problems, 'problem')}, {n_ignored} "
        f"{plural(n_ignored, 'file that is', 'files that are')} not audio"
    )


def _report_gaps(result: Scan) -> None:
    """Say what the folder lacks: it was meant to hold the whole corpus."""
    here = Counter(utterance.emotion for utterance in result.utterances)
    whole = result.corpus.release_with(here) or {}
    lost = {label: f"{n - here[label]} of {n}" for label, n in whole.items() if n > here[label]}
    if lost:
        n_lost = sum(whole.values()) - len(result.utterances)
        typer.echo(
            f"incomplete: {_shown(result.root)} lacks {n_lost} of the {sum(whole.values())} utterances of "
            f"{result.corpus.title}: {_joined(lost)}",
            err=True,
        )


def _report_problems(problems: Sequence[Problem], verbose: bool) -> None:
    shown = problems if verbose else problems[:_N_SHOWN]
    for problem in shown:
        typer.echo(f"problem: {_shown(problem.file)}: {_shown(problem.reason)}", err=True)
    if len(problems) > len(shown):
        typer.echo(f"problem: ... and {len(problems) - len(shown)} more; --verbose lists them all", err=True)


def _print_report(report: CheckReport, verbose: bool) -> None:
    from emotrace.plural import plural

    n = report.n_utterances
    typer.echo(f"{n} {plural(n, 'utterance')}, {report.seconds / 3600:.2f} h")
    for by, counts in report.balance.items():
        typer.echo(f"{by + ':':<10}{_joined(counts) if by != 'speaker' else _spread(counts)}")
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in [*report.errors, *report.warnings, *report.notes]:
        kinds.setdefault((finding.level, finding.kind), []).append(finding)
    for (level, kind), findings in kinds.items():
        typer.echo(f"{level}: {kind} ({len(findings)})")
        for finding in findings if verbose else findings[:_N_SHOWN]:
            typer.echo(f"  {_finding_line(finding)}")
        if not verbose and len(findings) > _N_SHOWN:
            typer.echo(f"  ... and {len(findings) - _N_SHOWN} more; --verbose lists them all")
    by_level = {"error": len(report.errors), "warning": len(report.warnings), "note": len(report.notes)}
    typer.echo(", ".join(f"{n} {plural(n, level)}" for level, n in by_level.items()))


def _finding_line(finding: Finding) -> str:
    files = ", ".join(_shown(file) for file in finding.files)
    # The decoder's sentence names the file already.
    if not files or finding.message.startswith(finding.files[0]):
        return _shown(finding.message)
    return f"{files}: {_shown(finding.message)}"


def _joined(counts: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _spread(counts: Any) -> str:
    if len(counts) <= 12:
        return _joined(counts)
    from statistics import median

    values = list(counts.values())
    return f"{len(values)} speakers with {min(values)} to {max(values)} utterances, median {median(values):g}"


def _shown(text: str) -> str:
    """Keep names from other people's disks from breaking the line or the terminal."""
    printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return printable.encode("utf-8", "replace").decode()


def _print_json(data: Any) -> None:
    # ASCII, because file names may hold bytes that no terminal encoding has.
    typer.echo(json.dumps(data, indent=2))


def _console() -> Console:
    from rich.console import Console

    return Console()
