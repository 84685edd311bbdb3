"""What a benchmark consists of: the folds of a protocol, and how each of its runs is known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emotrace import __version__
from emotrace.bundle import load_bundle
from emotrace.bundle.card import MODEL_FILE
from emotrace.errors import TrainingError, UnknownNameError, UsageError
from emotrace.labels import PRESETS
from emotrace.learn.benchmark.judged_fold import ANSWERS, JudgedFold, read_fold
from emotrace.learn.evaluation.corpus_out import CORPUS_OUT, CORPUS_OUT_LABELS
from emotrace.learn.evaluation.protocols import LEAKY_PROTOCOLS, PROTOCOLS, independent_folds, number_folds
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.data import gather, relative_name
from emotrace.learn.training.feature_recipe import FeatureRecipe
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.recipe import AnyRecipe, recipe_to_dict
from emotrace.learn.training.speech_recipe import SpeechRecipe
from emotrace.types import Utterance

# What a bundle is called changes no figure.
_NAMES = ("name", "description", "licence")


@dataclass(frozen=True, order=True)
class Run:
    """One training of a benchmark: a seed of the network, and the number of a fold."""

    seed: int
    fold: int

    def __str__(self) -> str:
        return f"seed {self.seed}, fold {self.fold}"

    def folder(self, output: Path) -> Path:
        """Where it is trained and judged."""
        return output / f"seed-{self.seed}" / f"fold-{self.fold}"


@dataclass(frozen=True)
class Plan:
    """Everything that the runs of a benchmark share.

    Attributes
    ----------
    recipe
        With the benchmark's protocol.
    corpora
        Folder with one sub-folder per corpus, or None.
    splits
        The protocol's folds by their numbers. Only training finds out whether two files sound the same.
    labels
        Among which all clips are judged; None for those of each clip's own corpus.
    """

    recipe: Recipe | FeatureRecipe
    corpora: Path | None
    splits: dict[int, Split]
    labels: tuple[str, ...] | None
    _speech: str
    _detector: str

    @property
    def protocol(self) -> str:
        """The protocol's name."""
        return self.recipe.data.protocol

    def recipe_of(self, run: Run) -> Recipe | FeatureRecipe:
        """Give the recipe of one training."""
        return replace(self.recipe, data=replace(self.recipe.data, fold=run.fold)).with_seed(run.seed)

    def identity(self, run: Run) -> str:
        """Hash what a run's figures depend on: recipe, speech, speech detector and the version of emotrace."""
        recipe = recipe_to_dict(self.recipe_of(run))
        recipe["export"] = {key: value for key, value in recipe["export"].items() if key not in _NAMES}
        facts = json.dumps([recipe, self._speech, self._detector, __version__], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def clips(self, held_out: Sequence[Utterance]) -> list[Utterance]:
        """Give those of a fold's clips that are judged: the others have emotions that are not asked for."""
        return [u for u in held_out if self.labels is None or u.emotion in self.labels]

    def runs(self, seeds: Iterable[int], folds: Iterable[int]) -> list[Run]:
        """List the runs of these seeds and folds, all folds if none is given; each once, seed by seed.

        Raises
        ------
        UsageError
            If the protocol has no such fold for this speech.
        """
        wanted = sorted(set(folds)) or list(self.splits)
        absent = [fold for fold in wanted if fold not in self.splits]
        if absent:
            raise UsageError(
                f"--fold {absent[0]}: with these speakers protocol '{self.protocol}' has the folds "
                f"{', '.join(map(str, self.splits))}"
            )
        return [Run(seed, fold) for seed in dict.fromkeys(seeds) for fold in wanted]

    def read(self, run: Run, output: Path) -> JudgedFold | None:
        """Give a fold that has been judged by this very plan; None where it has not.

        Raises
        ------
        ReportError
            If there is one, but it cannot be read.
        """
        path = run.folder(output) / ANSWERS
        fold = read_fold(path) if path.exists() else None
        return fold if fold is not None and fold.identity == self.identity(run) else None

    def find(self, output: Path) -> tuple[list[JudgedFold], list[Path]]:
        """Give all judged folds of a folder that are of this plan, and the folders of those that are not."""
        own, others = [], []
        for run in find_runs(output):
            fold = self.read(run, output) if run.fold in self.splits else None
            if fold is None:
                others.append(run.folder(output))
            else:
                own.append(fold)
        return own, others


def plan_benchmark(recipe: AnyRecipe, protocol: str, corpora: Path | None) -> Plan:
    """Look at the speech, and divide it.

    A run is known again, wherever the files lie, by its recipe and by the name, size, speaker and emotion of every
    clip.

    Raises
    ------
    UnknownNameError
        If there is no such protocol.
    UsageError
        If the protocol is leaky or does not suit the speech, or the recipe is not of emotions.
    TrainingError, CorpusError, ManifestError, RecipeError
        If the speech cannot be had, as `gather`.
    """
    if isinstance(recipe, SpeechRecipe) or recipe.kind != "emotion":
        raise UsageError(f"a benchmark is for recipes of kind 'emotion'; this one is of kind '{recipe.kind}'")
    if protocol not in PROTOCOLS or protocol in LEAKY_PROTOCOLS:
        raise UnknownNameError("speaker-independent protocol", protocol, set(PROTOCOLS) - set(LEAKY_PROTOCOLS))
    recipe = replace(recipe, data=replace(recipe.data, protocol=protocol))
    utterances = gather(recipe.data, corpora)
    splits = number_folds(independent_folds(protocol, utterances, recipe.data.split_seed))
    labels = PRESETS[CORPUS_OUT_LABELS] if protocol == CORPUS_OUT else None
    detector = load_bundle("speech").card.files[MODEL_FILE]["sha256"]
    return Plan(recipe, corpora, splits, labels, _hash_speech(utterances, corpora), detector)


def find_runs(output: Path) -> list[Run]:
    """List the runs that have been judged in a folder, by whatever recipe."""
    found = []
    for path in output.glob(f"seed-*/fold-*/{ANSWERS}"):
        fold, seed = (folder.name.partition("-")[2] for folder in path.parents[:2])
        if fold.isdecimal() and seed.isdecimal():
            found.append(Run(int(seed), int(fold)))
    return sorted(found)


def _hash_speech(utterances: Sequence[Utterance], corpora: Path | None) -> str:
    try:
        facts = sorted(
            [
                u.corpus,
                relative_name(u.file, corpora),
                str(u.segment),
                u.speaker,
                u.emotion,
                Path(u.file).stat().st_size,
            ]
            for u in utterances
        )
    except OSError as error:
        raise TrainingError(f"cannot train on this clip: {error.filename}: {error.strerror}") from None
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
