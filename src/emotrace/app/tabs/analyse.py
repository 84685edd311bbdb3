"""Analyse: a recording in, its emotions over time out."""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from emotrace.app.analysing import Analysed, Choice, Given, analyse, open_given
from emotrace.app.desk import Desk
from emotrace.app.examples import EXAMPLES
from emotrace.app.views.analysis import draw_done, draw_nothing, draw_trouble, draw_working
from emotrace.app.views.source import draw_source
from emotrace.errors import LabelError
from emotrace.labels import PRESETS, preset_labels

TITLE = "Analyse"
PLACE = 1

_KEPT_SECONDS = 3600.0
_LOOK_SECONDS = 0.2
_JOIN = "element.querySelector('emotrace-source').join(upload, trigger)"
_DEFECT = "The app failed at this recording, and its log says where: a defect, worth an issue."
# Left to itself, Gradio makes a new result by changing the old one's elements in place, and takes from them what
# the script has changed since.
_SLOT = "<div class='slot'></div>"
_SHOW = """
let shown = null;
const show = () => {
  if (props.value === shown) return;
  shown = props.value;
  element.querySelector('.slot').innerHTML = shown;
};
watch('value', show);
show();
"""


def build(desk: Desk) -> None:
    """Draw the tab."""
    settings, names = desk.service.settings, desk.service.models.names
    kept = gr.State(None, time_to_live=_KEPT_SECONDS, delete_callback=_forget)
    examples = {name: (example.title, example.what) for name, example in EXAMPLES.items()}
    source = gr.HTML(
        draw_source(settings.max_body_bytes, settings.max_seconds, examples),
        js_on_load=_JOIN,
        apply_default_css=False,
    )
    with gr.Row(elem_id="analyse-choices"):
        presets, preset = _presets(desk, names[0])
        labels = gr.Dropdown(presets, value=preset, label="Emotions to choose between", scale=3, min_width=260)
        channel = gr.Dropdown(_channels(2), value="mix", label="Channels", scale=1, min_width=150)
        model = gr.Dropdown(names, value=names[0], label="Model", visible=len(names) > 1, scale=1, min_width=150)
    with gr.Row(elem_id="analyse-status"):
        status = gr.HTML("", scale=5, apply_default_css=False)
        cancel = gr.Button("Cancel", size="sm", scale=0, min_width=110, visible=False)
    result = gr.HTML(
        draw_nothing(), html_template=_SLOT, js_on_load=_SHOW, elem_id="analyse-result", apply_default_css=False
    )

    async def listen(
        event: gr.EventData, before: Given | None, chosen_labels: str, chosen_channel: str, chosen_model: str
    ) -> AsyncIterator[dict[Any, Any]]:
        is_new = event.target is source
        presets, preset = _presets(desk, chosen_model, chosen_labels)
        if before is None and not is_new:
            yield {labels: gr.Dropdown(presets, value=preset)}
            return
        choice, progress, began = Choice(chosen_model, preset, chosen_channel), _Progress(), time.monotonic()
        work = asyncio.create_task(_work(desk, event._data if is_new else before, choice, progress))
        try:
            while not work.done():
                yield {status: draw_working(progress.what, progress.share), cancel: gr.Button(visible=True)}
                await asyncio.wait({work}, timeout=_LOOK_SECONDS)
            given, drawn, choice = work.result()
        except Exception as error:
            line = html.unescape(error.message) if isinstance(error, gr.Error) else _DEFECT
            yield {
                status: "",
                cancel: gr.Button(visible=False),
                result: draw_trouble(line),
                **({kept: _replace(before, None)} if is_new else {}),
            }
            raise
        finally:
            # Cancelled, or the visitor has gone.
            work.cancel()
        yield {
            status: draw_done(time.monotonic() - began),
            cancel: gr.Button(visible=False),
            result: drawn,
            kept: _replace(before, given),
            labels: gr.Dropdown(presets, value=preset),
            channel: gr.Dropdown(_channels(given.player.n_channels), value=choice.channel),
        }

    running = gr.on(
        [source.submit, labels.select, channel.select, model.select],
        listen,
        [kept, labels, channel, model],
        [status, cancel, result, kept, labels, channel],
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
    cancel.click(None, cancels=running, api_visibility="private")
    cancel.click(
        lambda: ("", gr.Button(visible=False)),
        None,
        [status, cancel],
        show_progress="hidden",
        api_visibility="private",
    )


class _Progress:
    """What is being done for a visitor, and how much of it, 0 to 1; None while nobody knows."""

    def __init__(self) -> None:
        self.what, self.share = "Waiting for a free place", None  # type: tuple[str, float | None]

    def tell(self, what: str, share: float) -> None:
        self.what, self.share = what, share


async def _work(desk: Desk, source: Given | Any, choice: Choice, progress: _Progress) -> Analysed:
    given = source if isinstance(source, Given) else await open_given(desk, source, progress.tell)
    try:
        return await analyse(desk, given, choice, progress.tell)
    except BaseException:
        if given is not source:
            given.forget()
        raise


def _replace(before: Given | None, now: Given | None) -> Given | None:
    """Give what is kept from now on, and forget what was kept before."""
    if before is not None:
        before.forget(now)
    return now


def _forget(kept: Given | None) -> None:
    if kept is not None:
        kept.forget()


def _presets(desk: Desk, model: str, chosen: str | None = None) -> tuple[list[tuple[str, str]], str]:
    """Give the label presets of a model, without those that are the same labels, and which of them to choose."""
    models = desk.service.models
    available = models.bundle(model).card.labels
    shown = models.recogniser(model).labels
    found: dict[frozenset[str], tuple[str, tuple[str, ...]]] = {}
    for preset in (*PRESETS, "all"):
        try:
            words = preset_labels(preset, available)
        except LabelError:
            continue
        found.setdefault(frozenset(words), (preset, words))
    own = found.setdefault(frozenset(shown), (",".join(shown), shown))[0]
    names = [name for name, _ in found.values()]
    choices = [
        (f"{name}: {', '.join(words)}" if name != "all" else f"all {len(words)}", name)
        for name, words in found.values()
    ]
    return choices, chosen if chosen in names else own


def _channels(n_channels: int) -> list[tuple[str, str]]:
    numbers = [(f"only channel {n}", str(n)) for n in range(n_channels)] if n_channels > 1 else []
    return [("all, mixed", "mix"), ("each on its own", "each"), *numbers]
