"""``emotrace call``: one call, a folder of calls, or the notice for callers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from emotrace.cli import _options as options

DEFAULT = "FILE"
"""Name of the command that is meant where no other is named; no shell word is likely to be it by accident."""


class _CallGroup(TyperGroup):
    """``emotrace call notice`` is a command of its own; everything else is about a recording or a folder."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        named = [name for name in self.commands if name != DEFAULT]
        if args and args[0] in named:
            return super().make_context(info_name, args, parent, **extra)
        return self.commands[DEFAULT].make_context(info_name, args or ["--help"], parent, **extra)


command = typer.Typer(help="Analyse a call, or a folder of calls.", cls=_CallGroup)


@command.command(DEFAULT)
def analyze(
    path: Annotated[
        str, typer.Argument(metavar="FILE|DIR", help="A recorded call, or a folder of them (with -o DIR).")
    ],
    customer: Annotated[
        str | None,
        typer.Option(metavar="left|right|N|SPEAKER", help="The customer's channel, or speaker with --turns."),
    ] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="left|right|N|SPEAKER", help="The agent's; default: the other one.")
    ] = None,
    turns: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Who speaks when: RTTM, or JSON of WhisperX, AssemblyAI, Deepgram, Amazon."
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="TOML", help="What counts as an escalation; default: the shipped rules.")
    ] = None,
    agent_consent: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Analyse the agent's emotion too, on this ground, which the result states."
        ),
    ] = None,
    model: options.Model = None,
    labels: options.Labels = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="[audacity|csv|emotionml|html|json|rttm|table|textgrid|vtt]",
            help="How to write the result; default: as the name of the output ends, else table.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE|DIR", help="Write here instead of to the terminal."),
    ] = None,
    audio: Annotated[bool, typer.Option(help="Whether an HTML page holds the recording, to be played.")] = True,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Calls of a folder at once; default: one per core.")
    ] = None,
    max_seconds: options.MaxSeconds = None,
    max_bytes: options.MaxBytes = None,
    max_channels: options.MaxChannels = None,
    min_rate: options.MinRate = None,
    max_rate: options.MaxRate = None,
) -> None:
    """Who talks when in a call, how the customer sounds, where it gets out of hand, and how it ends.

    Only the customer's voice is analysed for emotion. `emotrace call notice` writes the text that tells callers
    so. A folder's calls are written to -o DIR, with an index; what has been done is not done again.
    """
    from emotrace.cli._call_folder import analyze_folder
    from emotrace.cli._call_one import CallOptions, analyze_one

    given = CallOptions(
        customer=customer,
        agent=agent,
        turns=turns,
        rules=rules,
        agent_consent=agent_consent,
        model=model,
        labels=labels,
        format=format,
        output=output,
        has_audio=audio,
        limits=options.limits(max_seconds, max_bytes, max_channels, min_rate, max_rate),
    )
    if Path(path).is_dir():
        analyze_folder(Path(path), given, jobs)
    else:
        analyze_one(path, given)


@command.command()
def notice(
    language: Annotated[str, typer.Option("--language", metavar="en|de|fr|es", help="Its language.")] = "en",
    company: Annotated[str | None, typer.Option(metavar="NAME", help="Whom the caller has called.")] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where one may object by writing.")
    ] = None,
    kept: Annotated[
        str | None,
        typer.Option(metavar="TIME|nothing", help="For how long recording and result are kept, or: nothing is."),
    ] = None,
    output: options.Output = None,
) -> None:
    """Write the text that tells callers that their voice is analysed, why, and how to object.

    A draft for whoever is responsible for data protection, no legal advice.
    """
    from emotrace.calls.notice import write_notice
    from emotrace.cli._output import open_output, tell

    text = write_notice(language, company, contact, kept)
    if kept is None:
        tell("callers must also be told for how long recording and result are kept: --kept '30 days', or nothing")
    with open_output(output) as stream:
        stream.write(f"{text}\n")
