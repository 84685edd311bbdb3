"""``emotrace augment``: which augmentations there are, and what they do to a recording of yours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from emotrace.cli import _options as options
from emotrace.errors import AudioError, EmotraceError, MissingExtraError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

command = typer.Typer(help="List augmentations, hear and see what they do.", no_args_is_help=True)

# A stretch whose loudest sample stays 40 dB under full scale is hardly what was meant.
_QUIET = 0.01
_LOUDEST_WRITTEN = 0.999


class Format(str, Enum):
    """How a result is printed."""

    table = "table"
    json = "json"


@dataclass(frozen=True)
class _Variant:
    """One preset of one augmentation."""

    name: str
    preset: str
    augmentation: Any
    level: str

    @property
    def title(self) -> str:
        return self.name if self.preset == "default" else f"{self.name}:{self.preset}"

    @property
    def file(self) -> str:
        return self.title.replace(":", "-")


@command.command("list")
def list_augmentations(
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")] = Format.table,
) -> None:
    """List the augmentations with their presets, and the plans that apply them to training clips."""
    facts = _facts()
    if format is Format.json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, augmentation in facts["augmentations"].items():
        typer.echo(f"{name}: {augmentation['about']}")
        for preset, parameters in augmentation["presets"].items():
            given = {key: value for key, value in parameters.items() if value is not None}
            shown = ", ".join(f"{key} {_show(value)}" for key, value in given.items())
            typer.echo(f"  {preset:<24}{shown}")
    typer.echo("\nplans, for training clips only:")
    for name, plan in facts["plans"].items():
        typer.echo(f"  {name:<24}{plan['about']}")


@command.command()
def preview(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for sounds and pictures.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="An augmentation (noise) or one preset (noise:avatar); may be repeated."
        ),
    ] = None,
    start: Annotated[float, typer.Option(metavar="S", min=0.0, help="From this second on.")] = 0.0,
    seconds: Annotated[float, typer.Option(metavar="S", min=0.1, max=60.0, help="This much of it.")] = 5.0,
    channel: Annotated[str, typer.Option(metavar="N|mix", help="A channel from 0, or mix.")] = "mix",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Another seed, other random values.")] = 0,
) -> None:
    """Write a stretch of a recording as it is and augmented: a WAV and a spectrogram of each, and an overview.

    The recording keeps its sampling rate. Pictures need the extra 'plot'; the sounds are written without it.
    """
    from emotrace.cli._output import require_folder, tell, warn_in_one_line
    from emotrace.plural import plural

    variants = _variants(only)
    require_folder(output)
    with warn_in_one_line():
        signal, rate = _load(file, options.parse_channel(channel), start, seconds)
    if abs(signal).max() < _QUIET:
        tell(
            f"warning: {file} is all but silent from {start:g} s on; --start and --channel choose another stretch"
        )
    sounds = _augment(variants, signal, rate, seed)
    lowered = _write_sounds(output, {"original": signal, **sounds}, rate, file)
    if lowered:
        tell(f"warning: beyond full scale, written quieter: {', '.join(lowered)}")
    try:
        n_pictures = _draw_pictures(output, variants, signal, sounds, rate, seed)
    except MissingExtraError as error:
        raise MissingExtraError(f"the sounds are in {output}; drawing their spectrograms", error.extra) from None
    n = len(sounds) + 1
    typer.echo(
        f"{output}: {n} {plural(n, 'sound')}, {n_pictures} {plural(n_pictures, 'picture')}; "
        "overview.png shows all of them"
    )


def _facts() -> dict[str, Any]:
    from dataclasses import fields

    from emotrace import registry
    from emotrace.learn.augment import PLANS

    def parameters(preset: Any) -> dict[str, Any]:
        return {field.name: getattr(preset, field.name) for field in fields(preset) if field.repr}

    modules = {name: registry.load("augmentation", name) for name in registry.names("augmentation")}
    return {
        "augmentations": {
            name: {
                "about": (module.__doc__ or "").partition("\n")[0].rstrip("."),
                "level": module.LEVEL,
                "keeps_length": module.KEEPS_LENGTH,
                "presets": {preset: parameters(thing) for preset, thing in module.PRESETS.items()},
            }
            for name, module in modules.items()
        },
        "plans": {name: {"about": plan.description, "copies": plan.copies} for name, plan in PLANS.items()},
    }


def _show(value: Any) -> str:
    if isinstance(value, tuple):
        return " to ".join(f"{part:g}" for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _variants(only: list[str] | None) -> list[_Variant]:
    """Give the presets that are asked for, each once, those of one augmentation together."""
    from emotrace import registry
    from emotrace.learn.augment import find_augmentation

    found: dict[str, dict[str, _Variant]] = {}
    for text in only or registry.names("augmentation"):
        name, colon, preset = (part.strip().lower().replace("_", "-") for part in text.partition(":"))
        module = registry.load("augmentation", name)
        wanted = {preset or "default": find_augmentation(text)} if colon else module.PRESETS
        for key, augmentation in wanted.items():
            found.setdefault(name, {})[key] = _Variant(name, key, augmentation, module.LEVEL)
    return [variant for presets in found.values() for variant in presets.values()]


def _load(file: str, channel: int | Literal["mix"], start: float, seconds: float) -> tuple[Signal, int]:
    """Read no more of the recording than is wanted, at its own rate."""
    import numpy as np

    from emotrace.audio.decode import open_audio
    from emotrace.audio.load import open_stream

    with open_audio(file) as reader:
        rate = reader.recording.sampling_rate
    first, last = round(start * rate), round((start + seconds) * rate)
    blocks, n_read = [], 0
    with open_stream(file, rate, channel) as stream:
        for block in stream:
            blocks.append(block[max(0, first - n_read) :])
            n_read += block.size
            if n_read >= last:
                break
    signal = np.concatenate(blocks)[: last - first]
    if not signal.size:
        raise AudioError(
            f"{file}: ends after {n_read / rate:.2f} s, before --start {start:g}; choose an earlier one"
        )
    return signal, rate


def _augment(variants: list[_Variant], signal: Signal, rate: int, seed: int) -> dict[str, Signal]:
    from emotrace.cli._progress import ProgressLine

    heard = [variant for variant in variants if variant.level == "signal"]
    sounds = {}
    with ProgressLine("augmenting") as progress:
        for n_done, variant in enumerate(heard, start=1):
            sounds[variant.file] = variant.augmentation(signal, rate, _rng(seed, variant))
            progress(n_done, len(heard))
    return sounds


def _rng(seed: int, variant: _Variant) -> np.random.Generator:
    """Give every preset its own generator, so that --only gives the same sound as all of them."""
    import zlib

    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(variant.title.encode())])


def _write_sounds(folder: Path, sounds: Mapping[str, Signal], rate: int, recording: str) -> list[str]:
    """Write 16-bit WAVs; give the names of those that had to be made quieter to fit."""
    import io

    import soundfile

    from emotrace.atomic import replacing

    lowered = []
    paths = {name: folder / f"{name}.wav" for name in sounds}
    for path in paths.values():
        if path.exists() and path.samefile(recording):
            raise UsageError(f"{path} is the recording itself; choose another folder with --output")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, signal in sounds.items():
            peak = float(abs(signal).max())
            if peak > 1.0:
                lowered.append(name)
                signal = signal * (_LOUDEST_WRITTEN / peak)
            # libsndfile calls back to write to an open file, and a full disk would be told of at every call.
            encoded = io.BytesIO()
            soundfile.write(encoded, signal, rate, format="WAV", subtype="PCM_16")
            with replacing(paths[name]) as part:
                part.write_bytes(encoded.getvalue())
    except OSError as error:
        raise EmotraceError(f"cannot write into {folder}: {error.strerror or error}") from None
    return lowered


def _draw_pictures(
    folder: Path, variants: list[_Variant], signal: Signal, sounds: Mapping[str, Signal], rate: int, seed: int
) -> int:
    """Draw each variant below the original, and all in one overview; give how many pictures there are."""
    from emotrace.cli._progress import ProgressLine
    from emotrace.learn.augment._pictures import draw_overview, draw_pair, mel_spectrogram_db

    original = mel_spectrogram_db(signal, rate)
    rows: dict[str, dict[str, Any]] = {}
    try:
        with ProgressLine("drawing") as progress:
            for n_done, variant in enumerate(variants, start=1):
                if variant.level == "signal":
                    matrix = mel_spectrogram_db(sounds[variant.file], rate)
                else:
                    matrix = variant.augmentation(original, _rng(seed, variant))
                rows.setdefault(variant.name, {})[variant.preset] = matrix
                draw_pair(original, matrix, rate, variant.title, folder / f"{variant.file}.png")
                progress(n_done, len(variants) + 1)
            draw_overview(original, rows, rate, folder / "overview.png")
    except OSError as error:
        raise EmotraceError(f"cannot write into {folder}: {error.strerror or error}") from None
    return len(variants) + 1
