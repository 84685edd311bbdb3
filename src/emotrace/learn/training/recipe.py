"""Recipes: a TOML file that says everything a training run needs to be repeated.

Every section is a frozen dataclass of `network_recipe`, `feature_recipe`, `speech_recipe` or, where they share it,
`recipe_sections`; its fields are the keys, with their types and defaults. A wrong key, type or value is a
`RecipeError` that names the key and says what is allowed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from emotrace.errors import RecipeError, UnknownNameError
from emotrace.learn.training.feature_recipe import FeatureRecipe
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.speech_recipe import SpeechRecipe
from emotrace.strict_toml import parse_record, read_table, show_file

_SHIPPED = Path(__file__).parent.parent / "recipes"

AnyRecipe: TypeAlias = Recipe | FeatureRecipe | SpeechRecipe

_KINDS: Mapping[str, type[AnyRecipe]] = {
    "emotion": Recipe,
    "speech": SpeechRecipe,
    "sex": Recipe,
}


def recipe_to_dict(recipe: AnyRecipe) -> dict[str, Any]:
    """Give a recipe as plain JSON-ready data."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(recipe)))
    return plain


def recipe_names() -> list[str]:
    """List the recipes shipped with the package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml"))


def find_recipe(name_or_path: str) -> Path:
    """Give the path of a shipped recipe's name or of a TOML file.

    A shipped name wins over a file or folder of that name here: write ``./default`` for the file.
    """
    if name_or_path in recipe_names():
        return _SHIPPED / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.exists():
        if not path.is_file():
            raise RecipeError(f"no recipe file {path}; shipped recipes: {', '.join(recipe_names())}")
        return path
    raise UnknownNameError("recipe", name_or_path, recipe_names())


def read_recipe(name_or_path: str) -> AnyRecipe:
    """Read and validate a recipe; see `find_recipe` for what may be given.

    With a section ``[features]`` it is a `FeatureRecipe`.

    Raises
    ------
    RecipeError
        If the file is not TOML, or a key is unknown, missing, of the wrong type or out of range.
    """
    path = find_recipe(name_or_path)
    table, file = read_table(path, RecipeError), show_file(path)
    kind = table.get("kind", "emotion")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise RecipeError(f"{file}: key 'kind' must be one of {', '.join(_KINDS)}, got {ascii(kind)[:60]}")
    record: type[AnyRecipe] = FeatureRecipe if "features" in table else _KINDS[kind]
    return parse_record(record, table, file, RecipeError)
