"""The command line: one file per command, found by its folder.

A module ``cli/<name>.py`` exports ``command``: a function (one command) or a `typer.Typer` (a group).
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any

import typer

from emotrace.cli._interrupts import never_lose_interrupts
from emotrace.cli._output import abandon_lost_output, escape_unprintable_output, tell
from emotrace.errors import EmotraceError

# Typer brings its own copy of click, and older versions click itself; this is UsageError in both.
_WRONG_USAGE = typer.BadParameter.__mro__[1]
_INTERRUPTED = 130


def build_app(first_word: str = "") -> typer.Typer:
    """Gather all commands of this folder into one application; only one if ``first_word`` is its name.

    Importing the other commands would make every start some 20 ms longer.
    """
    app = typer.Typer(
        name="emotrace",
        help="Hear emotion in speech, offline.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    names = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    for name in [first_word] if first_word in names else names:
        command = importlib.import_module(f"{__name__}.{name}").command
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """Run the command line; every error a user can mend is one line on stderr."""
    escape_unprintable_output()
    try:
        with never_lose_interrupts():
            code = _run()
    finally:
        abandon_lost_output()
    sys.exit(code)


def _run() -> int:
    try:
        code = int(build_app("".join(sys.argv[1:2]))(prog_name="emotrace", standalone_mode=False) or 0)
        sys.stdout.flush()
    except EmotraceError as error:
        tell(str(error))
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output has enough of it, and knows.
        return 1
    except OSError as error:
        # A full disk behind standard output, for instance; the rooms tell of those they know the reason of.
        tell(": ".join(str(part) for part in (error.filename, error.strerror or error) if part is not None))
        return 1
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:
        if not isinstance(error, _WRONG_USAGE):
            raise
        return _tell_wrong_usage(error)
    if code == _INTERRUPTED:
        tell("interrupted")
    return code


def _tell_wrong_usage(error: Any) -> int:
    # Without any argument the help has been asked for, and shown.
    if type(error).__name__ != "NoArgsIsHelpError":
        command = error.ctx.command_path if error.ctx else "emotrace"
        tell(f"{' '.join(error.format_message().split()).rstrip('.')}; see '{command} --help'")
    return int(error.exit_code)


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
