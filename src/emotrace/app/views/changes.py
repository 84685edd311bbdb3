"""Augmentations beside the original: each to be heard, each with its mel bands."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.app.exploring.changes import Change
from emotrace.app.views.clip_look import draw_picture, draw_times
from emotrace.app.views.parts import draw_audio
from emotrace.markup import Html, element

EMPTY = element("div", "The original and every preset of the augmentation will stand here.", class_="empty tall")


def draw_changes(changes: Sequence[Change], name: str, about: str, clip: str) -> Html:
    """Draw the original and what became of it; all share the colours, and each has its own axis of time."""
    cards = [_card(change, name, is_first=place == 0) for place, change in enumerate(changes)]
    lead = f"{about}. The clip: {clip}."
    return element(
        "div", element("p", lead, class_="soft"), element("div", cards, class_="cards"), class_="explore"
    )


def _card(change: Change, name: str, is_first: bool) -> Html:
    title = "original" if is_first else name if change.name == "default" else f"{name}:{change.name}"
    notes = [change.parameters]
    if change.is_lowered:
        notes.append("beyond full scale, played quieter")
    if change.sound is None:
        heard = element(
            "p", "It changes spectrograms while training: there is nothing to hear.", class_="soft unheard"
        )
    else:
        heard = draw_audio(change.sound, f"Play {title}")
    plots = element(
        "div", draw_picture(change.picture), element("div", class_="cursor", aria_hidden="true"), class_="plots"
    )
    return element(
        "figure",
        element("figcaption", element("h3", title), element("p", "; ".join(filter(None, notes)), class_="soft")),
        heard,
        plots,
        draw_times(change.seconds),
        class_="look card first" if is_first else "look card",
        data_seconds=f"{change.seconds:.4f}",
    )
