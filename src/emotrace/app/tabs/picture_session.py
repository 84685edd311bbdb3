"""Picture session: pictures one by one, a voice at each, and what was expected beside what was heard."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from emotrace.app.asked import take
from emotrace.app.clip import predict_clip
from emotrace.app.desk import Desk
from emotrace.app.pictures.outcome import read_outcomes
from emotrace.app.pictures.own import choose_pictures
from emotrace.app.pictures.scenes import read_scenes
from emotrace.app.pictures.tables import to_csv, to_json
from emotrace.app.saying import HELD_AGAINST
from emotrace.app.views.picture_stage import draw_stage
from emotrace.app.views.picture_summary import draw_page, draw_summary
from emotrace.errors import UsageError
from emotrace.server.limits import ServiceFull

TITLE = "Picture session"
PLACE = 4

_MOST_AUDIO_BYTES = 4 * 1024**2


def build(desk: Desk) -> None:
    """Draw the tab. All that happens in a session stays in its page; the server hears clips and draws."""

    def scenes(_: Any) -> list[dict[str, Any]]:
        return [asdict(scene) for scene in read_scenes()]

    def choose(asked: Any) -> dict[str, Any]:
        try:
            choice = choose_pictures(take(asked, "files", list))
            labels, notes = _labels_for(desk, [picture.expected for picture in choice.pictures])
        except HELD_AGAINST as error:
            return {"error": str(error)}
        if choice.left_out:
            more = f" and {len(choice.left_out) - 1} more" if len(choice.left_out) > 1 else ""
            notes.append(f"left out: {choice.left_out[0]}{more}")
        return {"pictures": [asdict(picture) for picture in choice.pictures], "labels": labels, "notes": notes}

    async def hear_picture(asked: Any) -> dict[str, Any]:
        try:
            audio, labels = _decode(take(asked, "audio", str)), take(asked, "labels", str) or None
            return {"heard": await predict_clip(desk, audio, "what you said", labels)}
        except ServiceFull as error:
            return {"error": str(error), "again_in_seconds": error.retry_after_seconds}
        except HELD_AGAINST as error:
            return {"error": str(error)}

    def sum_up(asked: Any) -> dict[str, str]:
        try:
            outcomes, started = read_outcomes(take(asked, "outcomes", list)), take(asked, "started", str)[:40]
        except HELD_AGAINST as error:
            return {"error": str(error)}
        return {
            "summary": draw_summary(outcomes),
            "page": draw_page(outcomes, started),
            "csv": to_csv(outcomes),
            "json": to_json(outcomes, started),
        }

    gr.HTML(
        draw_stage(len(read_scenes())),
        elem_id="picture-session",
        apply_default_css=False,
        js_on_load="emotracePictures(element, server);",
        server_functions=[scenes, choose, hear_picture, sum_up],
    )


def _decode(text: str) -> bytes:
    if len(text) > _MOST_AUDIO_BYTES * 4 // 3:
        raise UsageError("the recording of this picture is too long to be heard; show pictures for fewer seconds")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise UsageError("the recording of this picture arrived damaged; start again") from None


def _labels_for(desk: Desk, expected: Sequence[str]) -> tuple[str, list[str]]:
    """Give the labels to choose between, none for the usual ones: an expected emotion must be possible to hear."""
    models = desk.service.models
    usual, possible = models.recogniser().labels, models.bundle().card.labels
    unknown = sorted(set(expected) - set(possible))
    notes = [f"this model never hears {', '.join(unknown)}: it was not taught to"] if unknown else []
    wanted = [label for label in possible if label in usual or label in expected]
    return ("" if len(wanted) == len(usual) else ",".join(wanted)), notes
