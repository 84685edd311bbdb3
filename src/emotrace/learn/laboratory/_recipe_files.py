"""What all recipes of the laboratory share: finding their files, and label presets by any of their names."""

from __future__ import annotations

import re
from pathlib import Path

from emotrace.errors import LabelError, RecipeError, UnknownNameError
from emotrace.labels import preset_name
from emotrace.learn._recipe_keys import require

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def recipe_names(folder: Path) -> list[str]:
    """List the recipes of a folder in the order of their numbers."""
    return sorted((path.stem for path in folder.glob("*.toml")), key=lambda name: (name[:1], len(name), name))


def find_recipe(name_or_path: str, folder: Path, kind: str, shipped: str) -> Path:
    """Give the path of a recipe of ``folder`` (in any case of letters), or of a TOML file of one's own.

    ``kind`` and ``shipped`` are what one of them, and all of them, are called in errors.

    Raises
    ------
    RecipeError
        If there is no such file.
    UnknownNameError
        If there is no such recipe.
    """
    names = recipe_names(folder)
    if name_or_path.upper() in names:
        return folder / f"{name_or_path.upper()}.toml"
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.is_file():
            raise RecipeError(f"no recipe file {path}; {shipped}: {', '.join(names)}")
        return path
    raise UnknownNameError(kind, name_or_path, names)


def require_plain(key: str, name: str) -> None:
    """Raise `RecipeError` unless a name can be that of files and folders, in any system and nowhere but here."""
    is_plain = _PLAIN.fullmatch(name) is not None and not name.endswith(".")
    require(is_plain, key, "must be at most 64 letters, digits, '-', '_' and '.', a letter or digit first")


def find_preset(key: str, name: str) -> str:
    """Give a label preset's own name, raise `RecipeError` if there is none; see `emotrace.labels.preset_name`."""
    try:
        return preset_name(name)
    except LabelError as error:
        raise RecipeError(f"key '{key}': {error}") from None
