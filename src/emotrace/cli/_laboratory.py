"""What the commands of the laboratory share: what they cannot be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emotrace.errors import UsageError


def refuse_both_or_neither(names: Sequence[str] | None, is_all: bool, what: str) -> None:
    """Refuse a call that neither names anything nor wants all, or does both; ``what`` says what could be named."""
    if bool(names) == is_all:
        raise UsageError(f"name the {what}, or give --all, not both")


def refuse_missing_corpora(corpora: Path | None) -> None:
    """Refuse a folder of corpora that is not there."""
    if corpora is not None and not corpora.is_dir():
        raise UsageError(f"--corpora {corpora}: no such folder; give the one with a sub-folder for each corpus")


def refuse_jobs_without_cache(no_cache: bool, n_jobs: int) -> None:
    """Refuse processes that would find no features."""
    if no_cache and n_jobs > 1:
        raise UsageError("--no-cache cannot be had with --jobs: processes find features in the cache")
