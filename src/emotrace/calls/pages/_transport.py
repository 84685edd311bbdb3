"""The audio and its controls."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from emotrace.calls.pages._view import CallView
from emotrace.calls.words import show_time
from emotrace.markup import Html, element

_SPEEDS = ("0.75", "1", "1.25", "1.5", "2")
# A multiple of 3, so that the pieces of base64 join without padding.
_PIECE_BYTES = 3 * 256 * 1024
_KEYS = (("Space", "play or pause"), ("← →", "5 seconds"), ("k j", "escalation before, after"))


def draw_transport(view: CallView, has_audio: bool) -> Html:
    """Give the bar that stays in view: play, steps from escalation to escalation, the clock, what is heard."""
    escalations = bool(view.call["escalations"])
    buttons = [
        _icon("previous", "Previous escalation", "M17 6v12L8 12zM6 6h2v12H6z", disabled=not escalations),
        _icon("play", "Play", "M7 5v14l12-7z", "M7 5h4v14H7zM13 5h4v14h-4z") if has_audio else None,
        _icon("next", "Next escalation", "M7 6v12l9-6zM16 6h2v12h-2z", disabled=not escalations),
    ]
    clock = element(
        "p",
        element("span", show_time(0), id="now"),
        element("span", f" / {show_time(view.duration)}", class_="aside"),
        class_="clock time",
    )
    options = [element("option", f"{speed}×", value=speed, selected=speed == "1") for speed in _SPEEDS]
    speed = (
        element("label", element("span", "Speed "), element("select", *options, id="speed")) if has_audio else None
    )
    return element(
        "div",
        element("div", *buttons, class_="buttons"),
        clock,
        element("p", "", id="heard"),
        speed,
        element("div", element("div", id="progress"), class_="progress", aria_hidden="true"),
        class_="transport",
        role="group",
        aria_label="Player",
    )


def draw_keys(has_audio: bool) -> Html:
    """Say which keys steer the player, or that there is nothing to play."""
    keys = [
        element("span", [element("kbd", key) for key in keys.split()], f" {what}")
        for keys, what in _KEYS[0 if has_audio else 1 :]
    ]
    missing = None if has_audio else element("span", "The recording is not part of this report.")
    return element("p", missing, *keys, class_="keys")


def audio_pieces(audio: bytes, media_type: str) -> Iterator[str]:
    """Give the audio element piece by piece: an hour of speech is some 20 MB of text."""
    opening = element("audio", id="audio", preload="auto", src=f"data:{media_type};base64,")
    start, end = opening.split('"></audio>')[0], '"></audio>\n'
    yield start
    for i in range(0, len(audio), _PIECE_BYTES):
        yield base64.b64encode(audio[i : i + _PIECE_BYTES]).decode("ascii")
    yield end
    yield element("p", "", id="audio-error", class_="audio-error", role="alert", hidden=True)


def _icon(name: str, title: str, *shapes: str, disabled: bool = False) -> Html:
    drawings = [element("path", d=shape) for shape in shapes]
    svg = element("svg", *drawings, viewBox="0 0 24 24", aria_hidden="true")
    return element("button", svg, type="button", id=name, aria_label=title, title=title, disabled=disabled)
