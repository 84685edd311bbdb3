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
    """Give the recipe's fold of its protocol, which must be speaker-independent."""
    folds = independent_folds(data.protocol, utterances, data.split_seed)
    if data.fold > len(folds):
        raise RecipeError(f"key 'data.fold' is {data.fold}, but protocol '{data.protocol}' has {len(folds)} folds")
    return folds[data.fold - 1]


def corpus_facts(name: str) -> Corpus:
    """Give the licence, citation and labels of a corpus."""
    facts: Corpus = registry.load("corpus", name).CORPUS
    return facts
