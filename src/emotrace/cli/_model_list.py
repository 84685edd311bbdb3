"""Which models there are: those shipped with emotrace, and those in a folder; only their cards are read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emotrace.bundle import Card
from emotrace.bundle.card import CARD_FILE, MODEL_FILE
from emotrace.bundle.files import ZIP_SUFFIXES, open_files
from emotrace.bundle.quoting import plain
from emotrace.bundle.read import find_bundle, located, read_card, shipped_names
from emotrace.cli._card_scores import score_rows, value_of
from emotrace.errors import BundleError, UsageError

_FORBIDS_TRADE = re.compile(r"non-?commercial|research.only|\bNC\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model as a list tells of it.

    Attributes
    ----------
    name
        What ``--model`` takes: the name of a shipped model, or a path.
    kind, labels, description, licence
        As on the card, in one line.
    is_shipped
        Whether it came with emotrace.
    n_bytes
        Of its graph.
    allows_commercial_use
        What its licence and its corpora's say; None where a corpus is not known to emotrace.
    trained_on
        The names of its corpora.
    scores
        Unweighted average recall in [0, 1] of the sets of speech that its card has figures of; ``pooled`` is all
        speech together.
    """

    name: str
    kind: str
    is_shipped: bool
    labels: tuple[str, ...]
    n_bytes: int
    allows_commercial_use: bool | None
    licence: str
    description: str
    trained_on: tuple[str, ...]
    scores: dict[str, float]

    @property
    def headline(self) -> float | None:
        """The recall on all speech together; that on the only set where there is one; else None."""
        if len(self.scores) == 1:
            return next(iter(self.scores.values()))
        return self.scores.get("pooled")

    def to_dict(self) -> dict[str, Any]:
        """Give all of it in plain JSON types."""
        return {**asdict(self), "labels": list(self.labels), "trained_on": list(self.trained_on)}


def list_models(folder: Path | None, complain: Callable[[str], None]) -> list[Listed]:
    """List the shipped models by name, then those in ``folder`` by path.

    Parameters
    ----------
    folder
        Looked through at any depth for bundles; links are not followed.
    complain
        Called with a sentence about each bundle that cannot be read.

    Raises
    ------
    UsageError
        If ``folder`` is none.
    """
    sources = [(name, find_bundle(name), True) for name in shipped_names()]
    sources += [(str(path), path, False) for path in _bundles_in(folder)] if folder is not None else []
    listed = []
    for name, path, is_shipped in sources:
        try:
            listed.append(_describe(name, _read_card(path), is_shipped))
        except BundleError as error:
            # Anything may be a zip; what else is found has the looks of a bundle.
            if path.suffix.lower() != ".zip":
                complain(str(error))
    return listed


def _bundles_in(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise UsageError(
            f"--folder {plain(str(folder), 200)} is no folder; give one that holds bundles, such as runs"
        )
    for place, folders, files in os.walk(folder):
        folders.sort()
        if CARD_FILE in files:
            # A bundle holds no other.
            folders.clear()
            yield Path(place)
            continue
        yield from (Path(place, name) for name in sorted(files) if Path(name).suffix.lower() in ZIP_SUFFIXES)


def _read_card(path: Path) -> Card:
    try:
        with open_files(path) as files:
            return read_card(files)
    except BundleError as error:
        raise located(error, path) from None


def _describe(name: str, card: Card, is_shipped: bool) -> Listed:
    recalls = {
        part: value_of(scores.get("unweighted_average_recall")) for part, scores in score_rows(card.metrics)
    }
    return Listed(
        name=name,
        kind=card.kind,
        is_shipped=is_shipped,
        labels=card.labels,
        n_bytes=card.files[MODEL_FILE]["bytes"],
        allows_commercial_use=allows_commercial_use(card),
        licence=_one_line(card.licence),
        description=_one_line(card.description),
        trained_on=tuple(_one_line(corpus["name"]) for corpus in card.corpora),
        scores={_one_line(part): value for part, value in recalls.items() if value is not None},
    )


def allows_commercial_use(card: Card) -> bool | None:
    """Say whether a model may be used commercially, as far as its licence and its corpora's go.

    Returns
    -------
    False if its own licence or that of one of its corpora forbids it, True if all of its corpora allow it, None if
    emotrace does not know one of them.
    """
    from emotrace import registry

    known = registry.names("corpus")
    names = [corpus["name"] for corpus in card.corpora]
    allowed = [
        registry.load("corpus", name).CORPUS.allows_commercial_use if name in known else None for name in names
    ]
    if False in allowed or _FORBIDS_TRADE.search(card.licence):
        return False
    return True if allowed and None not in allowed else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
