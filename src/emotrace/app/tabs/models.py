"""Models: bundles and their cards, what was measured of them, claims put to the test, mistakes to listen to."""

from __future__ import annotations

from typing import Any

import gradio as gr

from emotrace.app.desk import Desk
from emotrace.app.exploring.look import look_at
from emotrace.app.exploring.shelf import Shelf, checked_path
from emotrace.app.judging.figures import figures_of, read_reproduction
from emotrace.app.judging.judged import (
    ALL_SPEECH,
    Confusion,
    confuse,
    list_parts,
    name_mistake,
    open_judged,
    shelve,
)
from emotrace.app.saying import HELD_AGAINST, trouble
from emotrace.app.views.card import draw_card
from emotrace.app.views.clip_look import EMPTY as NO_CLIP
from emotrace.app.views.clip_look import draw_head, draw_look, name_clip
from emotrace.app.views.mistakes import draw_cell, draw_judged
from emotrace.app.views.reproduction import draw_reproduction
from emotrace.app.views.scores import draw_scores
from emotrace.bundle import Bundle, load_bundle
from emotrace.bundle.read import shipped_names
from emotrace.learn.explore.judged import Judged
from emotrace.markup import element

TITLE = "Models"
PLACE = 6

_OWN = "Another bundle ..."
_BUSY: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 2, "concurrency_id": "models"}
_KEPT_SECONDS = 3600.0
_NOTHING_OPEN = element(
    "div",
    "Judge a model with 'emotrace evaluate BUNDLE MANIFEST -o DIR', then open DIR here: every clip of every "
    "mistake can be listened to.",
    class_="empty",
)
_NO_CELL = element("div", "Choose a cell to list its clips.", class_="empty")


def build(desk: Desk) -> None:
    """Draw the tab."""
    models = desk.service.models
    names = [*models.names, *(name for name in shipped_names() if name not in models.names), _OWN]
    first = models.bundle(names[0])
    with gr.Row(equal_height=False, elem_classes="low"):
        chosen = gr.Dropdown(names, value=names[0], label="Model", scale=2, min_width=220)
        path = gr.Textbox(
            label="Path of a bundle on this computer: a folder or zip", placeholder="~/runs/mine/bundle",
            max_lines=1, max_length=1000, scale=3, visible=False,
        )  # fmt: skip
        open_path = gr.Button("Open", scale=0, min_width=110, visible=False)
    with gr.Tabs():
        with gr.Tab("Card"):
            card = gr.HTML(draw_card(first.card, str(first.path)), elem_id="models-card", apply_default_css=False)
        with gr.Tab("Figures"):
            scores = gr.HTML(
                draw_scores(first.card, figures_of(first.card)), elem_id="models-scores", apply_default_css=False
            )
        with gr.Tab("Reproduction"):
            gr.HTML(draw_reproduction(read_reproduction()), elem_id="models-claims", apply_default_css=False)
        with gr.Tab("Mistakes"):
            _build_mistakes()

    def draw(bundle: Bundle) -> dict[Any, Any]:
        return {
            card: draw_card(bundle.card, str(bundle.path)),
            scores: draw_scores(bundle.card, figures_of(bundle.card)),
        }

    def choose(name: str) -> dict[Any, Any]:
        is_own = name == _OWN
        found = {path: gr.Textbox(visible=is_own), open_path: gr.Button(visible=is_own)}
        if is_own:
            return found
        try:
            bundle = models.bundle(name) if name in models.names else load_bundle(name)
            return {**found, **draw(bundle)}
        except HELD_AGAINST as error:
            raise trouble(error) from None

    def open_typed(text: str) -> dict[Any, Any]:
        try:
            return draw(load_bundle(checked_path(text, "a bundle: a folder or zip with card.json and model.onnx")))
        except HELD_AGAINST as error:
            raise trouble(error) from None

    chosen.input(choose, chosen, [card, scores, path, open_path], show_progress="hidden", **_BUSY)
    gr.on(
        [open_path.click, path.submit], open_typed, path, [card, scores], show_progress_on=[card, scores], **_BUSY
    )


def _build_mistakes() -> None:
    kept = gr.State(None, time_to_live=_KEPT_SECONDS)
    # The confusion that is shown, and the cell of it that is listed.
    shown = gr.State(None, time_to_live=_KEPT_SECONDS)
    listed = gr.State(None, time_to_live=_KEPT_SECONDS)
    with gr.Row(equal_height=False, elem_classes="low"):
        path = gr.Textbox(
            label="Judged folder on this computer", placeholder="~/judged", max_lines=1, max_length=1000, scale=4
        )
        open_path = gr.Button("Open", variant="primary", scale=0, min_width=110)
        part = gr.Dropdown([ALL_SPEECH], value=ALL_SPEECH, label="Clips of", scale=2, visible=False)
    table = gr.HTML(
        _NOTHING_OPEN,
        elem_id="models-confusion",
        apply_default_css=False,
        js_on_load="emotraceChoose(element, trigger);",
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=260):
            clips = gr.HTML(
                _NO_CELL,
                elem_id="models-clips",
                apply_default_css=False,
                js_on_load="emotraceChoose(element, trigger);",
            )
        with gr.Column(scale=3, min_width=300):
            look = gr.HTML(NO_CLIP, elem_id="models-look", apply_default_css=False)

    def draw(judged: Judged, part_name: str) -> dict[Any, Any]:
        confusion = confuse(judged, part_name)
        return {
            shown: confusion,
            listed: None,
            table: draw_judged(judged, confusion),
            clips: _NO_CELL,
            look: NO_CLIP,
        }

    def open_typed(text: str) -> dict[Any, Any]:
        try:
            judged = open_judged(text)
            parts = list_parts(judged)
        except HELD_AGAINST as error:
            raise trouble(error) from None
        return {
            kept: judged,
            part: gr.Dropdown(parts, value=parts[0], visible=len(parts) > 1),
            **draw(judged, parts[0]),
        }

    def choose_part(judged: Judged | None, name: str) -> dict[Any, Any]:
        if judged is None:
            raise trouble("open a judged folder first")
        return draw(judged, name)

    def choose_cell(event: gr.EventData, confusion: Confusion | None) -> dict[Any, Any]:
        if confusion is None:
            raise trouble("open a judged folder first")
        try:
            answers = confusion.cell(_row(event))
        except HELD_AGAINST as error:
            raise trouble(error) from None
        return {listed: answers, clips: draw_cell(answers), look: NO_CLIP}

    def choose_clip(event: gr.EventData, answers: Any) -> str:
        try:
            shelf: Shelf = shelve(answers or (), "cell")
            row = _row(event)
            clip = shelf.clip(row)
            head = draw_head(clip, said=name_mistake(answers[row]))
            return draw_look(look_at(shelf, clip), head, name_clip(clip))
        except HELD_AGAINST as error:
            raise trouble(error) from None

    outputs = [shown, listed, table, clips, look]
    gr.on(
        [open_path.click, path.submit], open_typed, path, [kept, part, *outputs], show_progress_on=[table], **_BUSY
    )
    part.input(choose_part, [kept, part], outputs, show_progress="hidden", **_BUSY)
    table.submit(choose_cell, shown, [listed, clips, look], show_progress="hidden", **_BUSY)
    clips.submit(choose_clip, listed, look, trigger_mode="always_last", show_progress_on=[look], **_BUSY)


def _row(event: gr.EventData) -> Any:
    return event._data.get("row") if isinstance(event._data, dict) else None
