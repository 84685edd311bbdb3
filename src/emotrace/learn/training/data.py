"""Gather a recipe's speech from the folder of corpora and divide it honestly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from emotrace import registry
from emotrace.errors import RecipeError, TrainingError
from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._scan import scan
from emotrace.learn.evaluation.protocols import independent_folds, number_folds
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.recipe_sections import Data
from emotrace.manifest import UNKNOWN_SPEAKER, read_manifest
from emotrace.plural import plural
from emotrace.types import Utterance

Tell = Callable[[str, Mapping[str, Any]], None]

ROOT_VARIABLE = "EMOTRACE_CORPORA"

OWN_SPEECH = "own speech"
"""What a card calls the speech of a manifest that names no corpus."""


def say_nothing(_stage: str, _numbers: Mapping[str, Any]) -> None:
    """Report to nobody."""


def count_clips(stage: str, tell: Tell) -> Callable[[int, int], None]:
    """Give what tells of a stage's clips, now and then, how many of all are done."""

    def count(done: int, total: int) -> None:
        if done % 1000 == 0 or done == total:
            tell(stage, {"clips": done, "of": total})

    return count


def gather(data: Data, root: Path | None, tell: Tell = say_nothing) -> list[Utterance]:
    """Read all utterances of the recipe's corpora and manifests.

    Each corpus lies in the sub-folder of ``root`` with its name. Files that do not fit their corpus are left
    out, and ``tell`` is called with each and the reason.

    Raises
    ------
    TrainingError
        If ``root`` is None or lacks a corpus, naming it, or if a manifest does not say who speaks.
    CorpusError, ManifestError
        If a corpus's folder holds nothing of it, or a manifest cannot be read.
    RecipeError
        If ``data.exclude`` names a file that is not there.
    """
    utterances = [u for name in data.corpora for u in _scan_corpus(name, root, data, tell)]
    utterances += [u for path in data.manifests for u in _read_own(path)]
    found = {name for u in utterances for name in names_of(u)}
    missing = [name for name in data.exclude if name not in found]
    if missing:
        raise RecipeError(
            f"key 'data.exclude' names {', '.join(missing)}, which is not there; give file names without ending, "
            "where they repeat with their folder: DC/a01"
        )
    return [u for u in utterances if not names_of(u) & set(data.exclude)]


def _scan_corpus(name: str, root: Path | None, data: Data, tell: Tell) -> list[Utterance]:
    if root is None:
        raise TrainingError(
            f"no corpora: set {ROOT_VARIABLE} (or give --corpora) to a folder with one sub-folder per corpus: "
            f"{', '.join(data.corpora)}"
        )
    missing = [corpus for corpus in data.corpora if not (root / corpus).is_dir()]
    if missing:
        raise TrainingError(
            f"{root}: has no sub-folder {', '.join(missing)}; the recipe wants {', '.join(data.corpora)}"
        )
    result = scan(name, root / name)
    for problem in result.problems:
        tell("left out", {"file": problem.file, "reason": problem.reason})
    return result.utterances


def _read_own(path: str) -> list[Utterance]:
    utterances = read_manifest(path)
    # Nobody could tell whether they stand on both sides.
    nameless = [u.file for u in utterances if u.speaker in ("", UNKNOWN_SPEAKER)]
    if nameless:
        raise TrainingError(
            f"{path}: {len(nameless)} {plural(len(nameless), 'clip')} without a speaker, first "
            f"{nameless[0]}; fill in the column 'speaker': who is tested must not be heard in training"
        )
    return utterances


def names_of(utterance: Utterance) -> set[str]:
    """Give the names by which a recipe may leave an utterance out."""
    path = Path(utterance.file)
    return {path.stem, f"{path.parent.name}/{path.stem}"}


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
    folds = number_folds(independent_folds(data.protocol, utterances, data.split_seed))
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


def relative_name(file: str, corpora: Path | None) -> str:
    """Name a file by its place among the corpora, or as it is where it lies elsewhere."""
    if corpora is not None:
        path, root = Path(file).absolute(), corpora.absolute()
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return file


def corpus_facts(name: str) -> Corpus | None:
    """Give the licence, citation and labels of a corpus; None for speech of a manifest that is of no known one."""
    if name not in registry.names("corpus"):
        return None
    facts: Corpus = registry.load("corpus", name).CORPUS
    return facts


def is_sung(corpus: str) -> bool:
    """Say whether a corpus is song, which figures on speech leave out."""
    facts = corpus_facts(corpus)
    return facts is not None and facts.is_sung
