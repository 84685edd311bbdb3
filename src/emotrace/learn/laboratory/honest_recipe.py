"""Recipes of honest figures: a task, who is tested, and the candidates among which training speakers choose."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotrace import registry
from emotrace.errors import RecipeError
from emotrace.learn._recipe_keys import require, require_known
from emotrace.learn.evaluation.joint6 import CORPORA, N_FOLDS
from emotrace.learn.laboratory._recipe_files import find_preset, find_recipe, recipe_names, require_plain
from emotrace.strict_toml import read_record

_SHIPPED = Path(__file__).parent.parent / "recipes" / "honest"

GROUPS = ("all", "female", "male")
JOINT6 = "joint-6"
PROTOCOLS = (JOINT6, "speakers")
OWN, EVERYBODY = "own group", "everybody"
HEARD = (OWN, EVERYBODY)


@dataclass(frozen=True)
class Tested:
    """Who is tested.

    Attributes
    ----------
    protocol
        ``joint-6``: every speaker once, in its six folds. ``speakers``: so many at a time, drawn.
    speakers
        How many of each group are tested at a time.
    draws, seed
        How many divisions are drawn, and the seed of the first; those of the reference recipes are drawn alike.
    """

    protocol: str
    speakers: int | None = None
    draws: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        require_known("protocol", self.protocol, PROTOCOLS)
        is_drawn = self.protocol != JOINT6
        for key in ("speakers", "draws"):
            value = getattr(self, key)
            require((value is not None) == is_drawn, key, "is for the protocol 'speakers', which needs it")
            require(value is None or value >= 1, key, "must be at least 1")
        require(self.seed >= 0, "seed", "must not be negative")

    @property
    def n_divisions(self) -> int:
        """How many divisions there are."""
        return self.draws or N_FOLDS


@dataclass(frozen=True)
class Candidate:
    """A feature set, how many principal components of it, and a model of these with its parameters."""

    name: str
    set: str
    model: str
    n_components: int = 200
    params: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        require_known("set", self.set.partition(":")[0], registry.names("feature set"))
        require_known("model", self.model, registry.names("model"))
        require(self.n_components >= 1, "n_components", "must be at least 1")


@dataclass(frozen=True)
class Honest:
    """What is to be reached honestly.

    Attributes
    ----------
    honest
        Its name, for instance ``H10``.
    title
        In a few words.
    corpora
        All of these are needed.
    labels
        A label preset: clips of other emotions are left out.
    tested
        Who is tested.
    candidates
        The training speakers of each division choose among these, by a cross-validation over speakers.
    groups
        Each is tested by itself: ``all``, or ``female`` and ``male``.
    heard
        Whom the models hear in training: ``own group``, ``everybody`` who is not tested, or both in turn.
    n_folds
        Of the training speakers.
    goal, beside
        The UAR that is to be reached, and the published figures that it stands beside, in words.
    remark
        What else a reader should know of how the figures came about.
    """

    honest: str
    title: str
    corpora: tuple[str, ...]
    labels: str
    tested: Tested
    candidates: tuple[Candidate, ...]
    groups: tuple[str, ...] = ("all",)
    heard: tuple[str, ...] = (OWN,)
    n_folds: int = 3
    goal: float | None = None
    beside: str = ""
    remark: str = ""

    def __post_init__(self) -> None:
        require_plain("honest", self.honest)
        require(bool(self.corpora), "corpora", "must name a corpus")
        for corpus in self.corpora:
            require_known("corpora", corpus, registry.names("corpus"))
        if self.tested.protocol == JOINT6:
            for corpus in self.corpora:
                require_known("corpora", corpus, CORPORA)
        # One set of labels has one name, in runs and figures too.
        object.__setattr__(self, "labels", find_preset("labels", self.labels))
        for key, known in (("groups", GROUPS), ("heard", HEARD)):
            values = getattr(self, key)
            require(bool(values), key, f"must name one of {', '.join(known)}")
            for value in values:
                require_known(key, value, known)
        require(bool(self.candidates), "candidates", "must be tables [[candidates]]")
        names = [candidate.name for candidate in self.candidates]
        require(len(set(names)) == len(names), "candidates", "must have names that differ")
        require(self.n_folds >= 2, "n_folds", "must be at least 2")
        require(self.goal is None or 0 < self.goal < 1, "goal", "must be in (0, 1)")

    @property
    def fingerprint(self) -> str:
        """A text that changes with everything that figures depend on."""
        told = {"title", "goal", "beside", "remark"}
        facts: dict[str, Any] = {k: v for k, v in dataclasses.asdict(self).items() if k not in told}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def honest_names() -> list[str]:
    """List the shipped recipes in the order of their numbers."""
    return recipe_names(_SHIPPED)


def find_honest(name_or_path: str) -> Path:
    """Give the path of a shipped recipe (in any case of letters), or of a TOML file of one's own.

    Raises
    ------
    RecipeError
        If there is no such file.
    UnknownNameError
        If there is no such recipe.
    """
    return find_recipe(name_or_path, _SHIPPED, "honest recipe", "shipped recipes")


def read_honest(name_or_path: str) -> Honest:
    """Read a recipe; see `find_honest` for what may be given.

    Raises
    ------
    RecipeError
        If the file is not TOML, or a key is unknown, missing, of the wrong type or out of range.
    """
    return read_record(Honest, find_honest(name_or_path), RecipeError)
