"""``emotrace model``: look at a trained model, check it, find it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotrace.cli._card_scores import SCORES, score_rows, tell_score
from emotrace.cli._options import Output

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from emotrace.bundle import Card, Check
    from emotrace.bundle.card import FrontEndFacts

command = typer.Typer(help="List, show, check and find trained models (bundles).", no_args_is_help=True)

BundleArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[BUNDLE]",
        help="Folder or zip of a bundle, or a name shipped with emotrace; left out, the default model.",
        show_default=False,
    ),
]


class _Format(str, Enum):
    TABLE = "table"
    JSON = "json"


@command.command("list")
def list_all(
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="List the bundles in this folder as well, at any depth.")
    ] = None,
    format: Annotated[_Format, typer.Option("--format", "-f", help="How to print the list.")] = _Format.TABLE,
) -> None:
    """List the models that come with emotrace: labels, size, licence, training, accuracy."""
    import json

    from emotrace.cli._model_list import list_models
    from emotrace.cli._model_list_view import draw_list
    from emotrace.cli._output import tell

    models = list_models(folder, complain=lambda sentence: tell(f"left out: {sentence}"))
    if format is _Format.JSON:
        typer.echo(json.dumps([model.to_dict() for model in models], indent=2))
        return
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    for part in draw_list(models):
        console.print(part)


@command.command()
def show(
    bundle: BundleArgument = None,
    format: Annotated[_Format, typer.Option(help="For people, or the card itself.")] = _Format.TABLE,
) -> None:
    """Show what a model is, may be used for, was trained on and has scored."""
    from emotrace.bundle import load_bundle

    card = load_bundle(bundle).card
    if format is _Format.JSON:
        typer.echo(card.to_json().decode(), nl=False)
        return
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    for part in _summarise(card):
        console.print(part)


@command.command()
def verify(bundle: BundleArgument = None) -> None:
    """Check a model's files, card, hash and graph, and run it once; exit 1 if a check fails."""
    from emotrace.bundle import verify_bundle

    checks = verify_bundle(bundle)
    if checks[-1].passed:
        checks += _check_front_end(bundle)
    for check, passed, detail in checks:
        typer.echo(f"{'ok' if passed else 'FAILED':<7} {check:<15} {detail}")
    if not checks[-1].passed:
        raise typer.Exit(1)


@command.command()
def path(bundle: BundleArgument = None) -> None:
    """Print where a model lies, for use in scripts."""
    from emotrace.bundle import load_bundle

    typer.echo(str(load_bundle(bundle).path.absolute()))


@command.command()
def card(
    bundle: BundleArgument = None,
    output: Output = None,
    evaluation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report.json that `emotrace evaluate` wrote.")
    ] = None,
    robustness: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The JSON that `emotrace robustness` wrote.")
    ] = None,
) -> None:
    """Write a model card in the Hugging Face format: what it is for and not for, data, figures, limits.

    Without --evaluation the scores are those of the bundle's own card, and nothing is said of fairness.
    """
    from emotrace.bundle import load_bundle
    from emotrace.cli._output import open_output
    from emotrace.learn.model_card import make_model_card, read_evaluation, read_robustness

    loaded = load_bundle(bundle)
    text = make_model_card(
        loaded.card,
        None if evaluation is None else read_evaluation(evaluation, loaded.card),
        None if robustness is None else read_robustness(robustness, loaded.card),
        has_licence_file=(loaded.path / "LICENSE").is_file(),
    )
    with open_output(output) as stream:
        stream.write(text)


def _check_front_end(source: str | None) -> list[Check]:
    """Check that the features a bundle names can be computed here; a bundle that takes the waveform needs none."""
    import numpy as np

    from emotrace.bundle import Check, load_bundle
    from emotrace.errors import EmotraceError
    from emotrace.features._front_end import FrontEnd

    bundle = load_bundle(source)
    card, facts = bundle.card, bundle.card.features
    if facts is None:
        return []
    try:
        noise = np.random.default_rng(0).normal(0.0, 0.1, round(card.window_seconds * card.sampling_rate))
        features = FrontEnd(facts).extract(noise.astype(np.float32), card.sampling_rate)
        bundle.predict(features[np.newaxis])
    except EmotraceError as error:
        return [Check("front end", False, str(error))]
    return [Check("front end", True, f"{_tell_front_end(facts)}: the feature set that it was trained on")]


