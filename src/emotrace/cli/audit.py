"""``emotrace audit``: does anybody's test meet its training data?"""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from emotrace.cli._options import Output
from emotrace.errors import EmotraceError, UsageError

if TYPE_CHECKING:
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn.audit.lists import Sides


class Format(str, Enum):
    """How the result is printed."""

    table = "table"
    json = "json"


def command(
    first: Annotated[
        Path,
        typer.Argument(
            metavar="TRAIN|MANIFEST",
            help="The training list; or a manifest with a column 'split', or a folder with train/ and test/.",
        ),
    ],
    test: Annotated[Path | None, typer.Argument(metavar="TEST", help="The test list.", show_default=False)] = None,
    validation: Annotated[
        Path | None, typer.Option(metavar="LIST", help="A validation list, beside TRAIN and TEST.")
    ] = None,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Compare names only, do not listen.")] = False,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Do not measure what the leak is worth.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep what was computed before.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")] = Format.table,
    output: Output = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; default: all cores.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name everything that is shared.")] = False,
) -> None:
    """Find out what training and test share: speakers, recordings, identical and altered audio, sentences.

    A list is a manifest (.csv, .jsonl, .parquet), a folder of recordings, or a text file with a path on each line.
    Clips may be without labels. Who speaks is told by the column 'speaker' and by file names of known corpora.

    An audit that was interrupted goes on when it is called again: fingerprints and features are kept in
    $EMOTRACE_CACHE or the system's folder for caches.

    Ends with 0 if no leak was found, with 1 if one was, with 2 if the audit could not be made.
    """
    from emotrace.cli._audit_view import show
    from emotrace.cli._output import open_output, refuse_to_overwrite, tell, warn_in_one_line
    from emotrace.learn._processes import usable_cores
    from emotrace.learn.audit import audit

    try:
        sides, n_without_side = _read(first, test, validation)
        refuse_to_overwrite(output, {u.file for utterances in sides.values() for u in utterances})
        with warn_in_one_line(), _Phases() as progress:
            outcome = audit(
                sides,
                with_audio=not no_audio,
                with_baseline=not no_baseline,
                n_jobs=jobs or usable_cores(),
                cache=not no_cache,
                progress=progress,
            )
    except KeyboardInterrupt:
        tell(f"interrupted{'' if no_cache else '; the same command goes on from here'}")
        sys.exit(130)
    except EmotraceError as error:
        # 1 is kept for a leak: whoever asks a script must be able to tell.
        raise UsageError(str(error)) from None
    with open_output(output) as stream:
        if format is Format.json:
            facts = {**outcome.to_dict(), "n_without_side": n_without_side}
            # ASCII, because file names may hold bytes that no terminal encoding has.
            stream.write(json.dumps(facts, indent=1, allow_nan=False) + "\n")
        else:
            show(outcome, n_without_side, stream, verbose)
    if outcome.audit.verdict == "leak":
        raise typer.Exit(1)


def _read(first: Path, test: Path | None, validation: Path | None) -> tuple[Sides, int]:
    from emotrace.learn.audit import read_division, read_list

    if test is None:
        if validation is not None:
            raise UsageError("--validation goes with two lists: emotrace audit TRAIN TEST --validation LIST")
        return read_division(first)
    sides = {"train": read_list(first), "test": read_list(test)}
    if validation is not None:
        sides["validation"] = read_list(validation)
    return sides, 0


class _Phases:
    """A line of progress for each thing that is done, one after the other."""

    def __init__(self) -> None:
        self._what = ""
        self._line: ProgressLine | None = None

    def __enter__(self) -> _Phases:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def __call__(self, what: str, n_done: int, n_all: int) -> None:
        from emotrace.cli._progress import ProgressLine

        if what != self._what:
            self._end()
            self._what = what
            self._line = ProgressLine(what).__enter__()
        if self._line is not None:
            self._line(n_done, n_all)

    def _end(self) -> None:
        if self._line is not None:
            self._line.__exit__(None, None, None)
        self._line = None
