"""Gather a recipe's speech from the folder of corpora and divide it honestly."""

from __future__ import annotations

from pathlib import Path

from emotrace import registry
from emotrace.errors import RecipeError, TrainingError
from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._scan import scan
from emotrace.learn.evaluation.protocols import independent_folds
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.recipe import Data
from emotrace.types import Utterance

ROOT_VARIABLE = "EMOTRACE_CORPORA"


def gather(data: Data, root: Path | None) -> list[Utterance]:
    """Read all utterances of the recipe's corpora, each from the sub-folder of ``root`` with its name.

    Raises
    ------
    TrainingError
        If ``root`` is None or lacks a corpus, naming it.
    CorpusError
        If a corpus's folder holds nothing of it.
    """
    if root is None:
        raise TrainingError(
            f"no corpora: set {ROOT_VARIABLE} (or give --corpora) to a folder with one sub-folder per corpus: "
            f"{', '.join(data.corpora)}"
        )
    missing = [name for name in data.corpora if not (root / name).is_dir()]
    if missing:
        raise TrainingError(
            f"{root}: has no sub-folder {', '.join(missing)}; the recipe wants {', '.join(data.corpora)}"
        )
    utterances = [u for name in data.corpora for u in scan(name, root / name).utterances]
    excluded = set(data.exclude)
    return [u for u in utterances if Path(u.file).stem not in excluded]


def divide(data: Data, utterances: list[Utterance]) -> Split:
    """Give the recipe's fold of its protocol, which must be speaker-independent.

    Raises
    ------
    RecipeError
        If the protocol has no such fold for these utterances.
    TrainingError
        If no speaker is left to validate on.
    UsageError
        If the utterances do not suit the protocol.
    LeakError
        If the fold would leak.
    """
    folds = _by_number(independent_folds(data.protocol, utterances, data.split_seed))
    if data.fold not in folds:
        raise RecipeError(
            f"key 'data.fold' is {data.fold}, but with these speakers protocol '{data.protocol}' has the folds "
            f"{', '.join(map(str, folds))}"
        )
    split = folds[data.fold]
    if not split.validation:
        raise TrainingError(
            f"split '{split.name}' has no validation speakers to choose the best epoch and to calibrate on; "
            "a corpus gives one if it has at least three training speakers: add a larger corpus to data.corpora"
        )
    return split


def _by_number(folds: list[Split]) -> dict[int, Split]:
    # joint-6 numbers its folds by a table and leaves out those that none of these speakers is in, so that
    # the place in the list is not always the number.
    numbers = [split.name.rpartition("/fold-")[2] for split in folds]
    return {
        int(number) if number.isdigit() else place: split
        for place, (number, split) in enumerate(zip(numbers, folds, strict=True), start=1)
    }


def corpus_facts(name: str) -> Corpus:
    """Give the licence, citation and labels of a corpus."""
    facts: Corpus = registry.load("corpus", name).CORPUS
    return facts
