"""Analyse: a recording in, its emotions over time out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from emotrace.app.desk import Desk
from emotrace.app.hearing import hear
from emotrace.app.saying import trouble

TITLE = "Analyse"
PLACE = 1


def build(desk: Desk) -> None:
    """Draw the tab."""
    recording = gr.Audio(label="Recording", sources=["upload", "microphone"], type="filepath")
    start = gr.Button("Analyse", variant="primary")
    found = gr.JSON(label="Timeline")

    async def analyse(path: str | None) -> dict[str, Any]:
        if not path:
            raise trouble("choose a recording or record one first")
        return (await hear(desk, path)).document

    start.click(analyse, recording, found, api_visibility="private")
