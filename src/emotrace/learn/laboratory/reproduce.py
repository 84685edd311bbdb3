"""Do all runs of claims, keep what each gives at once, and go on where an earlier call was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotrace.errors import EmotraceError, ReportError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn._results import write_text
from emotrace.learn.laboratory.answers import keep_answers, run_folder
from emotrace.learn.laboratory.copies import Progress
from emotrace.learn.laboratory.recipe import Claim, read_claim
from emotrace.learn.laboratory.run import AS_CLAIMED, TWIN, Run, RunWork, Task
from emotrace.learn.laboratory.speech import why_missing

Tell = Callable[[str], None]

SEARCHES = "searches.sqlite3"
"""Where searches for parameters are kept, beside the records."""


@dataclass
class Record:
    """What is known of one claim: its runs by `Task.key`, or why there are none."""

    claim: Claim
    is_small: bool = False
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_measured: str = ""


def list_tasks(claim: Claim, recipe: str, n_seeds: int) -> list[Task]:
    """List all runs of a claim, so that an interruption leaves as many of the claim as of its twin."""
    return [
        Task(recipe, variant, model.name, group, nth)
        for nth in range(n_seeds)
        for group in claim.groups
        for model in claim.models_of(group)
        for variant in (AS_CLAIMED, TWIN)
    ]


def reproduce(
    recipe: str,
    root: Path | None,
    folder: Path,
    *,
    is_small: bool = False,
    n_seeds: int | None = None,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Record:
    """Do those runs of a claim that were not done before; every run is kept as soon as it is done.

    Parameters
    ----------
    recipe
        A claim's name, or the path of a recipe.
    root
        Folder with one sub-folder per corpus.
    folder
        Where the record is kept, as ``<claim>.json``; the answers of each run in a folder below ``<claim>``, see
        `keep_answers`; searches for parameters as `SEARCHES`.
    is_small
        A few clips, one division and short training: to see that all works. Its figures mean nothing.
    n_seeds
        How many divisions; default: the recipe's.
    n_jobs
        Processes.
    cache
        Of features; as for `emotrace.learn.table.extract_values`.
    progress
        Called with the runs done and all.
    tell
        Called with a line of text about what goes on.

    Returns
    -------
    The claim's record. If it cannot be measured, ``not_measured`` says why.

    Raises
    ------
    RecipeError, UnknownNameError
        If there is no such claim, or its recipe is wrong.
    ReportError
        If an earlier record cannot be read.
    """
    claim = read_claim(recipe)
    record = read_record(claim, folder, is_small)
    record.not_measured = why_missing(claim, root)
    if record.not_measured or root is None:
        write_record(record, folder)
        return record
    tasks = list_tasks(claim, recipe, 1 if is_small else n_seeds or claim.seeds)
    missing = [task for task in tasks if task.key not in record.runs]
    n_before = len(tasks) - len(missing)
    work = RunWork(root, is_small, cache, n_jobs, searches=folder / SEARCHES)
    try:
        if missing:
            work.prepare(recipe)
        # Features are made on all cores first; runs then find them.
        for n_done, (place, run) in enumerate(run_tasks(_share(work, n_jobs), missing, n_jobs), start=1):
            if isinstance(run, Death):
                raise EmotraceError(f"the process of the run '{missing[place].key}' {run.how}, twice")
            _keep(record, missing[place], run, folder)
            if tell is not None:
                tell(_sentence(claim, missing[place], run.facts))
            if progress is not None:
                progress(n_before + n_done, len(tasks))
    except EmotraceError as error:
        record.not_measured = " ".join(str(error).split())
        write_record(record, folder)
    return record


def read_record(claim: Claim, folder: Path, is_small: bool = False) -> Record:
    """Read what was measured of a claim; what an edited recipe or a small version has measured does not count.

    Raises
    ------
    ReportError
        If the file is there but cannot be read.
    """
    path = folder / f"{claim.claim}.json"
    if not path.exists():
        return Record(claim, is_small)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        is_same = (stored["fingerprint"], stored["is_small"]) == (claim.fingerprint, is_small)
        runs, why = dict(stored["runs"]), str(stored["not_measured"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path}: cannot be read ({type(error).__name__}); remove it, and the claim is measured anew"
        ) from None
    return Record(claim, is_small, runs, why) if is_same else Record(claim, is_small)


def write_record(record: Record, folder: Path) -> None:
    """Write a claim's record, whole or not at all.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    """
    facts = {
        "claim": record.claim.claim,
        "fingerprint": record.claim.fingerprint,
        "is_small": record.is_small,
        "not_measured": record.not_measured,
        "runs": record.runs,
    }
    write_text(folder / f"{record.claim.claim}.json", json.dumps(facts))


def _keep(record: Record, task: Task, run: Run, folder: Path) -> None:
    """Keep a run: its answers first, so that a run of the record has them."""
    about = {
        "claim": record.claim.claim,
        "fingerprint": record.claim.fingerprint,
        "is_small": record.is_small,
        "run": task.key,
        "is_leaky": run.facts["is_leaky"],
    }
    keep_answers(run.answers, about, run_folder(folder, record.claim.claim, task.key))
    record.runs[task.key] = run.facts
    write_record(record, folder)


def _share(work: RunWork, n_jobs: int) -> RunWork:
    return work if n_jobs == 1 else work.for_others()


def _sentence(claim: Claim, task: Task, facts: dict[str, Any]) -> str:
    leaky = " (leaky)" if facts["is_leaky"] else ""
    return (
        f"{claim.claim}, {task.key}: accuracy {facts['accuracy']:.3f}{leaky} on {facts['n_test']} clips, "
        f"{facts['seconds']:.1f} s"
    )


def read_records(claims: Sequence[Claim], folder: Path, is_small: bool = False) -> list[Record]:
    """Read the records of claims."""
    return [read_record(claim, folder, is_small) for claim in claims]
