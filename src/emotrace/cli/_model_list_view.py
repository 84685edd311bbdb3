"""A list of models for people: a table, and what each may be used for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from emotrace.bundle.quoting import plain
from emotrace.cli._card_scores import tell_score
from emotrace.cli._model_list import Listed

_COMMERCIAL_USE = {True: "yes", False: "no", None: "see licence"}


def draw_list(models: Sequence[Listed]) -> Iterator[RenderableType]:
    """Give a table of the models, the licence of each, and a warning where the speech detector's is narrower."""
    # Text, not plain strings: a card must not be able to bring markup, nor a folder's name what drives a terminal.
    yield _tabulate(models)
    for model in models:
        yield Text.assemble((f"{plain(model.name, 200)}: ", "bold"), model.licence)
    if _is_held_back(models):
        yield Text("Emotion is heard behind the model 'speech', which does not permit commercial use.", "bold")


def _tabulate(models: Sequence[Listed]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("name", overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("size", no_wrap=True, justify="right")
    table.add_column("commer-\ncial use")
    table.add_column("UAR\nin %", no_wrap=True, justify="right")
    table.add_column("trained on,\nUAR by corpus", no_wrap=True)
    table.add_column("labels")
    for model in models:
        table.add_row(
            Text(plain(model.name, 200)),
            model.kind,
            f"{model.n_bytes / 1e6:.1f} MB",
            _COMMERCIAL_USE[model.allows_commercial_use],
            tell_score(model.headline),
            Text("\n".join(_tell_corpora(model)) or "-"),
            Text(", ".join(model.labels) or "-"),
        )
    return table


def _tell_corpora(model: Listed) -> Iterator[str]:
    for corpus in model.trained_on:
        score = model.scores.get(corpus)
        yield corpus if score is None else f"{corpus} {tell_score(score)}"


def _is_held_back(models: Sequence[Listed]) -> bool:
    """Say whether a model promises what the shipped speech detector before it does not."""
    detector = next((model for model in models if model.is_shipped and model.name == "speech"), None)
    promises = any(model.allows_commercial_use for model in models if model.kind == "emotion")
    return promises and detector is not None and not detector.allows_commercial_use
