"""``emotrace recipes``: what can be trained, and which published claims can be measured again."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any

import typer

from emotrace.errors import MissingExtraError, UnknownNameError

command = typer.Typer(help="List and show the recipes that come with emotrace.", no_args_is_help=True)


class Format(str, Enum):
    """How a result is printed."""

    table = "table"
    json = "json"


@command.command("list")
def list_recipes(
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")] = Format.table,
) -> None:
    """List the recipes: those for `emotrace train`, and the published claims for `emotrace reproduce`."""
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
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="As in `emotrace recipes list`.")]) -> None:
    """Print a recipe, to be read or to be changed: both commands take a file of your own as well."""
    claims, training = _rooms()
    if name in training.recipe_names():
        path = training.find_recipe(name)
    elif name.upper() in claims.claim_names():
        path = claims.find_claim(name)
    else:
        raise UnknownNameError("recipe", name, [*training.recipe_names(), *claims.claim_names()])
    typer.echo(path.read_text(encoding="utf-8").rstrip())


def _recipes() -> list[dict[str, Any]]:
    claims, training = _rooms()
    found = []
    for name in training.recipe_names():
        recipe = training.read_recipe(name)
        what = recipe.export.description or f"a bundle named {recipe.export.name}"
        found.append({"name": name, "command": "train", "what": what, "corpora": list(recipe.data.corpora)})
    for name in claims.claim_names():
        claim = claims.read_claim(name)
        what = f"{claim.project}: {claim.title}"
        found.append({"name": name, "command": "reproduce", "what": what, "corpora": list(claim.corpora)})
    return found


def _rooms() -> tuple[Any, Any]:
    try:
        from emotrace.learn.laboratory import recipe as claims
        from emotrace.learn.training import recipe as training
    except ImportError as error:
        raise MissingExtraError(f"recipes (no module '{error.name}')", "train") from None
    return claims, training
