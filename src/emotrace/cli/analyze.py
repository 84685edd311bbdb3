"""``emotrace analyze``: the emotion timeline of a recording."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from emotrace.cli import _options as options
from emotrace.cli._baseline import adapt
from emotrace.cli._formats import load_format
from emotrace.cli._output import open_output, refuse_to_overwrite, warn_in_one_line


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording of any length.")],
    model: options.Model = None,
    labels: options.Labels = None,
    baseline: options.Baseline = None,
    window: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds heard at once; default: the model's.")
    ] = None,
    hop: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds between predictions; default: the model's.")
    ] = None,
    channel: Annotated[str, typer.Option(metavar="N|mix|each", help="A channel from 0, mix, or each.")] = "mix",
    format: options.TimelineFormat = "table",
    output: options.Output = None,
    max_seconds: options.MaxSeconds = None,
    max_bytes: options.MaxBytes = None,
    max_channels: options.MaxChannels = None,
    min_rate: options.MinRate = None,
    max_rate: options.MaxRate = None,
) -> None:
    """Give the emotion timeline of a recording: what is felt when, where nobody speaks, and how sure that is."""
    writer = load_format(format, "write_timelines")
    limits = options.limits(max_seconds, max_bytes, max_channels, min_rate, max_rate)
    refuse_to_overwrite(output, filter(None, [file, baseline]))
    with warn_in_one_line():
        from emotrace.hear.recognizer import load

        recogniser = adapt(load(model, labels, limits=limits), baseline)
        which: int | Literal["mix", "each"] = "each" if channel == "each" else options.parse_channel(channel)
        # Opened before the work, so that a place that cannot be written to is known at once.
        with open_output(output) as stream:
            if which == "each":
                timelines = recogniser.analyze_each(file, window, hop)
            else:
                timelines = [recogniser.analyze(file, channel=which, window_seconds=window, hop_seconds=hop)]
            writer.write_timelines(timelines, stream)