def _tell_front_end(facts: FrontEndFacts) -> str:
    shape = " x ".join("frames" if length is None else str(length) for length in facts["shape"])
    trimmed = "" if facts["trim_db"] is None else f", ends cut {facts['trim_db']:g} dB below the loudest"
    return f"{facts['set']} ({shape}, {facts['sampling_rate']} Hz{trimmed})"


def _summarise(card: Card) -> Iterator[RenderableType]:
    yield _tell_facts(card)
    if card.corpora:
        yield _tabulate_corpora(card)
    rows = list(score_rows(card.metrics))
    if rows:
        yield _tabulate_scores(rows)


def _tell_facts(card: Card) -> Table:
    from rich.table import Table
    from rich.text import Text

    # Text, not plain strings: a card must not be able to bring markup.
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, value in _facts(card):
        if value:
            table.add_row(name, Text(value))
    return table


def _facts(card: Card) -> Iterator[tuple[str, str]]:
    facts = card.files.get("model.onnx", {})
    yield "model", card.name
    yield "kind", card.kind
    yield "about", card.description
    yield "licence", card.licence
    yield "labels", ", ".join(card.labels)
    if card.kind == "emotion":
        shown = card.default_labels
        named = f"{shown}: " if isinstance(shown, str) else ""
        yield "shown by default", named + ", ".join(card.shown_labels)
    yield "audio", f"{card.sampling_rate} Hz, at least {card.minimum_seconds:g} s"
    yield "features", "" if card.features is None else _tell_front_end(card.features)
    yield "window", f"{card.window_seconds:g} s every {card.hop_seconds:g} s"
    yield "frames", "" if card.frame_seconds is None else f"every {card.frame_seconds:g} s"
    yield "calibration", ", ".join(f"{key} {_shorten(value)}" for key, value in card.calibration.items())
    yield "split", ", ".join(f"{key} {_shorten(value)}" for key, value in card.split.items())
    yield "training", ", ".join(f"{key} {_shorten(value)}" for key, value in card.training.items())
    yield "made", " by emotrace ".join(part for part in (card.created, card.code_version) if part)
    yield "file", f"{facts['bytes']:,} bytes, SHA-256 {facts['sha256'][:16]}…"


def _shorten(value: Any) -> str:
    """Say a free-form value of the card in a word or two; ``--format json`` shows all of it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping | list | tuple):
        return f"({len(value)})"
    return "none" if value is None else str(value)


def _tabulate_corpora(card: Card) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, title="Trained on", title_justify="left")
    table.add_column("corpus", no_wrap=True)
    table.add_column("utterances", justify="right")
    table.add_column("speakers", justify="right")
    table.add_column("licence")
    table.add_column("citation")
    for corpus in card.corpora:
        numbers = f"{corpus['n_utterances']:,}", f"{corpus['n_speakers']:,}"
        table.add_row(Text(corpus["name"]), *numbers, Text(corpus["licence"]), Text(corpus["citation"]))
    return table


def _tabulate_scores(rows: list[tuple[str, Mapping[str, Any]]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE,
        title="Scores in %",
        caption=Text("[low–high] is the interval over (n) speakers; --format json shows all scores"),
        title_justify="left",
        caption_justify="left",
    )
    columns = [key for key in SCORES if any(key in scores for _, scores in rows)]
    table.add_column("corpus", overflow="fold")
    table.add_column("clips", justify="right")
    for key in columns:
        table.add_column(SCORES[key], justify="right", no_wrap=True)
    for name, scores in rows:
        numbers = (Text(tell_score(scores.get(key))) for key in columns)
        table.add_row(Text(name), Text(_tell_size(scores)), *numbers)
    return table


def _tell_size(scores: Mapping[str, Any]) -> str:
    n, n_speakers = (scores.get(key) for key in ("n", "n_speakers"))
    if not isinstance(n, int):
        return "-"
    return f"{n:,} ({n_speakers:,})" if isinstance(n_speakers, int) else f"{n:,}"
