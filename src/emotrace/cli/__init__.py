"""The command line: one file per command, found by its folder.

A module ``cli/<name>.py`` exports ``command``: a function (one command) or a `typer.Typer` (a group).
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from emotrace.errors import EmotraceError


def build_app() -> typer.Typer:
    """Gather all commands of this folder into one application."""
    app = typer.Typer(
        name="emotrace",
        help="Hear emotion in speech, offline.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        command = importlib.import_module(f"{__name__}.{info.name}").command
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=info.name)
        else:
            app.command(info.name)(command)
    return app


def main() -> None:
    """Run the command line; every error a user can mend is one line on stderr."""
    try:
        build_app()()
    except EmotraceError as error:
        typer.echo(f"emotrace: {error}", err=True)
        sys.exit(error.exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        from emotrace import __version__

        typer.echo(f"emotrace {__version__}")
        raise typer.Exit()


def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass
