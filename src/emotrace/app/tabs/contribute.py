"""Contribute: one's own labelled clips, with written consent, in a folder of one's choice, to train with."""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from emotrace.app.asked import take
from emotrace.app.clip import encode_clip, predict_clip
from emotrace.app.collection.clips import delete_clip, find_clip, keep_clip, read_clips
from emotrace.app.collection.consent import (
    consent_text,
    find_consent,
    give_consent,
    person_folder,
    read_consent,
    read_people,
)
from emotrace.app.collection.erase import Erased, erase_person
from emotrace.app.collection.folder import Collection, open_collection
from emotrace.app.desk import Desk
from emotrace.app.saying import HELD_AGAINST, trouble
from emotrace.app.views.collection import EMPTY, draw_collection, draw_consent, draw_standing
from emotrace.errors import EmotraceError, UsageError
from emotrace.labels import NO_SPEECH

TITLE = "Contribute"
PLACE = 7

_USUAL_FOLDER = "~/emotrace-clips"
_SEXES = ["not stated", "female", "male"]
_INTRODUCTION = (
    "<div class='collection'><h2>Teach it your voice</h2><p class='soft'>Record short clips, say which emotion "
    "they show, and train a model that knows them. They lie in a folder of this computer, with everybody's "
    "written consent, and one click deletes everything of a person.</p></div>"
)


def build(desk: Desk) -> None:
    """Draw the tab."""
    service = desk.service
    labels = list(service.models.bundle().card.labels)
    old = service.settings.model or "default"

    def show(collection: Collection) -> str:
        return draw_collection(collection, read_people(collection), read_clips(collection), old)

    gr.HTML(_INTRODUCTION)
    with gr.Row(equal_height=False):
        with gr.Column():
            gr.HTML(_step(1, "Where, and who"))
            folder = gr.Textbox(_USUAL_FOLDER, label="Folder on this computer", max_lines=1, max_length=1000)
            look_again = gr.Button("Look what is there", size="sm")
            collector = gr.Textbox(
                label="Who collects the clips, and how to reach them", max_lines=1, max_length=120,
                placeholder="Ada Lovelace, ada@example.org",
            )  # fmt: skip
            person = gr.Textbox(
                label="Who speaks: a name or a pseudonym", max_lines=1, max_length=120, elem_id="contribute-person"
            )
            sex = gr.Radio(_SEXES, value=_SEXES[0], label="Sex, if you like (for fair tests)")
        with gr.Column():
            gr.HTML(_step(2, "Their agreement"))
            agreement = gr.HTML(draw_consent(consent_text("")))
            agrees = gr.Checkbox(label="I have read this and agree")
            agree = gr.Button("Sign", variant="primary")
            standing = gr.HTML(draw_standing(None, ""))
    with gr.Row(equal_height=False):
        with gr.Column():
            gr.HTML(_step(3, "A clip"))
            recording = gr.Audio(
                label="Clip: one emotion, up to 60 s",
                sources=["microphone", "upload"],
                type="filepath",
                elem_id="contribute-clip",
            )
        with gr.Column():
            gr.HTML(_step(4, "What is in it"))
            emotion = gr.Radio(labels, label="Which emotion does it show?")
            text = gr.Textbox(label="What was said (may stay empty)", max_lines=1, max_length=500)
            with gr.Row():
                keep = gr.Button("Keep", variant="primary")
                discard = gr.Button("Discard")
            said = gr.HTML(_say(""), elem_id="contribute-said")

    def find(asked: Any) -> Collection:
        return open_collection(take(asked, "folder", str), desk.corpora)

    def listen(asked: Any) -> dict[str, str]:
        try:
            data = Path(find_clip(find(asked), take(asked, "clip", str)).file).read_bytes()
        except HELD_AGAINST as error:
            return {"error": str(error)}
        except OSError:
            return {"error": "the recording is gone from the folder; delete the clip"}
        return {"url": f"data:audio/flac;base64,{base64.b64encode(data).decode('ascii')}"}

    def drop(asked: Any) -> dict[str, str]:
        try:
            collection = find(asked)
            delete_clip(collection, take(asked, "clip", str))
            return {"html": show(collection), "said": "The clip is deleted."}
        except HELD_AGAINST as error:
            return {"error": str(error)}

    def erase(asked: Any) -> dict[str, str]:
        try:
            collection = find(asked)
            erased = erase_person(collection, take(asked, "person", str))
            return {"html": show(collection), "said": _what_went(erased)}
        except HELD_AGAINST as error:
            return {"error": str(error)}

    there = gr.HTML(
        EMPTY,
        elem_id="contribute-list",
        apply_default_css=False,
        js_on_load="emotraceContribute(element, server, props);",
        server_functions=[listen, drop, erase],
    )

    def look(folder: str, person: str, collector: str) -> tuple[str, str, str]:
        text = draw_consent(consent_text(collector))
        try:
            collection = open_collection(folder, desk.corpora)
            consent = read_consent(person_folder(collection, person)) if person.strip() else None
            return show(collection), draw_standing(consent, person.strip()), text
        except EmotraceError as error:
            raise trouble(error) from None

    def sign(folder: str, person: str, collector: str, sex: str, agrees: bool) -> tuple[str, str, Any]:
        if not agrees:
            raise trouble("read the agreement and tick that you agree, then sign")
        try:
            collection = open_collection(folder, desk.corpora)
            consent = give_consent(collection, person, collector, sex, datetime.now(timezone.utc))
            return show(collection), draw_standing(consent, person), gr.Checkbox(value=False)
        except EmotraceError as error:
            raise trouble(error) from None

    async def keep_it(
        folder: str, person: str, path: str | None, emotion: str | None, text: str
    ) -> tuple[str, str, Any, Any]:
        if not path:
            raise trouble("record a clip first, or drop a file")
        if emotion is None:
            raise trouble("say which emotion the clip shows")
        try:
            collection = open_collection(folder, desk.corpora)
            consent = find_consent(collection, person)
            audio = await asyncio.to_thread(_read, path)
            flac, seconds = await encode_clip(desk, audio, "the clip")
            heard = await predict_clip(desk, flac, "the clip", "all")
            if heard["emotion"] == NO_SPEECH:
                raise trouble("nobody is heard speaking in this clip; record it again, closer to the microphone")
            # Waits for the disk, which others should not.
            await asyncio.to_thread(
                keep_clip, collection, consent, flac, emotion, text, datetime.now(timezone.utc)
            )
            line = f"Kept: {emotion}, {seconds:.1f} s. The present model hears {heard['emotion']} in it."
            _remove(desk, path)
            return show(collection), _say(line), None, gr.Textbox(value="")
        except HELD_AGAINST as error:
            raise trouble(error) from None

    def discard_it(path: str | None) -> tuple[None, str]:
        if path:
            _remove(desk, path)
        return None, _say("Discarded.")

    # Where Gradio shows progress it covers what is there with the word "Error" when something is missing, and who
    # forgot to choose an emotion could no longer listen to the clip. And whoever leaves a field by signing looks
    # and signs at once: one after the other, so that what is shown in the end is the later.
    manner: Any = {"show_progress": "hidden", "api_visibility": "private"}
    in_turn: Any = {**manner, "concurrency_id": "contribute", "concurrency_limit": 1}
    asked = [folder, person, collector]
    for event in (look_again.click, folder.submit, person.submit, person.blur, collector.submit, collector.blur):
        event(look, asked, [there, standing, agreement], **in_turn)
    agree.click(sign, [*asked, sex, agrees], [there, standing, agrees], **in_turn)
    keep.click(keep_it, [folder, person, recording, emotion, text], [there, said, recording, text], **manner)
    discard.click(discard_it, recording, [recording, said], api_visibility="private")


def _step(number: int, what: str) -> str:
    return f'<h3 class="contribute-step"><span>{number}</span> {what}</h3>'


def _say(line: str) -> str:
    return f'<p class="contribute-said" role="status">{escape(line)}</p>'


def _what_went(erased: Erased) -> str:
    parts = [
        f"{erased.n_recordings} recording{'' if erased.n_recordings == 1 else 's'}",
        f"{erased.n_rows} row{'' if erased.n_rows == 1 else 's'} of the table",
        "the agreement" if erased.had_consent else "no agreement, for there was none",
        *([f"{erased.n_others} other files"] if erased.n_others else []),
    ]
    return f"Deleted: {', '.join(parts)}. Models trained before keep what they learned: train them anew."


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        raise UsageError("this recording is no longer kept here; record it once more") from None


def _remove(desk: Desk, path: str) -> None:
    """Delete what Gradio keeps of a recording."""
    if Path(path).resolve().is_relative_to(desk.temporary.resolve()):
        Path(path).unlink(missing_ok=True)
