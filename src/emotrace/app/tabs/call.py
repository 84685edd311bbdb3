"""Call: a recorded call in, the call desk's report out; only the customer's voice is judged."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from html import escape
from importlib.resources import as_file, files
from pathlib import Path

import gradio as gr

from emotrace.app.desk import Desk
from emotrace.app.own_command import run_command, while_watched
from emotrace.app.saying import HELD_AGAINST, trouble
from emotrace.app.views.frame import frame_page
from emotrace.calls.consent import AI_ACT_SENTENCE
from emotrace.calls.formats import names
from emotrace.calls.notice import LANGUAGES, write_notice

TITLE = "Call"
PLACE = 3

_SECONDS = 1800.0
_AT_ONCE = 2
_WHO = {
    "on the right channel": "right",
    "on the left channel": "left",
    "the only one who speaks": "0",
}
_IN_TURNS = "named in the turns file"
_LAWFUL = (
    "<div class='lawful'><b>Only the customer's voice is judged.</b> The agent's reaches no model for emotion: "
    f"{escape(AI_ACT_SENTENCE)}. Callers must be told (Article 50(3)); a draft of the text is below.</div>"
)
_EMPTY = "<div class='empty'>The report: who talks when, how the customer sounds, where it gets out of hand.</div>"


def build(desk: Desk) -> None:
    """Draw the tab."""
    gr.HTML(_LAWFUL)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3):
            recording = gr.File(label="Recorded call", type="filepath", height=140)
            demo = gr.Button("Take the demo call", size="sm")
        with gr.Column(scale=2):
            who = gr.Radio([*_WHO, _IN_TURNS], value=next(iter(_WHO)), label="The customer is")
            with gr.Accordion("Who speaks when (for calls of one channel)", open=False):
                turns = gr.File(label="Turns: RTTM or JSON", type="filepath", height=120)
                speaker = gr.Textbox(label="The customer's name in it", max_length=200)
    with gr.Row():
        start = gr.Button("Analyse the call", variant="primary", scale=3)
        stop = gr.Button("Stop", variant="stop", scale=1)
    report = gr.HTML(_EMPTY, label="Report", elem_id="call-report")
    with gr.Row(visible=False) as saving:
        page_file = gr.DownloadButton("Save the report (HTML)")
        format = gr.Dropdown([name for name in names() if name != "html"], value="json", label="Other formats")
        make = gr.Button("Make the file")
        made = gr.File(label="File", interactive=False, height=90)
    _build_notice()

    async def analyse(
        path: str | None, who: str, turns: str | None, speaker: str
    ) -> AsyncIterator[tuple[object, ...]]:
        work = asyncio.create_task(_write(desk, _arguments(path, who, turns, speaker), "html"))
        async for _ in while_watched(work):
            yield (gr.skip(),) * 4
        page, remarks = work.result()
        noted = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
        text = f"<ul class='remarks'>{noted}</ul>" + frame_page(
            await asyncio.to_thread(page.read_text, "utf-8"), f"Report of {page.stem}"
        )
        yield text, gr.Row(visible=True), str(page), gr.File(value=None)

    async def convert(path: str | None, who: str, turns: str | None, speaker: str, format: str) -> str:
        return str((await _write(desk, _arguments(path, who, turns, speaker), format))[0])

    asked = [recording, who, turns, speaker]
    run = start.click(
        analyse,
        asked,
        [report, saving, page_file, made],
        api_visibility="private",
        concurrency_limit=_AT_ONCE,
        concurrency_id="call",
        show_progress_on=report,
    )
    stop.click(None, cancels=run, api_visibility="private")
    make.click(
        convert,
        [*asked, format],
        made,
        api_visibility="private",
        concurrency_limit=_AT_ONCE,
        concurrency_id="call",
    )
    demo.click(lambda: (_demo_call(desk), next(iter(_WHO))), None, [recording, who], api_visibility="private")


def _build_notice() -> None:
    with gr.Accordion("What callers must be told", open=False):
        with gr.Row():
            language = gr.Dropdown(list(LANGUAGES), value="en", label="Language")
            company = gr.Textbox(label="Whom they have called")
            contact = gr.Textbox(label="Where one may object by writing")
            kept = gr.Textbox(label="Kept for", placeholder="30 days, or: nothing")
        text = gr.Textbox(
            write_notice(), label="Notice (a draft, no legal advice)", lines=8, interactive=False, buttons=["copy"]
        )

    def write(language: str, company: str, contact: str, kept: str) -> str:
        try:
            return write_notice(language, company or None, contact or None, kept or None)
        except HELD_AGAINST as error:
            raise trouble(error) from None

    fields = [language, company, contact, kept]
    for field in fields:
        field.change(write, fields, text, api_visibility="private", show_progress="hidden")  # type: ignore[attr-defined]


def _arguments(path: str | None, who: str, turns: str | None, speaker: str) -> list[str]:
    if not path:
        raise trouble("choose a recorded call first, or take the demo call")
    if who != _IN_TURNS:
        if turns:
            raise trouble(f"with a turns file choose '{_IN_TURNS}', and give the customer's name in it")
        return [path, f"--customer={_WHO[who]}"]
    if not turns:
        raise trouble("choose the file that says who speaks when: RTTM, or JSON of WhisperX, Deepgram ...")
    if not speaker.strip():
        raise trouble("give the customer's name as it stands in the turns file, for instance SPEAKER_00")
    return [path, "--turns", turns, f"--customer={speaker.strip()}"]


async def _write(desk: Desk, arguments: list[str], format: str) -> tuple[Path, list[str]]:
    """Write the call's result into a new folder of the app's; give it and what was remarked."""
    folder = Path(tempfile.mkdtemp(dir=desk.temporary))
    ending = {"textgrid": "TextGrid", "audacity": "txt", "table": "txt", "emotionml": "xml"}.get(format, format)
    output = folder / f"{Path(arguments[0]).stem}-report.{ending}"
    try:
        remarks = await run_command(["call", *arguments, "--format", format, "--output", str(output)], _SECONDS)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return output, remarks


def _demo_call(desk: Desk) -> str:
    folder = Path(tempfile.mkdtemp(dir=desk.temporary))
    with as_file(files("emotrace.assets") / "demo-call.flac") as path:
        return str(shutil.copy(path, folder / path.name))
