"""Do all runs of an honest recipe, keep what each gives, and go on where an earlier call was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotrace.errors import EmotraceError, ReportError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn._results import write_text
from emotrace.learn.laboratory.check import read_checked_honest
from emotrace.learn.laboratory.copies import Progress
from emotrace.learn.laboratory.honest_recipe import Honest
from emotrace.learn.laboratory.honest_run import HonestTask, HonestWork
from emotrace.learn.laboratory.speech import why_missing

Runs = dict[str, dict[str, Any]]


@dataclass
class HonestRecord:
    """What is known of one recipe: its runs by `HonestTask.key`, or why there are none."""

    recipe: Honest
    runs: Runs = field(default_factory=dict)
    not_measured: str = ""


def list_honest_tasks(recipe: Honest, name: str) -> list[HonestTask]:
    """List all runs of a recipe, division by division."""
    return [
        HonestTask(name, group, heard, per_speaker, nth)
        for nth in range(recipe.tested.n_divisions)
        for group in recipe.groups
        for heard in recipe.heard
        for per_speaker in (False, True)
    ]


def measure_honestly(
    name: str,
    root: Path | None,
    folder: Path,
    *,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> HonestRecord:
    """Do those runs of a recipe that were not done before; every run is kept as soon as it is done.

    Parameters
    ----------
    name
        A recipe's name, or its path.
    root
        Folder with one sub-folder per corpus.
    folder
        Where the record is kept, as ``<name>.json``.
    n_jobs, cache
        As for `emotrace.learn.laboratory.reproduce.reproduce`.
    progress
        Called with the runs done and all.
    tell
        Called with a line of text about what goes on.

    Returns
    -------
    The record. If it cannot be measured, ``not_measured`` says why.

    Raises
    ------
    RecipeError, UnknownNameError
        If there is no such recipe, or it is wrong.
    ReportError
        If an earlier record cannot be read.
    """
    recipe = read_checked_honest(name)
    record = read_honest_record(recipe, folder)
    record.not_measured = why_missing(recipe.corpora, root)
    if record.not_measured or root is None:
        return record
    tasks = list_honest_tasks(recipe, name)
    open_tasks = [task for task in tasks if task.key not in record.runs]
    work = HonestWork(root, cache, n_jobs)
    try:
        if open_tasks:
            left_out = work.prepare(name).left_out
            for candidate, why in left_out.items():
                _say(tell, f"{recipe.honest}: candidate '{candidate}' is left out: {why}")
        sent = work if n_jobs == 1 else work.for_others()
        for n_done, (place, facts) in enumerate(run_tasks(sent, open_tasks, n_jobs), start=1):
            task = open_tasks[place]
            if isinstance(facts, Death):
                raise EmotraceError(f"the process of the run '{task.key}' {facts.how}, twice")
            record.runs[task.key] = facts
            _write(record, folder)
            _say(tell, _sentence(recipe, task, facts))
            if progress is not None:
                progress(len(tasks) - len(open_tasks) + n_done, len(tasks))
    except EmotraceError as error:
        record.not_measured = " ".join(str(error).split())
    return record


def read_honest_record(recipe: Honest, folder: Path) -> HonestRecord:
    """Read what was measured of a recipe; what an edited one has measured does not count.

    Raises
    ------
    ReportError
        If the file is there but cannot be read.
    """
    path = folder / f"{recipe.honest}.json"
    if not path.exists():
        return HonestRecord(recipe)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        is_same, runs = stored["fingerprint"] == recipe.fingerprint, dict(stored["runs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path}: cannot be read ({type(error).__name__}); remove it, and the recipe is measured anew"
        ) from None
    return HonestRecord(recipe, runs if is_same else {})


def _write(record: HonestRecord, folder: Path) -> None:
    facts = {"honest": record.recipe.honest, "fingerprint": record.recipe.fingerprint, "runs": record.runs}
    write_text(folder / f"{record.recipe.honest}.json", json.dumps(facts))


def _say(tell: Callable[[str], None] | None, line: str) -> None:
    if tell is not None:
        tell(line)


def _sentence(recipe: Honest, task: HonestTask, facts: Mapping[str, Any]) -> str:
    return (
        f"{recipe.honest}, {task.key}: UAR {facts['unweighted_average_recall']:.3f} on {facts['n_test']} clips "
        f"with '{facts['chosen']}', {facts['seconds']:.1f} s"
    )
