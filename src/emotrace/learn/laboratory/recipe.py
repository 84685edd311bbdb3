"""Recipes of published claims: what was done, what was claimed, and who is tested in the honest twin.

Every table of the file is a frozen dataclass below; its fields are the keys, with their types and defaults.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emotrace import registry
from emotrace.errors import RecipeError
from emotrace.labels import PRESETS, SEXES
from emotrace.learn._recipe_keys import require, require_known
from emotrace.learn.augment import PLANS
from emotrace.learn.laboratory._recipe_files import find_preset, find_recipe, recipe_names, require_plain
from emotrace.learn.laboratory.answers import safe_name
from emotrace.learn.training.search import METHODS
from emotrace.strict_toml import read_record

_SHIPPED = Path(__file__).parent.parent / "recipes" / "reference"

GROUPS = ("all", "female", "male")
TARGETS = ("emotion", "sex and emotion")
MEASURES = ("accuracy", "cross-validated accuracy", "leak gap", "emotion accuracy", "sex accuracy")
SEARCH_WHERE = ("twin", "both")
LEAKY_FOLDS = ("clips", "recordings")
REMAINDERS = ("keep", "drop", "pad")


@dataclass(frozen=True)
class Features:
    """What is measured of a clip.

    Attributes
    ----------
    set
        A feature set; it says the sampling rate.
    trim_db
        Cut off the ends this far below the loudest frame, in dB; of the stretch that is heard.
    window_seconds
        Cut each (trimmed) clip into windows of this length.
    hop_seconds
        From the start of a window to that of the next; default: ``window_seconds``, each after the other. No
        window begins after one that has reached the end.
    remainder
        What becomes of a last window that the clip does not fill: ``keep`` hears it as it is, shorter; ``drop``
        leaves it out, and with it clips that are shorter than a window; ``pad`` adds silence.
    offset_seconds, duration_seconds
        Hear only this stretch of each clip: from the offset (default 0), for so long (default with windows: to the
        end).
    """

    set: str
    trim_db: float | None = None
    window_seconds: float | None = None
    offset_seconds: float | None = None
    duration_seconds: float | None = None
    hop_seconds: float | None = None
    remainder: str = "keep"

    def __post_init__(self) -> None:
        require_known("set", self.set.partition(":")[0], registry.names("feature set"))
        require_known("remainder", self.remainder, REMAINDERS)
        for key in ("trim_db", "window_seconds", "duration_seconds", "hop_seconds"):
            value = getattr(self, key)
            require(value is None or value > 0, key, "must be above 0")
        require((self.offset_seconds or 0.0) >= 0, "offset_seconds", "must not be negative")
        has_windows = self.window_seconds is not None
        is_stretch = has_windows or self.duration_seconds is not None
        require(
            self.offset_seconds is None or is_stretch,
            "offset_seconds",
            "needs 'duration_seconds' or 'window_seconds' as well",
        )
        require(has_windows or self.hop_seconds is None, "hop_seconds", "needs 'window_seconds' as well")
        require(has_windows or self.remainder == "keep", "remainder", "needs 'window_seconds' as well")


@dataclass(frozen=True)
class Augmentation:
    """Which copies of the training clips are made.

    ``before_split`` makes them of all clips and divides the copies: the leak of the claim, never of its twin.
    """

    plan: str
    before_split: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        require_known("plan", self.plan, PLANS)
        require(self.seed >= 0, "seed", "must not be negative")


@dataclass(frozen=True)
class Claimed:
    """The division of the claim: a share of clips at random, or whole speakers, so many per corpus and group.

    ``n_test`` is the size of the test that must come out; ``seed`` is of the first division, others count on.
    """

    test_share: float | None = None
    is_stratified: bool = False
    speakers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    n_test: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        is_random = self.test_share is not None
        require(is_random != bool(self.speakers), "test_share", "or else 'speakers' must be given, not both")
        require(self.test_share is None or 0 < self.test_share < 1, "test_share", "must be in (0, 1)")
        require(is_random or not self.is_stratified, "is_stratified", "is for a 'test_share' only")
        require(self.n_test is None or self.n_test >= 1, "n_test", "must be at least 1")
        require(self.seed >= 0, "seed", "must not be negative")
        require(all(n >= 1 for n in self.speakers.values()), "speakers", "must be at least 1 each")

    @property
    def is_leaky(self) -> bool:
        """Whether clips are divided at random, whoever speaks."""
        return self.test_share is not None


@dataclass(frozen=True)
class Twin:
    """The honest twin: how many speakers of each corpus are tested, drawn anew for every seed."""

    speakers: Mapping[str, int]

    def __post_init__(self) -> None:
        require(bool(self.speakers), "speakers", "must name a corpus")
        require(all(n >= 1 for n in self.speakers.values()), "speakers", "must be at least 1 each")


@dataclass(frozen=True)
class Search:
    """How parameters are sought: in the honest twin alone, or as part of the claim as well.

    ``space`` names a published space of the model; without it, the model's own. The twin's folds are of speakers.
    Those of a leaky claim are of ``clips``, copies of one in several folds, or of ``recordings``, where copies go
    together.
    """

    method: str = "optuna"
    n_trials: int = 10
    n_folds: int = 5
    space: str | None = None
    where: str = "both"
    leaky_folds: str = "clips"

    def __post_init__(self) -> None:
        require_known("method", self.method, METHODS)
        require_known("where", self.where, SEARCH_WHERE)
        require_known("leaky_folds", self.leaky_folds, LEAKY_FOLDS)
        require(self.n_trials >= 1, "n_trials", "must be at least 1")
        require(self.n_folds >= 2, "n_folds", "must be at least 2")


@dataclass(frozen=True)
class Model:
    """A model and its published settings; ``groups`` where it is for some of the recipe's groups only."""

    name: str
    model: str
    preset: str | None = None
    epochs: int | None = None
    groups: tuple[str, ...] = ()
    search: Search | None = None

    def __post_init__(self) -> None:
        require_known("model", self.model, registry.names("model"))
        require(self.epochs is None or self.epochs >= 1, "epochs", "must be at least 1")


