"""A folder of calls, from the command line to a folder of results with an index."""

from __future__ import annotations

import os
from pathlib import Path

from emotrace.audio.source import show_path
from emotrace.calls.folder.index import write_indexes
from emotrace.calls.folder.one_call import FolderSettings, Outcome
from emotrace.calls.folder.recordings import FoundCall, find_calls
from emotrace.calls.folder.workers import do_calls
from emotrace.calls.parties import UNKNOWN
from emotrace.calls.rules import check_labels, load_rules
from emotrace.cli._call_one import UNKNOWN_ADVICE, CallOptions, state_consent
from emotrace.cli._output import require_folder, tell
from emotrace.cli._progress import ProgressLine
from emotrace.errors import EmotraceError, UsageError


def analyze_folder(folder: Path, given: CallOptions, n_jobs: int | None) -> None:
    """Analyse all calls of a folder, write one JSON and one page each, and an index of all."""
    settings = _settings(folder, given)
    calls = find_calls(folder)
    n_jobs = min(n_jobs or _n_cores(), len(calls))
    outcomes = _do_all(calls, settings, n_jobs)
    try:
        page, table = write_indexes(outcomes, settings.output)
    except OSError as error:
        raise EmotraceError(f"cannot write into {settings.output}: {error.strerror or error}") from None
    if table.suffix == ".csv":
        tell("the index is CSV: for Parquet, pip install 'emotrace[parquet]'")
    n_unknown = sum(_is_unknown(outcome) for outcome in outcomes)
    if n_unknown:
        tell(f"calls whose speech is taken for one unknown speaker's: {n_unknown}; {UNKNOWN_ADVICE}")
    n_failed = sum(outcome.error is not None for outcome in outcomes)
    n_kept = sum(not outcome.is_new for outcome in outcomes)
    done = f"{len(outcomes) - n_failed - n_kept} analysed, {n_kept} kept from before"
    print(f"{show_path(page)}: {len(outcomes)} calls ({done}, {n_failed} failed)")
    if n_failed:
        raise EmotraceError(f"{n_failed} of {len(outcomes)} calls could not be analysed; the index says why")


def _settings(folder: Path, given: CallOptions) -> FolderSettings:
    if given.output is None:
        raise UsageError(f"{show_path(folder)} is a folder of calls; say where the results go: -o DIR")
    if given.turns is not None:
        raise UsageError("--turns is for one call; in a folder, call.rttm or call.json beside call.wav is read")
    if given.format is not None:
        raise UsageError("--format is for one call; a folder's calls are written as JSON and HTML")
    if given.output.exists() and given.output.resolve() == folder.resolve():
        raise UsageError(f"--output {given.output} is the folder of the recordings; give another one")
    if given.output.is_file():
        raise EmotraceError(f"cannot write into {given.output}: it is a file; a folder of calls needs a folder")
    require_folder(given.output)
    rules = load_rules(given.rules)
    state_consent(given.agent_consent, rules)
    settings = FolderSettings(
        output=given.output,
        rules=tuple(rules),
        customer=given.customer,
        agent=given.agent,
        agent_consent=given.agent_consent,
        model=given.model,
        labels=given.labels,
        has_audio=given.has_audio,
        limits=given.limits,
    )
    # A model that is of no use should be told of once, and not by every worker.
    check_labels(rules, settings.load().labels)
    given.output.mkdir(parents=True, exist_ok=True)
    return settings


def _do_all(calls: list[FoundCall], settings: FolderSettings, n_jobs: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with ProgressLine("calls") as progress:
        progress(0, len(calls))
        for outcome in do_calls(calls, settings, n_jobs):
            outcomes.append(outcome)
            for warning in outcome.warnings:
                tell(f"warning: {warning}")
            if outcome.error is not None:
                tell(outcome.error)
            progress(len(outcomes), len(calls))
    return outcomes


def _is_unknown(outcome: Outcome) -> bool:
    return outcome.document is not None and outcome.document["parties"][0]["party"] == UNKNOWN


def _n_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
