"""``emotrace recipes``: what can be trained, which published claims can be measured again, and honest figures."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from emotrace.errors import MissingExtraError, RecipeError, UnknownNameError

command = typer.Typer(help="List and show the recipes that come with emotrace.", no_args_is_help=True)


class Format(str, Enum):
    """How a result is printed."""

    table = "table"
    json = "json"


@command.command("list")
def list_recipes(
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")] = Format.table,
) -> None:
    """List the recipes: for `emotrace train`, `emotrace reproduce` (published claims) and `emotrace honest`."""
    recipes = _recipes()
    if format is Format.json:
        typer.echo(json.dumps(recipes, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "for", "what", "corpora")
    table.columns[0].no_wrap = True
    for row in recipes:
        table.add_row(row["name"], f"emotrace {row['command']}", row["what"], ", ".join(row["corpora"]))
    Console().print(table)


@command.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As in `emotrace recipes list`, or a TOML file of your own.")
    ],
) -> None:
    """Print a recipe, to be read or to be changed: all three commands take a file of your own as well."""
    typer.echo(_find(name).read_text(encoding="utf-8-sig").rstrip())


def _find(name: str) -> Path:
    """Give the path of a shipped recipe, which comes first as with all three commands, or of a TOML file."""
    from emotrace.strict_toml import read_table

    rooms = _rooms()
    if name in rooms.training.recipe_names():
        return Path(rooms.training.find_recipe(name))
    if name.upper() in rooms.claims.claim_names():
        return Path(rooms.claims.find_claim(name))
    if name.upper() in rooms.honest.honest_names():
        return Path(rooms.honest.find_honest(name))
    path, shipped = Path(name), [recipe["name"] for recipe in _recipes()]
    if path.suffix != ".toml" and not path.exists():
        raise UnknownNameError("recipe", name, shipped)
    if not path.is_file():
        raise RecipeError(f"no recipe file {path}; shipped recipes: {', '.join(shipped)}")
    read_table(path, RecipeError)
    return path


def _recipes() -> list[dict[str, Any]]:
    rooms = _rooms()
    training, claims, honest = rooms.training, rooms.claims, rooms.honest
    found = []
    for name in training.recipe_names():
        recipe = training.read_recipe(name)
        what = recipe.export.description or f"a bundle named {recipe.export.name}"
        found.append({"name": name, "command": "train", "what": what, "corpora": list(recipe.data.corpora)})
    for name in claims.claim_names():
        claim = claims.read_claim(name)
        what = f"{claim.project}: {claim.title}"
        found.append({"name": name, "command": "reproduce", "what": what, "corpora": list(claim.corpora)})
    for name in honest.honest_names():
        recipe = honest.read_honest(name)
        found.append({"name": name, "command": "honest", "what": recipe.title, "corpora": list(recipe.corpora)})
    return found


class _Rooms(NamedTuple):
    """The modules that know the recipes of each command."""

    training: Any
    claims: Any
    honest: Any


def _rooms() -> _Rooms:
    try:
        from emotrace.learn.laboratory import honest_recipe
        from emotrace.learn.laboratory import recipe as claims
        from emotrace.learn.training import recipe as training
    except ImportError as error:
        raise MissingExtraError(f"recipes (no module '{error.name}')", "train") from None
    return _Rooms(training, claims, honest_recipe)