@dataclass(frozen=True)
class ClassFigures:
    """What is published of one label, in [0, 1]; often not all of it."""

    precision: float | None = None
    recall: float | None = None
    f1: float | None = None

    def __post_init__(self) -> None:
        for key, value in dataclasses.asdict(self).items():
            require(value is None or 0 <= value <= 1, key, "must be in [0, 1]")
        require(dataclasses.astuple(self) != (None,) * 3, "precision", "or 'recall' or 'f1' must be given")


@dataclass(frozen=True)
class Published:
    """A published figure: of which model, on which group, how many test clips; ``note`` says where it stands.

    ``per_class``, by label, and ``macro_f1`` are of the same test.
    """

    model: str
    value: float
    group: str = "all"
    measure: str = "accuracy"
    n: int | None = None
    note: str = ""
    macro_f1: float | None = None
    per_class: Mapping[str, ClassFigures] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        require_known("group", self.group, GROUPS)
        require_known("measure", self.measure, MEASURES)
        require(0 < self.value < 1, "value", "must be in (0, 1)")
        require(self.macro_f1 is None or 0 <= self.macro_f1 <= 1, "macro_f1", "must be in [0, 1]")


@dataclass(frozen=True)
class Claim:
    """A published claim.

    Attributes
    ----------
    claim
        Its name, for instance ``R6``.
    project, title
        Who claims, and what.
    corpora
        All of these are needed.
    labels
        A label preset: clips of other emotions are left out.
    target
        ``emotion``, or ``sex and emotion``: labels such as ``female anger``.
    groups
        Each is divided, fitted and judged by itself: ``all``, or ``female`` and ``male``.
    seeds
        How many divisions.
    remark
        Why our figure differs from the claim, where that is known.
    """

    claim: str
    project: str
    title: str
    corpora: tuple[str, ...]
    labels: str
    features: Features
    as_claimed: Claimed
    twin: Twin
    models: tuple[Model, ...]
    published: tuple[Published, ...] = ()
    augmentation: Augmentation | None = None
    target: str = "emotion"
    groups: tuple[str, ...] = ("all",)
    seeds: int = 3
    remark: str = ""

    def __post_init__(self) -> None:
        require_plain("claim", self.claim)
        require(bool(self.corpora), "corpora", "must name a corpus")
        for corpus in self.corpora:
            require_known("corpora", corpus, registry.names("corpus"))
        # One set of labels has one name, in runs and figures too.
        object.__setattr__(self, "labels", find_preset("labels", self.labels))
        require_known("target", self.target, TARGETS)
        require(bool(self.groups), "groups", "must name a group")
        for group in (*self.groups, *(group for model in self.models for group in model.groups)):
            require_known("groups", group, GROUPS)
        require(bool(self.models), "models", "must be tables [[models]]")
        names = [model.name for model in self.models]
        require(len(set(names)) == len(names), "models", "must have names that differ")
        # Each has folders of its own.
        told_apart = len({safe_name(name) for name in names}) == len(names)
        require(told_apart, "models", "must have names that differ in letters or digits")
        for figure in self.published:
            require_known("published.model", figure.model, names)
            for label in figure.per_class:
                require_known("published.per_class", label, self.classes)
        for key in (*self.as_claimed.speakers, *self.twin.speakers):
            require_known("speakers", key, self.corpora)
        require(self.seeds >= 1, "seeds", "must be at least 1")
        before = self.augmentation is not None and self.augmentation.before_split
        require(self.as_claimed.is_leaky or not before, "before_split", "is leaky and needs a 'test_share'")

    @property
    def classes(self) -> list[str]:
        """List the labels that are told apart, in any group."""
        if self.target == "emotion":
            return list(PRESETS[self.labels])
        return [f"{sex} {emotion}" for sex in SEXES for emotion in PRESETS[self.labels]]

    def models_of(self, group: str) -> list[Model]:
        """List the models that are fitted on a group."""
        return [model for model in self.models if not model.groups or group in model.groups]

    @property
    def fingerprint(self) -> str:
        """A text that changes with everything that figures depend on: what is said of them and seeds left out."""
        told = {"remark", "title", "project", "published", "seeds"}
        facts = {key: value for key, value in dataclasses.asdict(self).items() if key not in told}
        # Keys that came later: without them, a recipe is what it was before they were there.
        later = {"hop_seconds": None, "remainder": "keep"}
        facts["features"] = {
            key: value for key, value in facts["features"].items() if key not in later or value != later[key]
        }
        for model in facts["models"]:
            if model["search"] is not None and model["search"]["leaky_folds"] == "clips":
                del model["search"]["leaky_folds"]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def claim_names() -> list[str]:
    """List the shipped claims in the order of their numbers."""
    return recipe_names(_SHIPPED)


def find_claim(name_or_path: str) -> Path:
    """Give the path of a shipped claim's recipe (in any case of letters), or of a TOML file of one's own.

    Raises
    ------
    RecipeError
        If there is no such file.
    UnknownNameError
        If there is no such claim.
    """
    return find_recipe(name_or_path, _SHIPPED, "claim", "shipped claims")


def read_claim(name_or_path: str) -> Claim:
    """Read a claim's recipe; see `find_claim` for what may be given.

    Raises
    ------
    RecipeError
        If the file is not TOML, or a key is unknown, missing, of the wrong type or out of range.
    """
    return read_record(Claim, find_claim(name_or_path), RecipeError)
