"""Explore: what a corpus, or a folder of one's own, holds and how it sounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from html import escape
from typing import Any

import gradio as gr

from emotrace.app.desk import Desk
from emotrace.app.exploring.changes import list_augmentations, make_changes
from emotrace.app.exploring.look import look_at
from emotrace.app.exploring.report import MOST_SHOWN_BYTES, write_report
from emotrace.app.exploring.shelf import FILTERS, Shelf, list_corpora, open_corpus, open_examples, open_own
from emotrace.app.exploring.voices import Voices, can_compare, compare_voices, emotions_of_both, find_pair
from emotrace.app.own_command import while_watched
from emotrace.app.saying import HELD_AGAINST, trouble
from emotrace.app.views import changes as changes_view
from emotrace.app.views import voices as voices_view
from emotrace.app.views.clip_look import EMPTY as NO_CLIP
from emotrace.app.views.clip_look import draw_head, draw_look, name_clip
from emotrace.app.views.frame import frame_page
from emotrace.app.views.mel_lesson import draw_lesson
from emotrace.app.views.shelf import draw_list, draw_shelf
from emotrace.registry import load, names

TITLE = "Explore"
PLACE = 5

_EXAMPLES = "Example clips"
_OWN = "Own folder or manifest ..."
_ANY = ""
_BUSY: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 2, "concurrency_id": "explore"}
_KEPT_SECONDS = 3600.0
_SAMPLES = (100, 300, 1000)
_NO_REPORT = (
    "<div class='empty tall'>The whole report: what there is, whether it is sound, how it sounds, and what sets "
    "its emotions apart.</div>"
)


def build(desk: Desk) -> None:
    """Draw the tab."""
    examples = open_examples()
    kept = gr.State(examples, time_to_live=_KEPT_SECONDS)
    place = gr.State(0, time_to_live=_KEPT_SECONDS)
    corpora = [(load("corpus", name).CORPUS.title, name) for name in list_corpora(desk.corpora)]
    sources: list[tuple[str, str]] = [(_EXAMPLES, _EXAMPLES), *corpora, (_OWN, _OWN)]
    with gr.Row(equal_height=False, elem_id="explore-source", elem_classes="low"):
        source = gr.Dropdown(sources, value=_EXAMPLES, label="What to look at", scale=2, min_width=240)
        path = gr.Textbox(
            label="Path on this computer", placeholder="~/clips or ~/clips/manifest.csv", max_lines=1,
            max_length=1000, scale=3, visible=False,
        )  # fmt: skip
        open_path = gr.Button("Open", scale=0, min_width=110, visible=False)
    with gr.Tabs():
        with gr.Tab("What there is"):
            there = gr.HTML(draw_shelf(examples), elem_id="explore-there", apply_default_css=False)
        with gr.Tab("Clips"):
            with gr.Row(elem_id="explore-filters"):
                filters = [
                    gr.Dropdown(_choices(examples, by), value=_ANY, label=by.capitalize(), min_width=130)
                    for by in FILTERS
                ]
            with gr.Row(equal_height=False):
                with gr.Column(scale=2, min_width=260):
                    clips = gr.HTML(
                        _list(examples),
                        elem_id="explore-clips",
                        apply_default_css=False,
                        js_on_load="emotraceChoose(element, trigger);",
                    )
                with gr.Column(scale=3, min_width=300):
                    look = gr.HTML(NO_CLIP, elem_id="explore-look", apply_default_css=False)
        with gr.Tab("Women and men"):
            pair_of, compare = _build_voices(kept)
        with gr.Tab("Augmentations"):
            _build_changes(kept, place)
        with gr.Tab("The mel scale"):
            gr.HTML(draw_lesson(), elem_id="explore-lesson", apply_default_css=False)
        with gr.Tab("The whole report"):
            _build_report(desk, kept)

    def show(shelf: Shelf) -> dict[Any, Any]:
        both = emotions_of_both(shelf)
        return {
            kept: shelf,
            place: 0,
            there: draw_shelf(shelf),
            clips: _list(shelf),
            look: NO_CLIP,
            pair_of: gr.Dropdown(both, value=both[0] if both else None),
            compare: gr.Button(interactive=can_compare(shelf)),
            **{
                each: gr.Dropdown(_choices(shelf, by), value=_ANY)
                for by, each in zip(FILTERS, filters, strict=True)
            },
        }

    def choose_source(source: str) -> dict[Any, Any]:
        is_own = source == _OWN
        found = {path: gr.Textbox(visible=is_own), open_path: gr.Button(visible=is_own)}
        if is_own:
            return found
        try:
            shelf = open_examples() if source == _EXAMPLES else open_corpus(source, desk.corpora)
            return {**found, **show(shelf)}
        except HELD_AGAINST as error:
            raise trouble(error) from None

    def open_typed(text: str) -> dict[Any, Any]:
        try:
            return show(open_own(text))
        except HELD_AGAINST as error:
            raise trouble(error) from None

    def narrow(shelf: Shelf, *words: str) -> str:
        return draw_list(shelf, shelf.pick(dict(zip(FILTERS, words, strict=True))))

    def choose_clip(event: gr.EventData, shelf: Shelf) -> tuple[str, int]:
        row: Any = event._data.get("row") if isinstance(event._data, dict) else None
        try:
            clip = shelf.clip(row)
            return draw_look(look_at(shelf, clip), draw_head(clip), name_clip(clip)), row
        except HELD_AGAINST as error:
            raise trouble(error) from None

    shown = [kept, place, there, clips, look, pair_of, compare, *filters]
    source.input(choose_source, source, [*shown, path, open_path], show_progress_on=[there], **_BUSY)
    gr.on([open_path.click, path.submit], open_typed, path, shown, show_progress_on=[there], **_BUSY)
    for each in filters:
        each.input(narrow, [kept, *filters], clips, api_visibility="private", show_progress="hidden")
    clips.submit(choose_clip, kept, [look, place], trigger_mode="always_last", show_progress_on=[look], **_BUSY)


def _build_voices(kept: gr.State) -> tuple[gr.Dropdown, gr.Button]:
    gr.HTML(
        "<p class='soft'>Two clips of one emotion, and of the same sentence where both say it; and what many "
        "clips show.</p>",
        apply_default_css=False,
    )
    with gr.Row(equal_height=False, elem_classes="low"):
        emotion = gr.Dropdown([], label="Emotion", scale=2)
        listen = gr.Button("Show a woman and a man", scale=2)
        compare = gr.Button("Compare many voices", variant="primary", scale=2, interactive=False)
        stop = gr.Button("Stop", variant="stop", scale=1)
    pair = gr.HTML("", elem_id="explore-pair", apply_default_css=False)
    found = gr.HTML(voices_view.EMPTY, elem_id="explore-voices", apply_default_css=False)

    def show_pair(shelf: Shelf, emotion: str | None) -> str:
        if not emotion:
            raise trouble("this needs clips of women and of men, marked as such; choose a corpus above")
        try:
            clips = find_pair(shelf, emotion)
            return voices_view.draw_pair({sex: (clip, look_at(shelf, clip)) for sex, clip in clips.items()})
        except HELD_AGAINST as error:
            raise trouble(error) from None

    def measure(shelf: Shelf) -> Iterator[str]:
        try:
            for each in compare_voices(shelf):
                if isinstance(each, Voices):
                    yield voices_view.draw_voices(each)
                else:
                    yield voices_view.draw_measuring(*each)
        except HELD_AGAINST as error:
            raise trouble(error) from None

    listen.click(show_pair, [kept, emotion], pair, show_progress_on=[pair], **_BUSY)
    run = compare.click(measure, kept, found, show_progress="hidden", **_BUSY)
    stop.click(
        lambda: voices_view.EMPTY, None, found, cancels=run, api_visibility="private", show_progress="hidden"
    )
    return emotion, compare


def _build_changes(kept: gr.State, place: gr.State) -> None:
    about = list_augmentations()
    gr.HTML(
        "<p class='soft'>What training does to clips so that a model learns voices and not rooms, lines or "
        "levels. Taken is the clip chosen last under <i>Clips</i>, else the first.</p>",
        apply_default_css=False,
    )
    kind = gr.Radio(list(about), value=next(iter(about)), label="Augmentation")
    with gr.Row():
        make = gr.Button("Make them", variant="primary")
        again = gr.Button("Draw other random values")
    result = gr.HTML(changes_view.EMPTY, elem_id="explore-changes", apply_default_css=False)
    seed = gr.State(0)

    def change(shelf: Shelf, place: int, kind: str, seed: int) -> str:
        if kind not in names("augmentation"):
            raise trouble("choose an augmentation")
        try:
            clip = shelf.clip(place)
            return changes_view.draw_changes(
                list(make_changes(shelf, clip, kind, seed)), kind, about[kind], name_clip(clip)
            )
        except HELD_AGAINST as error:
            raise trouble(error) from None

    def change_again(shelf: Shelf, place: int, kind: str, seed: int) -> tuple[str, int]:
        return change(shelf, place, kind, seed + 1), seed + 1

    gr.on([make.click, kind.input], change, [kept, place, kind, seed], result, trigger_mode="always_last", **_BUSY)
    again.click(change_again, [kept, place, kind, seed], [result, seed], **_BUSY)


def _build_report(desk: Desk, kept: gr.State) -> None:
    gr.HTML(
        "<p class='soft'>As <code>emotrace explore</code> writes it: one page with everything within it, clips to "
        "listen to as well. It takes minutes; the time runs at the corner.</p>",
        apply_default_css=False,
    )
    with gr.Row(equal_height=False, elem_classes="low"):
        sample = gr.Radio(
            [(f"{n} clips", n) for n in _SAMPLES],
            value=_SAMPLES[0],
            label="Features and pitch of at most",
            scale=3,
        )
        start = gr.Button("Make the report", variant="primary", scale=2)
        stop = gr.Button("Stop", variant="stop", scale=1)
    report = gr.HTML(_NO_REPORT, elem_id="explore-report", apply_default_css=False)
    save = gr.DownloadButton("Save the report (HTML)", visible=False)

    async def make(shelf: Shelf, sample: int) -> AsyncIterator[tuple[Any, Any]]:
        work = asyncio.create_task(write_report(shelf, int(sample), desk.temporary))
        async for _ in while_watched(work):
            yield gr.skip(), gr.skip()
        try:
            page, remarks = work.result()
        except HELD_AGAINST as error:
            raise trouble(error) from None
        noted = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
        size = page.stat().st_size
        if size > MOST_SHOWN_BYTES:
            text = f"<p>The report is ready; {size >> 20} MB are too many to be shown here, save it.</p>"
        else:
            text = frame_page(await asyncio.to_thread(page.read_text, "utf-8"), f"Report on {page.stem}")
        yield f"<ul class='remarks'>{noted}</ul>{text}", gr.DownloadButton(value=str(page), visible=True)

    run = start.click(
        make,
        [kept, sample],
        [report, save],
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="explore-report",
        show_progress_on=report,
    )
    stop.click(None, cancels=run, api_visibility="private")


def _choices(shelf: Shelf, by: str) -> list[tuple[str, str]]:
    return [("any", _ANY), *((word, word) for word in shelf.choices()[by])]


def _list(shelf: Shelf) -> str:
    return draw_list(shelf, range(len(shelf.utterances)))
