"""``emotrace predict``: one emotion per clip."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from emotrace.cli import _options as options
from emotrace.cli._baseline import adapt
from emotrace.cli._formats import load_format
from emotrace.cli._output import open_output, refuse_to_overwrite, tell, warn_in_one_line
from emotrace.errors import AudioError, EmotraceError, MissingExtraError
from emotrace.types import Prediction


def command(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Recordings, at most ten minutes each.")],
    model: options.Model = None,
    labels: options.Labels = None,
    baseline: options.Baseline = None,
    channel: Annotated[str, typer.Option(help="A channel counted from 0, or mix.")] = "mix",
    speaker_sex: Annotated[
        bool, typer.Option("--speaker-sex", help="Say, too, how far the voice sounds female or male.")
    ] = False,
    format: options.PredictionFormat = "table",
    output: options.Output = None,
    max_seconds: options.MaxSeconds = None,
    max_bytes: options.MaxBytes = None,
    max_channels: options.MaxChannels = None,
    min_rate: options.MinRate = None,
    max_rate: options.MaxRate = None,
) -> None:
    """Name the emotion of each clip.

    A clip that cannot be used is reported and left out; the exit code is then 1.
    """
    writer = load_format(format, "write_predictions")
    limits = options.limits(max_seconds, max_bytes, max_channels, min_rate, max_rate)
    refuse_to_overwrite(output, filter(None, [*files, baseline]))
    with warn_in_one_line():
        from emotrace.hear.recognizer import load

        recogniser = adapt(load(model, labels, limits=limits, speaker_sex=speaker_sex), baseline)
        which = options.parse_channel(channel)
        bad: list[EmotraceError] = []

        def predictions() -> Iterator[Prediction]:
            for file in files:
                try:
                    yield recogniser.predict(file, channel=which)
                except (AudioError, MissingExtraError) as error:
                    bad.append(error)
                    tell(str(error))

        with open_output(output) as stream:
            writer.write_predictions(predictions(), stream)
    if bad:
        if len(files) > 1:
            tell(f"{len(bad)} of {len(files)} clips could not be used")
        sys.exit(1)
