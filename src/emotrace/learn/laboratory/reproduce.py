"""Do all runs of claims, keep what each gives at once, and go on where an earlier call was interrupted."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotrace.errors import EmotraceError, ReportError, UsageError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn._results import write_text
from emotrace.learn.laboratory.answers import keep_answers, run_folder
from emotrace.learn.laboratory.check import read_checked_claim
from emotrace.learn.laboratory.copies import Progress
from emotrace.learn.laboratory.recipe import Claim
from emotrace.learn.laboratory.run import AS_CLAIMED, TWIN, Run, RunWork, Task, checkpoints
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
        `keep_answers`; searches for parameters as `SEARCHES`. What an earlier version of the recipe has measured
        is moved to ``<claim>-<its fingerprint>.json``, and back when it is that recipe again. A network that is
        being trained has a folder of its own, `checkpoints`, until it is done.
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
        If there is no such claim, or its recipe is wrong or asks for what cannot be had.
    ReportError
        If an earlier record cannot be read.
    UsageError
        If the folder holds runs of the other size, small or real.
    """
    claim = read_checked_claim(recipe)
    refuse_other_size(folder, is_small)
    _make_room(claim, folder, tell)
    record = read_record(claim, folder, is_small)
    record.not_measured = why_missing(claim.corpora, root)
    if record.not_measured or root is None:
        write_record(record, folder)
        return record
    tasks = list_tasks(claim, recipe, 1 if is_small else n_seeds or claim.seeds)
    missing = [task for task in tasks if task.key not in record.runs]
    n_before = len(tasks) - len(missing)
    work = RunWork(root, is_small, cache, n_jobs, searches=folder / SEARCHES, folder=folder)
    try:
        if missing:
            work.prepare(recipe)
        # Features are made on all cores first; runs then find them.
        for n_done, (place, run) in enumerate(run_tasks(_share(work, n_jobs), missing, n_jobs), start=1):
            if isinstance(run, Death):
                raise EmotraceError(f"the process of the run '{missing[place].key}' {run.how}, twice")
            _keep(record, missing[place], run, folder)
            # Only now: what is not in the record would be trained again.
            shutil.rmtree(checkpoints(folder, claim, missing[place]), ignore_errors=True)
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
    stored = _read_stored(_path(folder, claim.claim))
    if stored is None or (stored.fingerprint, stored.is_small) != (claim.fingerprint, is_small):
        return Record(claim, is_small)
    return Record(claim, is_small, stored.runs, stored.not_measured)


def refuse_other_size(folder: Path, is_small: bool) -> None:
    """Refuse a folder whose records are of the other size: a trial must not take the place of real figures.

    Raises
    ------
    UsageError
        If there are such records.
    """
    for path in sorted(folder.glob("*.json")):
        # What cannot be read is told when it is wanted.
        with contextlib.suppress(ReportError):
            stored = _read_stored(path)
            if stored is not None and stored.runs and stored.is_small != is_small:
                raise UsageError(why_other_size(path, is_small))


def why_other_size(path: Path, is_small: bool) -> str:
    """Say why nothing ``is_small`` may be written beside ``path``, which is of the other size."""
    if is_small:
        return f"{path} holds real figures, which a trial with --fast must not replace; name another folder"
    return f"{path} holds figures of a trial with --fast, which mean nothing; name another folder, or remove it"


@dataclass(frozen=True)
class _Stored:
    """A record as it lies in its file."""

    fingerprint: str
    is_small: bool
    runs: dict[str, dict[str, Any]]
    not_measured: str


def _path(folder: Path, claim: str, fingerprint: str | None = None) -> Path:
    """Give the path of a claim's record; with a ``fingerprint``, of what that recipe has measured before."""
    return folder / (f"{claim}.json" if fingerprint is None else f"{claim}-{fingerprint}.json")


def _read_stored(path: Path) -> _Stored | None:
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        fingerprint, is_small = str(stored["fingerprint"]), bool(stored["is_small"])
        runs, why = dict(stored["runs"]), str(stored["not_measured"])
        if not fingerprint.isalnum():
            raise ValueError(fingerprint)  # It becomes part of a file's name.
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path}: cannot be read ({type(error).__name__}); remove it, and the claim is measured anew"
        ) from None
    return _Stored(fingerprint, is_small, runs, why)


def _make_room(claim: Claim, folder: Path, tell: Tell | None) -> None:
    """Move aside what an earlier version of the recipe has measured, and bring back what this one had."""
    path, own = _path(folder, claim.claim), _path(folder, claim.claim, claim.fingerprint)
    stored = _read_stored(path)
    if stored is not None and stored.fingerprint == claim.fingerprint:
        return
    lines = []
    try:
        if stored is not None and stored.runs:
            aside = _path(folder, claim.claim, stored.fingerprint)
            path.replace(aside)
            lines.append(f"{claim.claim}: the recipe has changed; what was measured before is kept in {aside}")
        if own.exists():
            own.replace(path)
            lines.append(f"{claim.claim}: goes on from {own}, which was measured with this recipe")
    except OSError as error:
        raise EmotraceError(f"cannot move records in {folder}: {error.strerror or error}") from None
    if tell is not None:
        for line in lines:
            tell(line)


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
    write_text(_path(folder, record.claim.claim), json.dumps(facts))


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
